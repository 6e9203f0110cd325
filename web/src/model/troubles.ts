/* troubles: all that is wrong anywhere, in one list, worst first, and what is wrong in many places said once. */
import { textOfHost } from './filter';
import { findingsOf, foldFindings } from './findings';
import type { Finding, Host, HostError } from './types';

/* Either a host's own error, or something found on it. */
export type Trouble = { host: Host; since: number | null; fresh: boolean } & (
	{ error: HostError; finding: null } | { error: null; finding: Finding }
);

/* away: the host does not answer. late: its samples are overdue, and it has told of no error. */
export type Severity = 'away' | 'late' | Finding['severity'];
export const SEVERITIES: readonly Severity[] = ['away', 'error', 'late', 'warning', 'note'];

/* A severity that this page does not know is not taken for a bad one. */
export function severityOf({ error, finding }: Trouble): Severity {
	if (error) return error.kind === LATE ? 'late' : 'away';
	return SEVERITIES.includes(finding.severity) ? finding.severity : 'note';
}

function rankOf(trouble: Trouble): number {
	return SEVERITIES.indexOf(severityOf(trouble));
}

export const LATE = 'late';

function errorOf(host: Host): HostError | null {
	if (host.error || host.state !== 'stale') return host.error;
	return { kind: LATE, message: null, hint: null, since: host.since, next_try: null };
}

/*
 * Of one host. What its error says is not said again by a finding. Old findings of a host that does not answer stay: nobody has
 * mended them.
 */
export function troublesOf(host: Host, fresh: boolean): Trouble[] {
	const error = errorOf(host);
	const found = foldFindings(findingsOf(host).filter(({ kind }) => kind !== error?.kind));
	return [
		...(error ? [{ host, since: error.since, fresh, error, finding: null }] : []),
		...found.map((finding) => ({ host, since: finding.since, fresh, error: null, finding })),
	];
}

/* Of one GPU: what is found about it, or about its host when that is all it can be. */
export function troublesOfGpu(host: Host, index: number | null, fresh: boolean): Trouble[] {
	const findings = findingsOf(host).filter(({ gpu }) => gpu !== null && gpu === index);
	return troublesOf({ ...host, gpus: [], findings }, fresh);
}

/* Hosts that do not answer, then errors, warnings, notes; the newest of each first. */
export function sortTroubles(troubles: readonly Trouble[]): Trouble[] {
	return [...troubles].sort((a, b) => rankOf(a) - rankOf(b) || (b.since ?? 0) - (a.since ?? 0));
}

/* What cannot wait: a host that does not answer, or an error. These are what every number of troubles counts. */
export function isGrave(trouble: Trouble): boolean {
	return ['away', 'error'].includes(severityOf(trouble));
}

export function kindOf({ error, finding }: Trouble): string {
	return error ? error.kind : finding.kind;
}

export function remedyOf({ error, finding }: Trouble): string | null {
	return error ? error.hint : finding.remedy;
}

/* The same kind of trouble, wherever it is. */
export interface TroubleGroup {
	key: string;
	severity: Severity;
	kind: string;
	troubles: [Trouble, ...Trouble[]]; // as sorted
	hosts: number;
	remedy: string | null; // where one remedy mends all of them
	since: number | null; // of the first of them
}

const GROUPED_FROM = 3; // fewer are said one by one

function groupOf(key: string, troubles: [Trouble, ...Trouble[]]): TroubleGroup {
	const [first] = troubles;
	const remedy = remedyOf(first);
	const times = troubles.map(({ since }) => since).filter((since) => since !== null);
	return {
		key,
		severity: severityOf(first),
		kind: kindOf(first),
		troubles,
		hosts: new Set(troubles.map(({ host }) => host.name)).size,
		remedy: troubles.every((trouble) => remedyOf(trouble) === remedy) ? remedy : null,
		since: times.length > 0 ? Math.min(...times) : null,
	};
}

/* Sorted troubles, of which those that many hosts share are one group. A group of one stands for itself. */
export function groupTroubles(sorted: readonly Trouble[]): TroubleGroup[] {
	const kinds = new Map<string, [Trouble, ...Trouble[]]>();
	for (const trouble of sorted) {
		const key = `${severityOf(trouble)} ${kindOf(trouble)}`;
		const same = kinds.get(key);
		if (same) same.push(trouble);
		else kinds.set(key, [trouble]);
	}
	return [...kinds].flatMap(([key, same]) => {
		const group = groupOf(key, same);
		return group.hosts >= GROUPED_FROM ? [group] : same.map((trouble) => groupOf(keyOf(trouble), [trouble]));
	});
}

/* Stays with the trouble from sample to sample; messages do not, as they hold measured values. */
export function keyOf(trouble: Trouble): string {
	return `${trouble.host.name} ${kindOf(trouble)} ${trouble.finding?.uuid ?? trouble.finding?.gpu ?? ''}`;
}

/* Whether each of the words stands in what is told of it, of its host, or of the models of the GPUs there. */
export function fitsWords(trouble: Trouble, words: readonly string[]): boolean {
	if (words.length === 0) return true;
	const { host, error, finding } = trouble;
	const models = new Set(host.gpus.map(({ name }) => name));
	const said = error
		? [error.kind, error.message, error.hint]
		: [finding.kind, finding.severity, finding.message, finding.remedy];
	const text = [textOfHost(host), ...said, ...models].join('\n').toLowerCase();
	return words.every((word) => text.includes(word));
}
