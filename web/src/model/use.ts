/* use: what a GPU is at: free, busy, held, ... */
import type { FreeRule, Gpu, Host, Part } from './types';

/*
 * free     nobody computes there, and it answers
 * busy     in use
 * held     somebody has it, and it does nothing now
 * asleep   suspended by the kernel: nobody computes there, and nobody is promised that it answers
 * broken   the driver says that something is wrong with it, or it is there no more
 * unknown  not enough is known to call it anything
 */
export type Use = 'free' | 'busy' | 'held' | 'asleep' | 'broken' | 'unknown';

export const NO_USES: Readonly<Record<Use, number>> = { free: 0, busy: 0, held: 0, asleep: 0, broken: 0, unknown: 0 };

/* What a driver or a desktop takes. The configuration may say otherwise, and the server tells. */
export const USUAL_RULE: FreeRule = { memory_percent: 5, utilization_percent: 5 };

/* What of its host says how a GPU's values are to be taken. */
export type About = Pick<Host, 'session' | 'sampled' | 'process_problem'>;

const PAUSE = 60; // seconds: shorter ones are part of the work

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

/* Somebody has it: whether it does anything. Who has only begun to watch takes the moment for all there is. */
function useOfTaken(gpu: Gpu, { sampled, session }: About): Use {
	if (gpu.utilization !== 0) return 'busy';
	const since = (time: number | null | undefined) => (time != null && sampled !== null ? sampled - time : null);
	const watched = since(session?.connected);
	const rested = since(gpu.idle_since);
	return watched !== null && watched >= PAUSE && rested !== null && rested < PAUSE ? 'busy' : 'held';
}

/* Whether nobody can be on it, be it a GPU or a part of one, whom the host does not show. */
function knowsProcesses({ processes }: Gpu | Part, gpu: Gpu, host: About): boolean {
	return processes !== null && gpu.process_problem == null && host.process_problem == null;
}

function useByMemory(gpu: Gpu, host: About, rule: FreeRule): Use {
	const memory = memoryPercent(gpu);

	if (memory !== null && memory >= rule.memory_percent) return useOfTaken(gpu, host);
	return memory !== null && knowsProcesses(gpu, gpu, host) ? 'free' : 'unknown';
}

/* What a GPU is at, by its last values. Whether these are fresh is the host's matter. The text table goes by the same rule: view/use.h. */
export function useOf(gpu: Gpu, host: About, rule: FreeRule): Use {
	if (gpu.problem) return 'broken';
	if (gpu.asleep) return 'asleep';
	if (gpu.processes?.length) return useOfTaken(gpu, host);
	if (isUncut(gpu)) return 'unknown';
	const use = useByMemory(gpu, host, rule);
	if (use === 'free' && startsForUs(gpu, host)) return use;
	return gpu.utilization !== null && gpu.utilization >= rule.utilization_percent ? 'busy' : use;
}

/* Whether it is cut into parts, or ready to be: its utilization is not told then. */
export function hasMig(gpu: Gpu): boolean {
	return gpu.mig != null || gpu.mig_mode === 'Enabled';
}

/* What a part is at. Nothing tells how much it works, so it is never "held". */
export function useOfPart(part: Part, gpu: Gpu, host: About, rule: FreeRule): Use {
	const memory = memoryPercent(part);

	if (part.processes?.length) return 'busy';
	if (gpu.problem || memory === null || !knowsProcesses(part, gpu, host)) return 'unknown';
	return memory < rule.memory_percent ? 'free' : 'busy';
}
