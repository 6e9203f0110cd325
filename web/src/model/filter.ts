/*
 * filter: what the viewer asked to see. A GPU is shown when it fits all that is set.
 *
 * The words of the search fit when each of them stands somewhere in what is known of the GPU and its host, in any case of letters.
 */
import { hasOffer, isOffered, type Row } from './rows';
import type { Gpu, Host, Process } from './types';

/* free: and offered, all of it or a part. trouble: broken GPUs, all of a host that does not answer, and what an error or a warning was found about. */
export type Wanted = 'free' | 'busy' | 'held' | 'trouble';

/* null, '' : not asked for. */
export interface Filter {
	words: string;
	wanted: Wanted | null;
	model: string | null; // as Row has it, or the GPU's whole name
	memory: number | null; // at least that many GB in all, as its maker counts them
	group: string | null;
	user: string | null; // a person
}

export const NO_FILTER: Filter = { words: '', wanted: null, model: null, memory: null, group: null, user: null };

export function isFiltering(filter: Filter): boolean {
	return filter.words.trim() !== '' || [filter.wanted, filter.model, filter.memory, filter.group, filter.user].some((part) => part !== null);
}

const known = (parts: readonly (string | null | undefined)[]) => parts.filter((part) => part != null).join('\n').toLowerCase();

/* A text is put together once for as long as its thing lives: it is looked through at every letter that is typed. */
function once<T extends object>(make: (it: T) => string): (it: T) => string {
	const texts = new WeakMap<T, string>();
	return (it) => {
		let text = texts.get(it);
		if (text === undefined) texts.set(it, (text = make(it)));
		return text;
	};
}

function textOfProcess({ user, owner, command, name, container, slurm_job: job, pid }: Process): string {
	return known([user, owner, command ?? name, container?.runtime, container?.id, job && `job ${job}`, pid === null ? null : String(pid)]);
}

const textOfGpu = once(({ name, uuid, bus_id, problem, processes }: Gpu) =>
	known([name, uuid, bus_id, problem, ...(processes ?? []).map(textOfProcess)]),
);

export const textOfHost = once(({ name, address, people, kvm, comment, group, driver, error }: Host) =>
	known([name, address, people, kvm, comment, group, driver, error?.kind]),
);

export function wordsOf(text: string): string[] {
	return text.toLowerCase().split(/\s+/).filter((word) => word !== '');
}

function isWanted(row: Row, wanted: Wanted): boolean {
	const { host, gpu, use, fresh } = row;
	if (wanted === 'free') return hasOffer(row);
	if (wanted !== 'trouble') return fresh && use === wanted;
	return host.state === 'error' || host.state === 'stale' || use === 'broken' || hasFinding(host, gpu.index);
}

function isModel(row: Row, model: string): boolean {
	return row.model === model || row.gpu.name === model;
}

/* Made once for a filter, then asked for each row. */
export class Sieve {
	private readonly words: string[];
	private readonly tests: readonly [keyof Filter, (row: Row) => boolean][];
	private lastHost: Host | null = null;
	private lastMissing: string[] = [];

	constructor(readonly filter: Filter) {
		this.words = wordsOf(filter.words);
		this.tests = this.testsOf(filter);
	}

	/* The words that the host's own text does not hold: its GPUs must. The GPUs of a host are asked for one after the other. */
	private missing(host: Host): string[] {
		if (this.words.length > 0 && host !== this.lastHost) {
			const text = textOfHost(host);
			this.lastMissing = this.words.filter((word) => !text.includes(word));
			this.lastHost = host;
		}
		return this.lastMissing;
	}

	private findWords({ host, gpu }: Row): boolean {
		const missing = this.missing(host);
		if (missing.length === 0) return true;
		const text = textOfGpu(gpu);
		return missing.every((word) => text.includes(word));
	}

	/* Found out once: a row is asked for by the list, and again when it is counted what else there were. */
	private fitsWords(row: Row): boolean {
		const { sought } = row;
		if (sought.by !== this) {
			sought.by = this;
			sought.found = this.findWords(row);
		}
		return sought.found;
	}

	/* Of what is asked for: what a row has to be. */
	private testsOf({ wanted, model, memory, group, user }: Filter): [keyof Filter, (row: Row) => boolean][] {
		const tests: [keyof Filter, (row: Row) => boolean][] = [];
		if (wanted !== null) tests.push(['wanted', (row) => isWanted(row, wanted)]);
		if (model !== null) tests.push(['model', (row) => isModel(row, model)]);
		if (memory !== null) tests.push(['memory', ({ size }) => (size ?? 0) >= memory]);
		if (group !== null) tests.push(['group', ({ host }) => host.group === group]);
		if (user !== null) tests.push(['user', ({ users }) => users.includes(user)]);
		if (this.words.length > 0) tests.push(['words', (row) => this.fitsWords(row)]);
		return tests;
	}

	fits(row: Row): boolean {
		return this.tests.every(([, test]) => test(row));
	}

	/* What of the filter keeps it out: nothing, one part alone, or more than that. */
	barrier(row: Row): keyof Filter | null | 'more' {
		let found: keyof Filter | null = null;
		for (const [part, test] of this.tests) {
			if (test(row)) continue;
			if (found) return 'more';
			found = part;
		}
		return found;
	}

	/* A host that has no GPU to show, as one never reached. */
	fitsEmpty(host: Host): boolean {
		const { wanted, model, memory, group, user } = this.filter;
		return (
			(wanted === null || (wanted === 'trouble' && (host.state === 'error' || host.state === 'stale'))) &&
			model === null &&
			memory === null &&
			user === null &&
			(group === null || host.group === group) &&
			this.missing(host).length === 0
		);
	}
}

/* Whether something worse than a note was found about this GPU, or about the host as a whole. */
export function hasFinding(host: Host, index: number | null): boolean {
	return (host.findings ?? []).some(({ severity, gpu }) => severity !== 'note' && (gpu === null || gpu === index));
}

/* One thing to choose, and how many GPUs that answer there would be with it and all else that is set. */
export interface Choice<T> {
	value: T;
	count: number;
}

/* What there is to choose from. */
export interface Facets {
	all: number; // GPUs
	fitting: number;
	partly: number; // of those that fit: GPUs of which only parts are free
	hosts: number; // of those that fit
	best: Row[]; // those of the host that has most of them
	wanted: Record<Wanted, number>;
	models: Choice<string>[]; // by their short names, the most frequent first
	memory: Choice<number>[]; // "at least": only what tells GPUs apart
	groups: Choice<string>[];
	without: Record<keyof Filter, number>; // how many more there were if this part were not asked for
}

/* Counts what there is, and of that what fits. */
class Count<T> {
	readonly all = new Map<T, number>();
	private readonly fitting = new Map<T, number>();

	add(value: T | null | undefined, fits: boolean): void {
		if (value == null) return;
		this.all.set(value, (this.all.get(value) ?? 0) + 1);
		if (fits) this.fitting.set(value, (this.fitting.get(value) ?? 0) + 1);
	}

	choices(order: (a: [T, number], b: [T, number]) => number): Choice<T>[] {
		return [...this.all].sort(order).map(([value]) => ({ value, count: this.fitting.get(value) ?? 0 }));
	}
}

/* "At least 24" counts what has 80, too. The smallest size tells nothing apart. */
function atLeast(sizes: Choice<number>[]): Choice<number>[] {
	return sizes.map(({ value }, place) => ({ value, count: sizes.slice(place).reduce((sum, { count }) => sum + count, 0) })).slice(1);
}

const WANTED: readonly Wanted[] = ['free', 'busy', 'held', 'trouble'];

export function facetsOf(rows: readonly Row[], sieve: Sieve): Facets {
	const { filter } = sieve;
	const models = new Count<string>();
	const sizes = new Count<number>();
	const groups = new Count<string>();
	const byHost = new Map<Host, Row[]>();
	const wanted = { free: 0, busy: 0, held: 0, trouble: 0 };
	const without = { words: 0, wanted: 0, model: 0, memory: 0, group: 0, user: 0 };
	let fitting = 0;
	let partly = 0;

	for (const row of rows) {
		const barrier = sieve.barrier(row);
		const butFor = (part: keyof Filter) => barrier === null || barrier === part;
		const counts = row.fresh || filter.wanted === 'trouble';
		models.add(row.model, counts && butFor('model'));
		sizes.add(row.size, counts && butFor('memory'));
		groups.add(row.host.group, counts && butFor('group'));
		if (butFor('wanted')) for (const it of WANTED) if (isWanted(row, it)) wanted[it]++;
		if (barrier === null) {
			fitting++;
			if (!isOffered(row) && hasOffer(row)) partly++;
			const rowsThere = byHost.get(row.host);
			if (rowsThere) rowsThere.push(row);
			else byHost.set(row.host, [row]);
		} else if (barrier !== 'more') without[barrier]++;
	}
	return {
		all: rows.length,
		fitting,
		partly,
		hosts: byHost.size,
		best: [...byHost.values()].reduce<Row[]>((most, it) => (it.length > most.length ? it : most), []),
		wanted,
		models: models.choices((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)),
		memory: atLeast(sizes.choices((a, b) => a[0] - b[0])),
		groups: groups.choices((a, b) => a[0].localeCompare(b[0], undefined, { numeric: true })),
		without,
	};
}
