/* facts: what is known of a GPU, a process, a machine and its session, in short phrases, each of them only where it is told. Pure. */
import { apart, bytes, bytesBeside, duration, percent, plural, shorten, traffic } from './format';
import type { Gpu, Machine, Process, Session } from '../model/types';
import { conclusion, throttleWords } from './words';

const CLOCKS_AGREE = 5; // seconds
const LONGEST_NAME = 60; // characters, of names that somebody else gave

type Fact = string | false | null | undefined | 0;
const told = (facts: Fact[]): string[] => facts.filter((fact) => typeof fact === 'string' && fact !== '') as string[];

function outOf(value: number | null | undefined, most: number | null | undefined): string | null {
	if (value == null) return null;
	return most == null || most === value ? `${value}` : `${value} of ${most}`;
}

/* "PCIe gen 3 of 4, 8 of 16 lanes": only where it is below what it could be. */
function link({ pcie_gen: gen, pcie_gen_max: genMax, pcie_width: width, pcie_width_max: widthMax }: Gpu): Fact {
	const slower = gen != null && genMax != null && gen < genMax;
	const narrower = width != null && widthMax != null && width < widthMax;
	if (!slower && !narrower) return null;
	return `PCIe ${told([gen != null && `gen ${outOf(gen, genMax)}`, width != null && `${outOf(width, widthMax)} lanes`]).join(', ')}`;
}

export function gpuFacts(gpu: Gpu): string[] {
	const clock = outOf(gpu.clock, gpu.clock_max);
	const reasons = (gpu.throttle ?? []).map((reason) => apart(throttleWords(reason))).join(', ');
	const { ecc_corrected: corrected, ecc_uncorrected: uncorrected } = gpu;
	const ecc = told([corrected && `${corrected} corrected`, uncorrected && `${uncorrected} uncorrected`]);
	return told([
		gpu.pstate && apart(gpu.pstate),
		clock && `${clock} MHz${reasons && ` (${reasons})`}`,
		!clock && reasons && `clock: ${reasons}`,
		gpu.fan !== null && `fan ${percent(gpu.fan)}`,
		link(gpu),
		ecc.length > 0 && `ECC errors: ${ecc.join(', ')}`,
		gpu.persistence_mode === 'Disabled' && 'persistence mode off',
		gpu.compute_mode && gpu.compute_mode !== 'Default' && `compute mode ${apart(gpu.compute_mode)}`,
		gpu.remap_failure === 'Yes' && 'memory rows could not be remapped',
		gpu.remap_pending === 'Yes' && 'memory rows to be remapped at a reset',
		gpu.retired_pending === 'Yes' && 'memory pages to be retired at a reset',
		gpu.recovery_action && gpu.recovery_action !== 'None' && `the driver asks for: ${apart(gpu.recovery_action)}`,
	]);
}

/* Below its full command line. */
export function processFacts(process: Process): string[] {
	const { cpu, rss, container, slurm_job: job } = process;
	return told([
		process.pid === null ? 'PID not known' : `PID ${process.pid}`,
		process.user !== null && conclusion(process) ? `${apart(process.user)}: ${conclusion(process)}` : conclusion(process),
		cpu != null && `${percent(cpu)} of a CPU`,
		rss != null && `${bytes(rss)} resident`,
		container && containerWords(process),
		job && `Slurm job ${apart(job)}`,
	]);
}

/* "docker container 3f4e5d6c7b8a, pod 1b2c..." */
export function containerWords({ container }: Process): string {
	if (!container) return '';
	const kind = container.runtime === 'other' ? 'container' : `${apart(container.runtime)} container`;
	return told([container.id ? `${kind} ${apart(container.id)}` : kind, container.pod && `pod ${apart(container.pod)}`]).join(
		', ',
	);
}

function memoryInUse({ memory_total: total, memory_available: available }: Machine): Fact {
	if (total === null || available === null) return null;
	return `memory ${bytesBeside(Math.max(0, total - available), total)} of ${bytes(total)}`;
}

/* One line: how busy the machine around the GPUs is. */
export function machineFacts(machine: Machine): string[] {
	const { cpus, disk } = machine;
	const load = machine.load?.[0] ?? null;
	return told([
		load !== null && `load ${load.toFixed(1)}${cpus ? ` of ${plural(cpus, 'CPU')}` : ''}`,
		memoryInUse(machine),
		disk && disk.percent !== null && `${apart(shorten(disk.mount, LONGEST_NAME))} ${percent(disk.percent)} full`,
		machine.uptime !== null && `up ${duration(machine.uptime)}`,
	]);
}

/* What the line leaves out. */
export function moreMachineFacts({
	load,
	memory_available: available,
	disk,
	clock_ahead: ahead,
	reboot_required,
}: Machine): string[] {
	const loads = load?.map((value) => value?.toFixed(2) ?? '–').join(', ');
	return told([
		loads && `load ${loads} over 1, 5 and 15 min`,
		available !== null && `${bytes(available)} of memory available`,
		disk &&
			disk.size !== null &&
			disk.used !== null &&
			`${bytesBeside(disk.used, disk.size)} of ${bytes(disk.size)} on ${apart(disk.mount)}`,
		ahead !== null &&
			Math.abs(ahead) >= CLOCKS_AGREE &&
			`its clock ${duration(Math.abs(ahead))} ${ahead > 0 ? 'ahead' : 'behind'}`,
		reboot_required && 'it wants a reboot',
	]);
}

const times = (count: number) => (count === 1 ? 'once' : `${count} times`);

/* "logged in once, 3 d ago; 21 ms of CPU per sample; 12 MB received" */
export function sessionFacts(session: Session, now: number, local = false): string[] {
	const { connected, logins, attempts, probe_cpu_ms: cpu } = session;
	const begun = local ? 'started' : 'logged in';
	const last = connected === null ? ', not now' : `, ${logins > 1 ? 'last ' : ''}${duration(now - connected)} ago`;
	return told([
		logins > 0 ? `${begun} ${times(logins)}${last}` : `never ${begun}`,
		attempts > logins && plural(attempts, 'attempt'),
		session.samples > 0 && plural(session.samples, 'sample'),
		cpu !== null && `${cpu < 10 ? cpu.toFixed(1) : Math.round(cpu)} ms of CPU per sample`,
		`${traffic(session.bytes_in)} received`,
		`${traffic(session.bytes_out)} sent`,
		session.keeps_driver && 'keeps the driver loaded with a quiet nvidia-smi',
	]);
}
