/*
 * state: what the page shows, as signals. One writer (`receive`), read by the views; a view is drawn again when a signal that it read changes.
 */
import { batch, computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { mergeHosts, oldestSample, summaryOf, tallyOf, type Column, type Host, type Snapshot, type Tally } from './model';
import type { Link, StreamEvent } from './stream';

/* One watched host. Lives as long as a host of this name is there, so that its panel does, too. */
export interface HostEntry {
	name: string;
	host: Signal<Host>;
	tally: ReadonlySignal<Tally>;
}

export const loaded = signal(false); // a snapshot has come
export const columns = signal<Column[]>([]);
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

export const summary = computed(() => summaryOf(entries.value.map((entry) => entry.tally.value)));
export const oldest = computed(() => oldestSample(entries.value.map((entry) => entry.host.value)));

export function isFresh(host: Host): boolean {
	return host.state === 'ok' && !outdated.value;
}

/* A host that cannot be counted must not take the figures of the others with it. */
function safeTally(host: Host): Tally {
	try {
		return tallyOf(host, isFresh(host));
	} catch (error) {
		console.error('a host that cannot be counted', error);
		return { ...tallyOf({ ...host, state: 'error', gpus: [] }, false), trouble: true };
	}
}

function newEntry(first: Host): HostEntry {
	const host = signal(first);
	return { name: first.name, host, tally: computed(() => safeTally(host.value)) };
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
