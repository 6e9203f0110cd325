/* rows: every GPU as one row: where it is, what it is at, who is on it. What filters, sorts and views work on. */
import { errorsOf } from './findings';
import { gpuKeys } from './lists';
import { shortModel, sizeOf } from './product';
import type { Finding, FreeRule, Gpu, Host, Process } from './types';
import { useOf, useOfPart, type Use } from './use';

export interface Row {
	key: string; // among all rows: stays with its GPU
	host: Host;
	gpu: Gpu;
	model: string | null; // its short name
	size: number | null; // GB of memory, as it is sold
	use: Use; // by its last values
	parts: Use[]; // what each part of gpu.mig is at
	fresh: boolean; // whether these count as today's: what is not fresh is never offered as free
	ails: Finding | null; // an error that was found about it: what it computes may be wrong, so nobody is sent there
	users: string[]; // the persons on it, the one with the most memory first; one who is not known is not among them
	sought: { by: object | null; found: boolean }; // what the last search has found out: see filter.ts
}

function usersOf(processes: readonly Process[]): string[] {
	const memory = new Map<string, number>();
	for (const { user, memory: bytes } of processes) if (user !== null) memory.set(user, (memory.get(user) ?? 0) + (bytes ?? 0));
	return [...memory].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([user]) => user);
}

export function rowsOf(host: Host, fresh: boolean, rule: FreeRule): Row[] {
	const keys = gpuKeys(host.gpus);
	const ailsOf = errorsOf(host);
	return host.gpus.map((gpu, place) => ({
		key: `${host.name}/${keys[place]}`,
		host,
		gpu,
		model: gpu.name && shortModel(gpu.name),
		size: sizeOf(gpu),
		use: useOf(gpu, host, rule),
		parts: (gpu.mig ?? []).map((part) => useOfPart(part, gpu, host, rule)),
		fresh,
		ails: ailsOf(gpu),
		users: usersOf(gpu.processes ?? []),
		sought: { by: null, found: false },
	}));
}

/* Whether somebody can be sent there now: nobody is on it, its values are fresh, and nothing is wrong with it. */
export function isOffered({ fresh, use, ails }: Row): boolean {
	return fresh && use === 'free' && ails === null;
}

/* How many parts of a GPU with MIG on somebody can be sent to now. */
export function freeParts({ fresh, parts, ails }: Row): number {
	return fresh && ails === null ? parts.filter((use) => use === 'free').length : 0;
}

/* Whether there is something for somebody who looks for a GPU: all of it, or a part. */
export function hasOffer(row: Row): boolean {
	return isOffered(row) || freeParts(row) > 0;
}
