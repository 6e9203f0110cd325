/*
 * types: what the server tells. Like all of model/, pure: no clock, no DOM, no network.
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
	idle_since?: number | null; // since when it has done nothing although somebody has it
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

/* An error that is over. */
export interface PastError {
	kind: string;
	message: string | null;
	since: number;
	until: number;
}

/* What watching this host has cost it and us, and how it went. */
export interface Session {
	connected: number | null; // since when
	logins: number;
	attempts: number;
	samples: number;
	bytes_in: number;
	bytes_out: number;
	probe_cpu_ms: number | null; // per sample
	keeps_driver: boolean;
	last_error?: PastError | null; // null: none is over
}

export interface Host {
	name: string;
	address: string;
	port?: number | null; // that ssh is given; null: ssh decides
	people: string | null;
	kvm: string | null;
	comment: string | null;
	group?: string | null; // as configured: a rack, a room, a team
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

/* Below what a GPU on which nobody computes counts as free, in percent. */
export interface FreeRule {
	memory_percent: number;
	utilization_percent: number;
}

/* What the last minutes of one host were like: GET api/v1/hosts/NAME/recent. Each list of a GPU has one value for each of `times`. */
export interface Recent {
	times: number[];
	gpus: {
		uuid: string | null;
		utilization: (number | null)[]; // percent
		memory_used: (number | null)[]; // bytes
		temperature: (number | null)[];
		power: (number | null)[];
	}[];
}

export interface Snapshot {
	version: number;
	generation: number;
	time: number;
	interval: number;
	demo?: boolean;
	free?: FreeRule;
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
