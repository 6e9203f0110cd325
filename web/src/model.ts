/*
 * model: what the server tells, and what follows from it. Pure: no clock, no DOM, no network.
 *
 * The types are the JSON of the HTTP interface. `null` means that it is not known: never 0, never "free".
 */

export interface Column {
	field: string;
	title: string;
}

export interface Process {
	pid: number | null;
	user: string | null;
	name: string | null;
	command: string | null;
	memory: number | null; // bytes
	elapsed: number | null; // seconds
}

export interface Gpu {
	index: number | null;
	uuid: string | null;
	bus_id: string | null;
	name: string | null;
	utilization: number | null; // percent
	memory_total: number | null; // bytes
	memory_used: number | null;
	temperature: number | null; // degrees Celsius
	power: number | null; // watts
	power_limit: number | null;
	fan: number | null; // percent
	problem: string | null;
	cells: (string | null)[] | null; // the configured columns, as nvidia-smi printed them
	processes: Process[] | null;
}

export interface HostError {
	kind: string;
	message: string | null;
	hint: string | null;
	since: number | null; // Unix seconds, as all times here
	next_try: number | null;
}

export interface Host {
	name: string;
	address: string;
	people: string | null;
	kvm: string | null;
	comment: string | null;
	state: 'connecting' | 'ok' | 'stale' | 'error';
	since: number | null;
	sampled: number | null;
	sample_ms: number | null;
	driver: string | null;
	error: HostError | null;
	gpus: Gpu[];
}

export interface Snapshot {
	version: number;
	generation: number;
	time: number;
	interval: number;
	demo?: boolean;
	columns: Column[];
	hosts: Host[];
}

/* The hosts after an event: each changed one in the place it had, one never heard of at the end. */
export function mergeHosts(hosts: readonly Host[], changed: readonly Host[]): Host[] {
	const byName = new Map(changed.map((host) => [host.name, host]));
	const merged = hosts.map((host) => {
		const replacement = byName.get(host.name);
		byName.delete(host.name);
		return replacement ?? host;
	});
	return [...merged, ...byName.values()];
}

/*
 * free     nobody computes there, and it answers
 * busy     in use
 * held     somebody has it, and it does nothing now
 * broken   the driver says that something is wrong with it
 * unknown  not enough is known to call it anything
 */
export type Use = 'free' | 'busy' | 'held' | 'broken' | 'unknown';

const NEARLY_NOTHING = 5; // percent, of memory and of utilization: what a driver or a desktop takes

export function memoryPercent(gpu: Gpu): number | null {
	if (gpu.memory_used === null || !gpu.memory_total) return null;
	return Math.min(100, (100 * gpu.memory_used) / gpu.memory_total);
}

/* What a GPU is at, by its values alone. Whether these values are fresh is the host's matter. */
export function useOf(gpu: Gpu): Use {
	const memory = memoryPercent(gpu);
	const occupied = (gpu.processes?.length ?? 0) > 0 || (memory !== null && memory >= NEARLY_NOTHING);

	if (gpu.problem) return 'broken';
	if (gpu.utilization !== null && gpu.utilization >= NEARLY_NOTHING) return 'busy';
	if (occupied) return gpu.utilization === null ? 'busy' : 'held';
	return gpu.processes === null || memory === null ? 'unknown' : 'free';
}

/* Largest first, so that the one that counts is in sight. Whole GiB, so that rows do not change places all the time. */
export function bySize(processes: readonly Process[]): Process[] {
	const size = (process: Process) => Math.round((process.memory ?? 0) / 2 ** 30);
	return [...processes].sort((a, b) => size(b) - size(a) || (a.pid ?? 0) - (b.pid ?? 0));
}

/* "8 × NVIDIA A100-SXM4-80GB", in the order in which they stand in the host. */
export function modelsOf(gpus: readonly Gpu[]): { name: string; count: number }[] {
	const counts = new Map<string, number>();
	for (const gpu of gpus) {
		const name = gpu.name ?? 'GPU of unknown model';
		counts.set(name, (counts.get(name) ?? 0) + 1);
	}
	return [...counts].map(([name, count]) => ({ name, count }));
}

/* Keys that stay with their thing from sample to sample. A name that stands twice, or is not known, is told apart by its place. */
export function keysOf(names: readonly (string | number | null)[]): string[] {
	const seen = new Set<string>();
	return names.map((name, place) => {
		const key = name === null || seen.has(String(name)) ? `${name}#${place}` : String(name);
		seen.add(key);
		return key;
	});
}

/* What one host adds to the figures on top. */
export interface Tally {
	name: string;
	ok: boolean;
	trouble: boolean;
	gpus: number;
	uses: Record<Use, number>;
	utilization: number; // summed over the busy ones that tell it
	utilizationOf: number; // how many tell it
	power: number | null; // watts; null: no GPU tells it
	users: string[];
}

/* Values of a host that does not answer are its last ones, not today's: they do not count. */
export function tallyOf(host: Host, fresh: boolean): Tally {
	const tally: Tally = {
		name: host.name,
		ok: fresh,
		trouble: host.state === 'error' || host.state === 'stale',
		gpus: 0,
		uses: { free: 0, busy: 0, held: 0, broken: 0, unknown: 0 },
		utilization: 0,
		utilizationOf: 0,
		power: null,
		users: [],
	};
	if (!fresh) return tally;

	const users = new Set<string>();
	for (const gpu of host.gpus) {
		const use = useOf(gpu);
		tally.gpus++;
		tally.uses[use]++;
		if (use === 'busy' && gpu.utilization !== null) {
			tally.utilization += gpu.utilization;
			tally.utilizationOf++;
		}
		if (gpu.power !== null) tally.power = (tally.power ?? 0) + gpu.power;
		for (const process of gpu.processes ?? []) if (process.user !== null) users.add(process.user);
	}
	tally.users = [...users];
	return tally;
}

/* The figures on top of the page. */
export interface Summary {
	hosts: number;
	hostsOk: number;
	hostsInTrouble: number;
	uses: Record<Use, number>;
	gpus: number;
	mostFree: { name: string; count: number } | null; // the host with the most free GPUs, where that tells something
	meanUtilization: number | null; // of the busy ones
	people: number;
	power: number | null;
}

export function summaryOf(tallies: readonly Tally[]): Summary {
	const users = new Set<string>();
	const uses: Record<Use, number> = { free: 0, busy: 0, held: 0, broken: 0, unknown: 0 };
	let utilization = 0;
	let utilizationOf = 0;
	let power: number | null = null;
	let most: Tally | null = null;

	for (const tally of tallies) {
		for (const use of Object.keys(uses) as Use[]) uses[use] += tally.uses[use];
		utilization += tally.utilization;
		utilizationOf += tally.utilizationOf;
		if (tally.power !== null) power = (power ?? 0) + tally.power;
		for (const user of tally.users) users.add(user);
		if (tally.uses.free > (most?.uses.free ?? 0)) most = tally;
	}
	return {
		hosts: tallies.length,
		hostsOk: tallies.filter((tally) => tally.ok).length,
		hostsInTrouble: tallies.filter((tally) => tally.trouble).length,
		uses,
		gpus: tallies.reduce((sum, tally) => sum + tally.gpus, 0),
		mostFree: most && tallies.length > 1 ? { name: most.name, count: most.uses.free } : null,
		meanUtilization: utilizationOf > 0 ? utilization / utilizationOf : null,
		people: users.size,
		power,
	};
}

/* When the oldest of the fresh values was taken: what is on the page is at most this old. */
export function oldestSample(hosts: readonly Host[]): number | null {
	const times = hosts.filter((host) => host.state === 'ok' && host.sampled !== null).map((host) => host.sampled as number);
	return times.length > 0 ? Math.min(...times) : null;
}

/* Nothing to see here and never was: no hosts at all, or this machine alone, and it has no GPU. */
export function isEmpty(hosts: readonly Host[]): boolean {
	if (hosts.length === 0) return true;
	const [only] = hosts;
	if (hosts.length > 1 || !only || only.gpus.length > 0) return false;
	const here = ['localhost', '127.0.0.1', '::1'];
	return (
		(here.includes(only.address) || here.includes(only.name)) &&
		['no-nvidia-smi', 'no-driver', 'no-gpu'].includes(only.error?.kind ?? '')
	);
}
