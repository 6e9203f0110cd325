/* people: who uses what now. */
import type { Row } from './rows';

/* One person's share. What cannot be told apart, as the utilization of a GPU that two people share, counts for each of them. */
export interface Person {
	user: string | null; // null: all whose person is not known
	inferred: boolean; // every process of theirs was only concluded to be
	gpus: number;
	hosts: string[]; // in the order of the page
	memory: number; // bytes, of the GPUs'
	busyShare: number | null; // percent: the mean utilization of their GPUs that tell it
	held: number; // GPUs that do nothing now, all of which are theirs alone or shared
	idleSince: number | null; // since when the longest of these has been idle
	longest: number | null; // seconds: their longest-running process
	processes: number;
	rows: Row[]; // their GPUs
}

interface Sum extends Person {
	utilization: number;
	told: number;
	pids: Set<string>;
	certain: boolean;
}

function newSum(user: string | null): Sum {
	return {
		user,
		inferred: false,
		gpus: 0,
		hosts: [],
		memory: 0,
		busyShare: null,
		held: 0,
		idleSince: null,
		longest: null,
		processes: 0,
		rows: [],
		utilization: 0,
		told: 0,
		pids: new Set(),
		certain: false,
	};
}

function addGpu(sum: Sum, row: Row): void {
	const { gpu, host, use } = row;
	sum.gpus++;
	sum.rows.push(row);
	if (sum.hosts.at(-1) !== host.name) sum.hosts.push(host.name);
	if (gpu.utilization !== null) {
		sum.utilization += gpu.utilization;
		sum.told++;
	}
	if (use === 'held') {
		sum.held++;
		if (gpu.idle_since != null) sum.idleSince = Math.min(sum.idleSince ?? Infinity, gpu.idle_since);
	}
}

/* A process on several GPUs is one process. */
function addProcesses(sum: Sum, { gpu, host }: Row): void {
	for (const process of gpu.processes ?? []) {
		if (process.user !== sum.user) continue;
		if (process.pid === null) sum.processes++;
		else sum.pids.add(`${host.name}/${process.pid}`);
		sum.memory += process.memory ?? 0;
		if (process.elapsed !== null) sum.longest = Math.max(sum.longest ?? 0, process.elapsed);
		if (process.inferred == null) sum.certain = true;
	}
}

/* What they can be sorted by, the largest first; names by the alphabet. Who is not known comes last in any order. */
const ORDERS: Record<string, (a: Person, b: Person) => number> = {
	gpus: (a, b) => b.gpus - a.gpus || b.memory - a.memory,
	person: (a, b) => (a.user ?? '').localeCompare(b.user ?? '', undefined, { numeric: true }),
	busy: (a, b) => (b.busyShare ?? -1) - (a.busyShare ?? -1),
	idle: (a, b) => b.held - a.held || (a.idleSince ?? Infinity) - (b.idleSince ?? Infinity) || 0,
	memory: (a, b) => b.memory - a.memory,
	longest: (a, b) => (b.longest ?? -1) - (a.longest ?? -1),
	processes: (a, b) => b.processes - a.processes,
};

/* By one of the words above, "-" before it: the other way round. A word that there is not sorts as usual. */
export function sortPeople(people: readonly Person[], word: string | null): Person[] {
	const back = word?.startsWith('-') ? -1 : 1;
	const name = word?.replace(/^-/, '') ?? 'gpus';
	const order = (Object.hasOwn(ORDERS, name) && ORDERS[name]) || ORDERS.gpus!;
	const unknown = ({ user }: Person) => Number(user === null);
	return [...people].sort((a, b) => unknown(a) - unknown(b) || back * order(a, b) || ORDERS.gpus!(a, b) || ORDERS.person!(a, b));
}

/* Most GPUs first, who is not known last. Only fresh rows count: who was on a host that does not answer is not known. */
export function peopleOf(rows: readonly Row[]): Person[] {
	const sums = new Map<string | null, Sum>();
	for (const row of rows) {
		if (!row.fresh) continue;
		const users = new Set((row.gpu.processes ?? []).map(({ user }) => user));
		if (users.size === 0 && (row.use === 'held' || row.use === 'busy')) users.add(null); // somebody is there whom the host does not show
		for (const user of users) {
			let sum = sums.get(user);
			if (!sum) sums.set(user, (sum = newSum(user)));
			addGpu(sum, row);
			addProcesses(sum, row);
		}
	}
	const people = [...sums.values()].map(({ utilization, told, pids, certain, ...person }) => ({
		...person,
		inferred: !certain && person.user !== null,
		busyShare: told > 0 ? utilization / told : null,
		processes: person.processes + pids.size,
	}));
	return sortPeople(people, null);
}
