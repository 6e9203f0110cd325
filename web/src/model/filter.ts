/*
 * filter: what the viewer asked to see. A GPU is shown when it fits all that is set.
 *
 * The words of the search fit when each of them stands somewhere in what is known of the GPU and its host, in any case of letters.
 */
import type { Row } from './rows';
import type { Host, Process } from './types';

/* free: and fresh. trouble: broken GPUs, all of a host that does not answer, and what an error or a warning was found about. */
export type Wanted = 'free' | 'busy' | 'held' | 'trouble';

/* null, '' : not asked for. */
export interface Filter {
	words: string;
	wanted: Wanted | null;
	model: string | null; // the GPU's name, whole
	memory: number | null; // at least that many GiB in all
	group: string | null;
	user: string | null; // a person
}

export const NO_FILTER: Filter = { words: '', wanted: null, model: null, memory: null, group: null, user: null };

export function isFiltering(filter: Filter): boolean {
	return filter.words.trim() !== '' || [filter.wanted, filter.model, filter.memory, filter.group, filter.user].some((part) => part !== null);
}

const AN_80_GB_CARD_HAS = 0.9; // of what its name promises, in GiB: 80 GB are 74.5 GiB, and some is kept back

const known = (parts: readonly (string | null | undefined)[]) => parts.filter((part) => part != null).join('\n').toLowerCase();

function textOfProcess({ user, owner, command, name, container, slurm_job: job, pid }: Process): string {
	return known([user, owner, command ?? name, container?.runtime, container?.id, job && `job ${job}`, pid === null ? null : String(pid)]);
}

export function textOfHost({ name, address, people, kvm, comment, group, driver, error }: Host): string {
	return known([name, address, people, kvm, comment, group, driver, error?.kind]);
}

export function wordsOf(text: string): string[] {
	return text.toLowerCase().split(/\s+/).filter((word) => word !== '');
}

/* Made once for a filter, then asked for each row: the words are taken apart once, and a host's text is put together once. */
export class Sieve {
	private readonly words: string[];
	private readonly hosts = new WeakMap<Host, string>();

	constructor(private readonly filter: Filter) {
		this.words = wordsOf(filter.words);
	}

	/* The words that the host's own text does not hold: its GPUs must. */
	private missing(host: Host): string[] {
		if (this.words.length === 0) return this.words;
		let text = this.hosts.get(host);
		if (text === undefined) this.hosts.set(host, (text = textOfHost(host)));
		return this.words.filter((word) => !text.includes(word));
	}

	private fitsWords({ host, gpu }: Row): boolean {
		const missing = this.missing(host);
		if (missing.length === 0) return true;
		const text = known([gpu.name, gpu.uuid, gpu.bus_id, gpu.problem, ...(gpu.processes ?? []).map(textOfProcess)]);
		return missing.every((word) => text.includes(word));
	}

	private fitsWanted({ host, gpu, use, fresh }: Row): boolean {
		const { wanted } = this.filter;
		if (wanted === null) return true;
		if (wanted !== 'trouble') return fresh && use === wanted;
		return host.state === 'error' || host.state === 'stale' || use === 'broken' || hasFinding(host, gpu.index);
	}

	fits(row: Row): boolean {
		const { model, memory, group, user } = this.filter;
		return (
			this.fitsWanted(row) &&
			(model === null || row.gpu.name === model) &&
			(memory === null || (row.gpu.memory_total ?? 0) >= memory * AN_80_GB_CARD_HAS * 2 ** 30) &&
			(group === null || row.host.group === group) &&
			(user === null || row.users.includes(user)) &&
			this.fitsWords(row)
		);
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
