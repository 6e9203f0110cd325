/*
 * model: what the server tells, and what follows from it. Pure: no clock, no DOM, no network.
 *
 * The types are the JSON of the HTTP interface. `null` means that it is not known: never 0, never "free". A member that may be left out is
 * one that older servers do not tell: as good as null.
 */

export interface Column {
	field: string;
	title: string;
}

export interface Container {
	runtime: string; // "docker", ..., "other"
	id: string | null;
	pod: string | null; // UID of its Kubernetes pod
}

export interface Process {
	pid: number | null;
	user: string | null; // the person
	owner?: string | null; // the account
	inferred?: string | null; // how the person was concluded; null: it is the owner
	name: string | null;
	command: string | null;
	memory: number | null; // bytes
	elapsed: number | null; // seconds
	cpu?: number | null; // percent of one CPU
	rss?: number | null; // bytes
	container?: Container | null;
	slurm_job?: string | null;
	mig?: number | null; // place in the GPU's `mig`
}

/* What a GPU with MIG on is cut into. Parts of one GPU instance share its memory. */
export interface Part {
	index: number | null;
	gpu_instance: number | null;
	compute_instance: number | null;
	profile: string | null; // "3g.40gb"
	uuid: string | null;
	memory_total: number | null;
	memory_used: number | null;
	processes: Process[] | null; // null: not known, as where a process of the GPU is on no known part
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
	clock?: number | null; // MHz
	clock_max?: number | null;
	pcie_gen?: number | null;
	pcie_gen_max?: number | null;
	pcie_width?: number | null; // lanes
	pcie_width_max?: number | null;
	ecc_corrected?: number | null;
	ecc_uncorrected?: number | null;
	throttle?: string[] | null; // why its clock is held down; []: it is not
	pstate?: string | null; // this and the following as nvidia-smi prints them
	persistence_mode?: string | null;
	compute_mode?: string | null;
	mig_mode?: string | null;
	retired_pending?: string | null;
	remap_pending?: string | null;
	remap_failure?: string | null;
	recovery_action?: string | null;
	asleep?: boolean | null; // suspended by the kernel, and left alone
	problem: string | null;
	problem_since?: number | null;
	mig?: Part[] | null; // null: MIG is off, or the parts are not told
	cells: (string | null)[] | null; // the configured columns, as nvidia-smi printed them
	processes: Process[] | null;
	process_problem?: string | null; // why it does not tell them, though other GPUs may
}

export interface HostError {
	kind: string;
	message: string | null;
	hint: string | null;
	since: number | null; // Unix seconds, as all times here
	next_try: number | null;
}

export interface Machine {
	load: (number | null)[] | null; // over 1, 5 and 15 minutes
	cpus: number | null;
	memory_total: number | null; // bytes
	memory_available: number | null;
	uptime: number | null; // seconds
	clock_ahead: number | null; // seconds, of the server's
	reboot_required: boolean | null;
	disk: { mount: string; size: number | null; used: number | null; percent: number | null } | null; // the fullest
}

/* Something that is not as it should be, and what to do about it. */
export interface Finding {
	kind: string;
	severity: 'error' | 'warning' | 'note';
	gpu: number | null; // index; null: it is of the host
	uuid: string | null;
	message: string;
	remedy: string | null;
	since: number | null;
}

/* What watching this host has cost it and us. */
export interface Session {
	connected: number | null; // since when
	logins: number;
	attempts: number;
	samples: number;
	bytes_in: number;
	bytes_out: number;
	probe_cpu_ms: number | null; // per sample
	keeps_driver: boolean;
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
	machine?: Machine | null;
	findings?: Finding[] | null; // worst first
	session?: Session | null;
	process_problem?: string | null; // why the processes on all its GPUs are not, or not all, known
	left_out?: { gpus: number; processes: number } | null;
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
 * asleep   suspended by the kernel: nobody computes there, and nobody is promised that it answers
 * broken   the driver says that something is wrong with it, or it is there no more
 * unknown  not enough is known to call it anything
 */
export type Use = 'free' | 'busy' | 'held' | 'asleep' | 'broken' | 'unknown';

const NO_USES: Readonly<Record<Use, number>> = { free: 0, busy: 0, held: 0, asleep: 0, broken: 0, unknown: 0 };

const NEARLY_NOTHING = 5; // percent, of memory and of utilization: what a driver or a desktop takes

export function memoryPercent({ memory_used, memory_total }: Pick<Gpu, 'memory_used' | 'memory_total'>): number | null {
	if (memory_used === null || !memory_total) return null;
	return Math.min(100, (100 * memory_used) / memory_total);
}

/* Whether the driver may have been started for the server's question alone: utilization is that of its start then, up to 100 %. */
function startsForUs(gpu: Gpu, host: Pick<Host, 'session'>): boolean {
	return gpu.persistence_mode === 'Disabled' && !host.session?.keeps_driver;
}

/* Whether MIG is on, and no part is known: none is made, or they are not told. Without one a program finds no device at all. */
function isUncut(gpu: Gpu): boolean {
	return hasMig(gpu) && !gpu.mig?.length;
}

function useByMemory(gpu: Gpu): Use {
	const memory = memoryPercent(gpu);

	if (memory !== null && memory >= NEARLY_NOTHING) return gpu.utilization === 0 ? 'held' : 'busy';
	return memory === null || gpu.processes === null ? 'unknown' : 'free';
}

/* What a GPU is at, by its last values. Whether these are fresh is the host's matter. The text table goes by the same rule: view/use.h. */
export function useOf(gpu: Gpu, host: Pick<Host, 'session'>): Use {
	if (gpu.problem) return 'broken';
	if (gpu.asleep) return 'asleep';
	if (gpu.processes?.length) return gpu.utilization === 0 ? 'held' : 'busy';
	if (isUncut(gpu)) return 'unknown';
	const use = useByMemory(gpu);
	if (use === 'free' && startsForUs(gpu, host)) return use;
	return gpu.utilization !== null && gpu.utilization >= NEARLY_NOTHING ? 'busy' : use;
}

/* Whether it is cut into parts, or ready to be: its utilization is not told then. */
export function hasMig(gpu: Gpu): boolean {
	return gpu.mig != null || gpu.mig_mode === 'Enabled';
}

/* What a part is at. Nothing tells how much it works, so it is never "held". */
export function useOfPart(part: Part, gpu: Gpu): Use {
	const memory = memoryPercent(part);

	if (part.processes?.length) return 'busy';
	if (gpu.problem || part.processes === null || memory === null) return 'unknown';
	return memory < NEARLY_NOTHING ? 'free' : 'busy';
}

/* "0–3, 5" */
export function ranges(numbers: readonly number[]): string {
	const runs: [first: number, last: number][] = [];
	for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
		const run = runs.at(-1);
		if (run && number === run[1] + 1) run[1] = number;
		else runs.push([number, number]);
	}
	return runs.map(([first, last]) => (first === last ? first : `${first}–${last}`)).join(', ');
}

/* A remedy in which commands stand between backticks: prose, command, prose, ... */
export function piecesOf(remedy: string): string[] {
	return remedy.split('`');
}

/* Where a command names the GPU, it stands in the common remedy once for each. */
function commonRemedy(findings: readonly Finding[]): string | null {
	const [first] = findings;
	if (!first?.remedy || findings.every(({ remedy }) => remedy === first.remedy)) return first?.remedy ?? null;
	const option = new RegExp(` -i ${first.gpu}(?!\\d)`, 'g');
	const forAll = (command: string) =>
		command.match(option) ? findings.map(({ gpu }) => command.replace(option, ` -i ${gpu}`)).join('; ') : command;
	return piecesOf(first.remedy)
		.map((piece, place) => (place % 2 === 1 ? forAll(piece) : piece))
		.join('`');
}

/* What a finding says, whichever GPU it is about. */
function sense({ gpu, uuid, kind, severity, message, remedy }: Finding): string {
	if (gpu === null) return JSON.stringify([kind, severity, uuid, message, remedy]);
	const text = withoutGpu(message, gpu);
	return JSON.stringify([kind, severity, text, remedy?.replace(new RegExp(` -i ${gpu}(?!\\d)`, 'g'), ' -i')]);
}

function withoutGpu(message: string, gpu: number | null): string {
	const prefix = `GPU ${gpu}: `;
	return message.startsWith(prefix) ? message.slice(prefix.length) : message;
}

/* The same of several GPUs is said once: eight times "persistence mode is off" is "GPUs 0–7: persistence mode is off". */
export function foldFindings(findings: readonly Finding[]): Finding[] {
	const groups = new Map<string, [Finding, ...Finding[]]>();
	for (const finding of findings) {
		const key = sense(finding);
		const group = groups.get(key);
		if (group) group.push(finding);
		else groups.set(key, [finding]);
	}
	return [...groups.values()].map((group) => {
		const [first] = group;
		if (group.length === 1 || first.gpu === null) return first;
		const times = group.map(({ since }) => since).filter((since) => since !== null);
		return {
			...first,
			message: `GPUs ${ranges(group.map(({ gpu }) => gpu as number))}: ${withoutGpu(first.message, first.gpu)}`,
			remedy: commonRemedy(group),
			since: times.length > 0 ? Math.min(...times) : null,
		};
	});
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
		uses: { ...NO_USES },
		utilization: 0,
		utilizationOf: 0,
		power: null,
		users: [],
	};
	if (!fresh) return tally;

	const users = new Set<string>();
	for (const gpu of host.gpus) {
		const use = useOf(gpu, host);
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
	const uses = { ...NO_USES };
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
