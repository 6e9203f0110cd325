/*
 * state: what the page shows, as signals. One writer (`receive`), read by the views; a view is drawn again when a signal that it read changes.
 */
import { batch, computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { Sieve } from '../model/filter';
import { rowsOf, type Row } from '../model/rows';
import { oldestSample, summaryOf, tallyOf, type Tally } from '../model/tally';
import { troublesOf, type Trouble } from '../model/troubles';
import { mergeHosts, type Column, type FreeRule, type Host, type Snapshot } from '../model/types';
import { USUAL_RULE } from '../model/use';
import type { Link, StreamEvent } from '../remote/stream';
import { filter } from './place';

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
export const link = signal<Link>({ state: 'connecting', since: Date.now(), skew: 0 });

/* The server's clock, in Unix seconds, once a second while somebody looks. */
export const now = signal(Date.now() / 1000);

const LATE = 10; // seconds without the server until its last word counts as old

/* The connection is gone for so long that nothing on the page can be called fresh. */
export const outdated = computed(
	() => link.value.state === 'lost' && now.value - link.value.skew - link.value.since / 1000 > LATE,
);

const sieve = computed(() => new Sieve(filter.value));

/* The hosts that are seen, in the order of the configuration. */
export const shownEntries = steady(() => entries.value.filter((entry) => entry.isShown.value));

/* Every GPU that is seen, and every GPU there is. */
export const shownRows = computed(() => entries.value.flatMap((entry) => entry.shown.value));
export const allRows = computed(() => entries.value.flatMap((entry) => entry.rows.value));

export const summary = computed(() => summaryOf(entries.value.map((entry) => entry.tally.value)));
export const oldest = computed(() => oldestSample(entries.value.map((entry) => entry.host.value)));

export function isFresh(host: Host): boolean {
	return host.state === 'ok' && !outdated.value;
}

/* A host that cannot be counted must not take the figures of the others with it. */
function safeTally(host: Host): Tally {
	try {
		return tallyOf(host, isFresh(host), rule.value);
	} catch (error) {
		console.error('a host that cannot be counted', error);
		return { ...tallyOf({ ...host, state: 'error', gpus: [] }, false), trouble: true };
	}
}

/* Nor may one with which anything else goes wrong take the lists. */
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
		tally: computed(() => safeTally(host.value)),
		rows,
		shown,
		isShown: computed(() => (rows.value.length > 0 ? shown.value.length > 0 : sieve.value.fitsEmpty(host.value))),
		troubles: safely(host, (it) => troublesOf(it, isFresh(it))),
	};
}

/* The same list as long as it has the same things in it, so that who reads it is not called for nothing. */
function steady<T>(compute: () => T[]): ReadonlySignal<T[]> {
	let last: T[] = [];
	return computed(() => {
		const next = compute();
		if (next.length !== last.length || next.some((it, place) => it !== last[place])) last = next;
		return last;
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

function showSnapshot(snapshot: Snapshot): void {
	loaded.value = true;
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
		else link.value = event.link;
		if (event.type !== 'hosts') tick();
	});
}

export function tick(): void {
	now.value = Date.now() / 1000 + link.peek().skew;
}
