/* troubles: all that is wrong anywhere, in one list, worst first. */
import { foldFindings } from './findings';
import type { Finding, Host, HostError } from './types';

/* Either a host's own error, or something found on it. */
export type Trouble = { host: Host; since: number | null; fresh: boolean } & (
	{ error: HostError; finding: null } | { error: null; finding: Finding }
);

const RANK = { error: 1, warning: 2, note: 3 } as const;

function rankOf({ finding }: Trouble): number {
	return finding ? (RANK[finding.severity] ?? 3) : 0;
}

/* Of one host. What its error says is not said again by a finding. Old findings of a host that does not answer stay: nobody has mended them. */
export function troublesOf(host: Host, fresh: boolean): Trouble[] {
	const { error } = host;
	const found = foldFindings((host.findings ?? []).filter(({ kind }) => kind !== error?.kind));
	return [
		...(error ? [{ host, since: error.since, fresh, error, finding: null }] : []),
		...found.map((finding) => ({ host, since: finding.since, fresh, error: null, finding })),
	];
}

/* Hosts that do not answer, then errors, warnings, notes; the newest of each first. */
export function sortTroubles(troubles: readonly Trouble[]): Trouble[] {
	return [...troubles].sort((a, b) => rankOf(a) - rankOf(b) || (b.since ?? 0) - (a.since ?? 0));
}

export function isGrave(trouble: Trouble): boolean {
	return rankOf(trouble) <= RANK.error;
}
