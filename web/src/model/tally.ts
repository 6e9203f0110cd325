/* tally: what each host adds to the figures on top, and their sum. */
import { freeParts, type Row } from './rows';
import type { Host } from './types';
import { NO_USES, type Use } from './use';

/* What one host adds to the figures on top. */
export interface Tally {
	name: string;
	ok: boolean;
	down: boolean;
	late: boolean;
	all: number; // GPUs, also those of a host that does not answer
	gpus: number;
	uses: Record<Use, number>; // free: without those that ail
	ailing: number; // nobody is on them, and an error was found about them: see rows.ts
	parts: number; // free ones, of GPUs that are not free as a whole
	utilization: number; // summed over the busy ones that tell it
	utilizationOf: number; // how many tell it
	power: number | null; // watts; null: no GPU tells it
	users: string[];
}

/* Values of a host that does not answer are its last ones, not today's: they do not count. */
export function tallyOf(host: Host, rows: readonly Row[], fresh: boolean): Tally {
	const tally: Tally = {
		name: host.name,
		ok: fresh,
		down: host.state === 'error',
		late: host.state === 'stale',
		all: host.gpus.length,
		gpus: 0,
		uses: { ...NO_USES },
		ailing: 0,
		parts: 0,
		utilization: 0,
		utilizationOf: 0,
		power: null,
		users: [],
	};
	if (!fresh) return tally;

	const users = new Set<string>();
	for (const row of rows) {
		const { gpu, use, ails } = row;
		tally.gpus++;
		if (use === 'free' && ails) tally.ailing++;
		else tally.uses[use]++;
		if (use !== 'free') tally.parts += freeParts(row);
		if (use === 'busy' && gpu.utilization !== null) {
			tally.utilization += gpu.utilization;
			tally.utilizationOf++;
		}
		if (gpu.power !== null) tally.power = (tally.power ?? 0) + gpu.power;
		for (const user of row.users) users.add(user);
	}
	tally.users = [...users];
	return tally;
}

/* The figures on top of the page. */
export interface Summary {
	hosts: number;
	hostsOk: number;
	hostsDown: number;
	hostsLate: number;
	uses: Record<Use, number>;
	ailing: number;
	parts: number;
	all: number; // GPUs, of which these answer:
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
		hostsDown: tallies.filter(({ down }) => down).length,
		hostsLate: tallies.filter(({ late }) => late).length,
		uses,
		ailing: tallies.reduce((sum, { ailing }) => sum + ailing, 0),
		parts: tallies.reduce((sum, { parts }) => sum + parts, 0),
		all: tallies.reduce((sum, { all }) => sum + all, 0),
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
