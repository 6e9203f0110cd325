/* facts: what is known of a GPU, a process, a machine and its session, in short phrases, each of them only where it is told. Pure. */
import { apart, bytes, bytesBeside, duration, percent, shorten, traffic } from './format';
import { n, t } from './language';
import type { Gpu, Machine, Process, Session } from '../model/types';
import { conclusion, throttleWords } from './words';

const CLOCKS_AGREE = 5; // seconds
const LONGEST_NAME = 60; // characters, of names that somebody else gave

type Fact = string | false | null | undefined | 0;
const told = (facts: Fact[]): string[] => facts.filter((fact) => typeof fact === 'string' && fact !== '') as string[];

/* "3 of 4"; the one alone where the most is not told, or is reached. */
export function outOf(value: number | null | undefined, most: number | null | undefined): string | null {
	if (value == null) return null;
	return most == null || most === value ? `${value}` : t('{value} of {most}', { value, most });
}

/* "PCIe gen 3 of 4, 8 of 16 lanes": only where it is below what it could be. */
function link({ pcie_gen: gen, pcie_gen_max: genMax, pcie_width: width, pcie_width_max: widthMax }: Gpu): Fact {
	const slower = gen != null && genMax != null && gen < genMax;
	const narrower = width != null && widthMax != null && width < widthMax;
	if (!slower && !narrower) return null;
	const facts = [
		gen != null && t('gen {gen}', { gen: outOf(gen, genMax)! }),
		width != null && t('{lanes} lanes', { lanes: outOf(width, widthMax)! }),
	];
	return `PCIe ${told(facts).join(', ')}`;
}

export function gpuFacts(gpu: Gpu): string[] {
	const clock = outOf(gpu.clock, gpu.clock_max);
	const reasons = (gpu.throttle ?? []).map((reason) => apart(throttleWords(reason))).join(', ');
	const { ecc_corrected: corrected, ecc_uncorrected: uncorrected } = gpu;
	const ecc = told([
		corrected && t('{n} corrected', { n: corrected }),
		uncorrected && t('{n} uncorrected', { n: uncorrected }),
	]);
	return told([
		gpu.pstate && apart(gpu.pstate),
		clock && `${clock} MHz${reasons && ` (${reasons})`}`,
		!clock && reasons && t('clock: {reasons}', { reasons }),
		gpu.fan !== null && t('fan {percent}', { percent: percent(gpu.fan) }),
		link(gpu),
		ecc.length > 0 && t('ECC errors: {counts}', { counts: ecc.join(', ') }),
		gpu.persistence_mode === 'Disabled' && t('persistence mode off'),
		gpu.compute_mode && gpu.compute_mode !== 'Default' && t('compute mode {mode}', { mode: apart(gpu.compute_mode) }),
		gpu.remap_failure === 'Yes' && t('memory rows could not be remapped'),
		gpu.remap_pending === 'Yes' && t('memory rows to be remapped at a reset'),
		gpu.retired_pending === 'Yes' && t('memory pages to be retired at a reset'),
		gpu.recovery_action &&
			gpu.recovery_action !== 'None' &&
			t('the driver asks for: {action}', { action: apart(gpu.recovery_action) }),
	]);
}

/* Below its full command line. */
export function processFacts(process: Process): string[] {
	const { cpu, rss, container, slurm_job: job } = process;
	return told([
		process.pid === null ? t('PID not known') : `PID ${process.pid}`,
		process.user !== null && conclusion(process) ? `${apart(process.user)}: ${conclusion(process)}` : conclusion(process),
		cpu != null && t('{percent} of a CPU', { percent: percent(cpu) }),
		rss != null && t('{bytes} resident', { bytes: bytes(rss) }),
		container && containerWords(process),
		job && t('Slurm job {job}', { job: apart(job) }),
	]);
}

/* "docker container 3f4e5d6c7b8a, pod 1b2c..." */
export function containerWords({ container }: Process): string {
	if (!container) return '';
	const kind = container.runtime === 'other' ? t('container') : t('{runtime} container', { runtime: apart(container.runtime) });
	return told([container.id ? `${kind} ${apart(container.id)}` : kind, container.pod && `pod ${apart(container.pod)}`]).join(
		', ',
	);
}

function memoryInUse({ memory_total: total, memory_available: available }: Machine): Fact {
	if (total === null || available === null) return null;
	return t('memory {used} of {total}', { used: bytesBeside(Math.max(0, total - available), total), total: bytes(total) });
}

function loadWords(load: string, cpus: number | null): string {
	return cpus ? n(cpus, 'load {load} of {n} CPU', 'load {load} of {n} CPUs', { load }) : t('load {load}', { load });
}

/* One line: how busy the machine around the GPUs is. */
export function machineFacts(machine: Machine): string[] {
	const { cpus, disk } = machine;
	const load = machine.load?.[0] ?? null;
	return told([
		load !== null && loadWords(load.toFixed(1), cpus),
		memoryInUse(machine),
		disk && disk.percent !== null && t('{disk} {percent} full', { disk: apart(shorten(disk.mount, LONGEST_NAME)), percent: percent(disk.percent) }),
		machine.uptime !== null && t('up {duration}', { duration: duration(machine.uptime) }),
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
		loads && t('load {loads} over 1, 5 and 15 min', { loads }),
		available !== null && t('{bytes} of memory available', { bytes: bytes(available) }),
		disk &&
			disk.size !== null &&
			disk.used !== null &&
			t('{used} of {total} on {disk}', {
				used: bytesBeside(disk.used, disk.size),
				total: bytes(disk.size),
				disk: apart(disk.mount),
			}),
		ahead !== null &&
			Math.abs(ahead) >= CLOCKS_AGREE &&
			(ahead > 0
				? t('its clock {duration} ahead', { duration: duration(ahead) })
				: t('its clock {duration} behind', { duration: duration(-ahead) })),
		reboot_required && t('it wants a reboot'),
	]);
}

/* "logged in once, 3 d ago; 21 ms of CPU per sample; 12 MB received" */
export function sessionFacts(session: Session, now: number, local = false): string[] {
	const { connected, logins, attempts, probe_cpu_ms: cpu } = session;
	const begun = local ? n(logins, 'started once', 'started {n} times') : n(logins, 'logged in once', 'logged in {n} times');
	const age = connected === null ? '' : duration(now - connected);
	const last = age === '' ? t('not now') : logins > 1 ? t('last {age} ago', { age }) : t('{age} ago', { age });
	const never = local ? t('never started') : t('never logged in');
	return told([
		logins > 0 ? `${begun}, ${last}` : never,
		attempts > logins && n(attempts, '{n} attempt', '{n} attempts'),
		session.samples > 0 && n(session.samples, '{n} sample', '{n} samples'),
		cpu !== null && t('{ms} ms of CPU per sample', { ms: cpu < 10 ? cpu.toFixed(1) : Math.round(cpu) }),
		t('{amount} received', { amount: traffic(session.bytes_in) }),
		t('{amount} sent', { amount: traffic(session.bytes_out) }),
		session.keeps_driver && t('keeps the driver loaded with a quiet nvidia-smi'),
	]);
}
