/* columns: what the table can show of a GPU, by name, and what it is sorted by. How it is called and drawn is the table's matter. */
import { keysOf } from './lists';
import { valueOfCell, type Value } from './order';
import type { Row } from './rows';
import type { Column, Host, Process } from './types';
import type { Use } from './use';

/* One line of the table: a GPU, or a host that has none to show. */
export interface Line {
	key: string;
	host: Host;
	row: Row | null;
}

/* What one would take first comes first. */
const STATES: readonly Use[] = ['free', 'held', 'busy', 'asleep', 'unknown', 'broken'];

export function largest(processes: readonly Process[] | null): Process | null {
	return (processes ?? []).reduce<Process | null>((most, it) => ((it.memory ?? 0) > (most?.memory ?? -1) ? it : most), null);
}

export function longest(processes: readonly Process[] | null): number | null {
	const times = (processes ?? []).map(({ elapsed }) => elapsed).filter((elapsed) => elapsed !== null);
	return times.length > 0 ? Math.max(...times) : null;
}

export function commandOf(process: Process | null): string | null {
	return process && (process.command ?? process.name);
}

const OF_HOST = {
	host: ({ name }: Host) => name,
	address: ({ address }: Host) => address,
	group: ({ group }: Host) => group,
	keeper: ({ people }: Host) => people,
	kvm: ({ kvm }: Host) => kvm,
	comment: ({ comment }: Host) => comment,
	driver: ({ driver }: Host) => driver,
	sampled: ({ sampled }: Host) => sampled,
} satisfies Record<string, (host: Host) => Value>;

const OF_GPU = {
	gpu: ({ gpu }: Row) => gpu.index,
	state: ({ use, fresh }: Row) => STATES.indexOf(use) + (fresh ? 0 : STATES.length),
	model: ({ gpu }: Row) => gpu.name,
	utilization: ({ gpu }: Row) => gpu.utilization,
	memory: ({ gpu }: Row) => gpu.memory_used,
	memory_free: ({ gpu }: Row) => memoryFree(gpu),
	temperature: ({ gpu }: Row) => gpu.temperature,
	power: ({ gpu }: Row) => gpu.power,
	who: ({ users }: Row) => users[0],
	people: ({ users }: Row) => users.join(),
	command: ({ gpu }: Row) => commandOf(largest(gpu.processes)),
	processes: ({ gpu }: Row) => gpu.processes?.length,
	running: ({ gpu }: Row) => longest(gpu.processes),
	idle: ({ gpu, use }: Row) => (use === 'held' && gpu.idle_since != null ? -gpu.idle_since : null),
	fan: ({ gpu }: Row) => gpu.fan,
	clock: ({ gpu }: Row) => gpu.clock,
	uuid: ({ gpu }: Row) => gpu.uuid,
	bus: ({ gpu }: Row) => gpu.bus_id,
} satisfies Record<string, (row: Row) => Value>;

export function memoryFree({ memory_used: used, memory_total: total }: Row['gpu']): number | null {
	return used === null || total === null ? null : Math.max(0, total - used);
}

export type OwnName = keyof typeof OF_HOST | keyof typeof OF_GPU;
/* As they are offered. */
export const OWN: readonly OwnName[] = [
	'host',
	...(['gpu', 'state', 'model', 'utilization', 'memory', 'memory_free', 'temperature', 'power', 'who', 'people'] as const),
	...(['command', 'running', 'idle', 'processes', 'fan', 'clock', 'driver', 'uuid', 'bus'] as const),
	...(['address', 'group', 'keeper', 'kvm', 'comment', 'sampled'] as const),
];

/* A column that the table can show. `cell`: its place among the configured ones; null: our own. */
export interface TableColumn {
	name: string;
	title: string; // of a configured one; ours are called by the table
	cell: number | null;
	field: string | null; // nvidia-smi's name of a configured one
	value: (line: Line) => Value;
}

function own(name: OwnName): TableColumn {
	const ofHost = OF_HOST[name as keyof typeof OF_HOST] as ((host: Host) => Value) | undefined;
	const ofGpu = OF_GPU[name as keyof typeof OF_GPU] as ((row: Row) => Value) | undefined;
	const value = (line: Line) => (ofHost ? ofHost(line.host) : line.row && ofGpu!(line.row));
	return { name, title: '', cell: null, field: null, value };
}

/* All there are. A configured one is called by its field; where that is taken, its place is added. */
export function columnsOf(configured: readonly Column[]): TableColumn[] {
	const names = keysOf([...OWN, ...configured.map(({ field }) => field)]).slice(OWN.length);
	return [
		...OWN.map(own),
		...configured.map(({ field, title }, cell) => ({
			name: names[cell]!,
			title,
			cell,
			field,
			value: ({ row }: Line) => valueOfCell(row?.gpu.cells?.[cell]),
		})),
	];
}

/* What a server shows whose configuration names no columns. */
const UNNAMED = 'timestamp,index,pci.bus_id,name,temperature.gpu,memory.total,memory.used,memory.free,utilization.gpu';
const USUAL: readonly OwnName[] = ['host', 'gpu', 'state', 'model', 'utilization', 'memory', 'temperature', 'power', 'who'];

/* The columns of somebody who chose none: the configured ones where somebody configured them, else what most people ask for. */
export function usualNames(configured: readonly Column[]): string[] {
	if (configured.length === 0 || configured.map(({ field }) => field).join() === UNNAMED) return [...USUAL];
	const numbered = configured.some(({ field }) => field === 'index'); // then they tell the GPU themselves
	const cells = columnsOf(configured).filter(({ cell }) => cell !== null);
	return ['host', ...(numbered ? [] : ['gpu']), ...cells.map(({ name }) => name), 'who'];
}

/* `chosen`: names with commas; '': none were. The host always leads: a line that does not say where it is tells nothing. */
export function chosenNames(chosen: string, configured: readonly Column[]): string[] {
	const known = new Set(columnsOf(configured).map(({ name }) => name));
	const names = chosen === '' ? usualNames(configured) : chosen.split(',').filter((name) => known.has(name));
	return ['host', ...new Set(names.filter((name) => name !== 'host'))];
}

/* Which GPU it is, not how it is: what is told of a broken one, too. */
const IDENTITY: ReadonlySet<string> = new Set(
	'host gpu model group address uuid bus driver index name pci.bus_id gpu_bus_id gpu_uuid timestamp'.split(' '),
);

/* How many columns in front stay as they are where one text takes the place of all the others. */
export function identityColumns(shown: readonly TableColumn[], line: Line): number {
	if (!line.row) return 1;
	const tells = (column: TableColumn) =>
		IDENTITY.has(column.field ?? column.name) && (column.field === 'index' || column.value(line) != null);
	const first = shown.findIndex((column, place) => place > 0 && !tells(column));
	return first < 0 ? Math.max(1, shown.length - 1) : first;
}
