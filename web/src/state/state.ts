/*
 * state: what the page shows, as signals. One writer (`receive`), read by the views; a view is drawn again when a signal that it read changes.
 */
import { batch, computed, signal, untracked, type ReadonlySignal, type Signal } from '@preact/signals';
import { facetsOf, Sieve } from '../model/filter';
import { rowsOf, type Row } from '../model/rows';
import { oldestSample, summaryOf, tallyOf, type Tally } from '../model/tally';
import { isGrave, severityOf, troublesOf, type Trouble } from '../model/troubles';
import { mergeHosts, type Column, type FreeRule, type Host, type Snapshot } from '../model/types';
import { USUAL_RULE } from '../model/use';
import type { Link, StreamEvent } from '../remote/stream';
import { filter, sort, view } from './place';

/* One watched host. Lives as long as a host of this name is there, so that its panel does, too. What follows from it is computed when somebody looks. */
export interface HostEntry {
	name: string;
	host: Signal<Host>;
	tally: ReadonlySignal<Tally>;
	rows: ReadonlySignal<Row[]>; // all its GPUs
	shown: ReadonlySignal<Row[]>; // those that the filter lets through
	isShown: ReadonlySignal<boolean>; // whether the host is seen at all: it may have no GPU to show
	troubles: ReadonlySignal<Trouble[]>;
}

export const loaded = signal(false); // a snapshot has come
export const columns = signal<Column[]>([]);
export const interval = signal(5); // seconds between two samples of a host
export const rule = signal<FreeRule>(USUAL_RULE); // what counts as free
export const demo = signal(false);
export const entries = signal<HostEntry[]>([]);
export const link = signal<Link>({ state: 'connecting', since: Date.now(), skew: 0, restarted: null });
/* When what came with the page itself was put together, Unix seconds; null once there is something newer. */
export const enclosed = signal<number | null>(null);
/* The server has come back with another page than this one, or speaks in a way that this one was not made for. */
export const hasNewerPage = signal(false);

/* The server's clock, in Unix seconds, once a second while somebody looks. */
export const now = signal(Date.now() / 1000);

const LATE = 10; // seconds without the server until its last word counts as old

/* When the server was heard last, Unix seconds. */
export const heard = computed(() => Math.min(link.value.since / 1000 + link.value.skew, enclosed.value ?? Infinity));

/* There was no word from the server for so long that nothing on the page can be called fresh. */
export const outdated = computed(() => {
	return link.value.state !== 'live' && loaded.value && now.value - heard.value > LATE;
});

const sieve = computed(() => new Sieve(filter.value));

/* What cards can be sorted by; else they stand as configured. */
const CARD_SORTS = new Map<string | null, (a: HostEntry, b: HostEntry) => number>([
	['most-free', (a, b) => b.tally.value.uses.free - a.tally.value.uses.free],
	['most-used', (a, b) => workOf(b.tally.value) - workOf(a.tally.value)],
	['by-name', (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true })],
]);

/* The share of its GPUs that are busy counts first, then how busy these are. */
function workOf({ gpus, uses, utilization, utilizationOf }: Tally): number {
	return gpus === 0 ? -1 : (100 * uses.busy) / gpus + (utilizationOf > 0 ? utilization / utilizationOf / 200 : 0);
}

/* The hosts that are seen: cards as the viewer sorts them, all else in the order of the configuration. */
export const shownEntries = steady(() => {
	const shown = entries.value.filter((entry) => entry.isShown.value);
	const order = view.value === 'cards' ? CARD_SORTS.get(sort.value) : undefined;
	return order ? shown.sort(order) : shown;
});

/* Every GPU that is seen, and every GPU there is. */
export const shownRows = computed(() => entries.value.flatMap((entry) => entry.shown.value));
export const allRows = computed(() => entries.value.flatMap((entry) => entry.rows.value));

export const summary = computed(() => summaryOf(entries.value.map((entry) => entry.tally.value)));
/* What the filters have to choose from, and how many would be left. */
export const facets = eachSecond(() => facetsOf(allRows.value, sieve.value), sieve);
/* What cannot wait: as many hosts and errors as the list of troubles has. */
export const graveTroubles = eachSecond(() => {
	const graves = entries.value.flatMap((entry) => entry.troubles.value.filter(isGrave));
	const hosts = graves.filter((trouble) => severityOf(trouble) === 'away').length;
	return { all: graves.length, hosts, errors: graves.length - hosts };
});

export const oldest = computed(() => oldestSample(entries.value.map((entry) => entry.host.value)));

export function isFresh(host: Host): boolean {
	return host.state === 'ok' && !outdated.value;
}

/* Some host answers, so that there is something to say of now. */
export const answered = computed(() => !outdated.value && summary.value.hostsOk > 0);

/* One that cannot be taken apart counts as one that does not answer. */
function safeTally(host: Host, rows: readonly Row[]): Tally {
	const { gpus } = host as Partial<Host>; // which it was to tell
	return rows.length === gpus?.length ? tallyOf(host, rows, isFresh(host)) : tallyOf({ ...host, state: 'error', gpus: [] }, [], false);
}

/* A host with which anything is wrong must not take the figures and lists of the others with it. */
function safely<T>(host: Signal<Host>, work: (host: Host) => T[]): ReadonlySignal<T[]> {
	return computed(() => {
		try {
			return work(host.value);
		} catch (error) {
			console.error('a host that cannot be taken apart', error);
			return [];
		}
	});
}

function newEntry(first: Host): HostEntry {
	const host = signal(first);
	const rows = safely(host, (it) => rowsOf(it, isFresh(it), rule.value));
	const shown = computed(() => rows.value.filter((row) => sieve.value.fits(row)));
	return {
		name: first.name,
		host,
		tally: computed(() => safeTally(host.value, rows.value)),
		rows,
		shown,
		isShown: computed(() => (rows.value.length > 0 ? shown.value.length > 0 : sieve.value.fitsEmpty(host.value))),
		troubles: safely(host, (it) => troublesOf(it, isFresh(it))),
	};
}

export const sameItems = <T>(a: readonly T[], b: readonly T[]) => a.length === b.length && a.every((it, place) => it === b[place]);

/* The same list as long as it has the same things in it, so that who reads it is not called for nothing. */
export function steady<T>(compute: () => T[]): ReadonlySignal<T[]> {
	let last: T[] = [];
	return computed(() => {
		const next = compute();
		return (last = sameItems(last, next) ? last : next);
	});
}

/* For what takes all hosts together and need not be up to the moment: at once when what is asked changes, else once a second at most. */
export function eachSecond<T>(compute: () => T, ...asked: ReadonlySignal<unknown>[]): ReadonlySignal<T> {
	return computed(() => {
		for (const signal of [now, entries, ...asked]) void signal.value;
		return untracked(compute);
	});
}

function showHosts(hosts: readonly Host[]): void {
	const known = new Map(entries.peek().map((entry) => [entry.name, entry]));
	const next = hosts.map((host) => {
		const entry = known.get(host.name);
		if (entry) entry.host.value = host;
		return entry ?? newEntry(host);
	});
	const same = next.length === known.size && next.every((entry, place) => entry === entries.peek()[place]);
	if (!same) entries.value = next;
}

const UNDERSTOOD = 1; // the version of the interface

function showSnapshot(snapshot: Snapshot): void {
	loaded.value = true;
	enclosed.value = null;
	if (snapshot.version > UNDERSTOOD) hasNewerPage.value = true;
	demo.value = snapshot.demo === true;
	columns.value = snapshot.columns;
	interval.value = snapshot.interval;
	rule.value = snapshot.free ?? USUAL_RULE;
	showHosts(snapshot.hosts);
}

function showChanges(changed: readonly Host[]): void {
	const current = new Map(entries.peek().map((entry) => [entry.name, entry]));
	if (!changed.every((host) => current.has(host.name)))
		return showHosts(
			mergeHosts(
				entries.peek().map((entry) => entry.host.peek()),
				changed,
			),
		);
	for (const host of changed) current.get(host.name)!.host.value = host;
}

export function receive(event: StreamEvent): void {
	batch(() => {
		if (event.type === 'snapshot') showSnapshot(event.snapshot);
		else if (event.type === 'hosts') showChanges(event.hosts);
		else link.value = event.link.state === 'connecting' ? { ...event.link, skew: link.peek().skew } : event.link;
		if (event.type !== 'hosts') tick();
	});
}

/*
 * What came with the page, before there is any connection. Straight from the server it tells what time it is there; kept by the browser it is as
 * old as it says.
 */
export function receiveEnclosed(snapshot: Snapshot, isFromServer: boolean): void {
	if (loaded.peek()) return;
	const ahead = isFromServer ? snapshot.time - Date.now() / 1000 : 0;
	const skew = Math.abs(ahead) < LATE ? 0 : ahead;
	batch(() => {
		link.value = { ...link.peek(), skew };
		showSnapshot(snapshot);
		enclosed.value = Math.min(snapshot.time, Date.now() / 1000 + skew);
		tick();
	});
}

export function tick(): void {
	now.value = Date.now() / 1000 + link.peek().skew;
}
