/*
 * place: where the viewer is: which view, which filter, which host or GPU is open. It stands in the URL's query, so a link shows another person
 * the same, and the back button goes back. What is as usual is left out of it, but for the view.
 */
import { batch, computed, effect, signal, type Signal } from '@preact/signals';
import { NO_FILTER, type Filter, type Wanted } from '../model/filter';
import type { Row } from '../model/rows';
import { me } from './choices';

export const VIEWS = ['cards', 'table', 'map', 'people', 'trouble', 'wall'] as const;
export type View = (typeof VIEWS)[number];

const WANTED: readonly Wanted[] = ['free', 'busy', 'held', 'trouble'];

/* What is open beside the view: a host, or one of its GPUs by the key of its row without the host's name (UUID, as a rule). */
export interface Open {
	host: string;
	gpu: string | null;
}

/* Where a row's details are. */
export function openOf({ key, host }: Row): Open {
	return { host: host.name, gpu: key.slice(host.name.length + 1) };
}

const VIEW_KEY = 'nvwebmon.view';

function rememberedView(): View {
	try {
		const stored = localStorage.getItem(VIEW_KEY);
		return VIEWS.find((view) => view === stored && view !== 'wall') ?? 'cards';
	} catch {
		return 'cards';
	}
}

export const view = signal<View>('cards');
export const words = signal('');
export const wanted = signal<Wanted | null>(null);
export const model = signal<string | null>(null);
export const memory = signal<number | null>(null);
export const group = signal<string | null>(null);
export const user = signal<string | null>(null); // a person, or MINE: who the viewer said to be
export const sort = signal<string | null>(null); // a view's own word, "-" before it: the other way round; null: the view's usual one
export const colour = signal<string | null>(null); // what the map shows; null: utilization
export const open = signal<Open | null>(null);

/* All of it, as one thing. */
export interface Place extends Filter {
	view: View;
	sort: string | null;
	colour: string | null;
	open: Open | null;
}

const SIGNALS = { view, words, wanted, model, memory, group, user, sort, colour, open };

function here(): Place {
	return Object.fromEntries(Object.entries(SIGNALS).map(([name, { value }]) => [name, value])) as unknown as Place;
}

/* How each view was sorted last: what one sorts by means nothing to another. */
const sorts = new Map<View, string | null>();

function withSort(change: Partial<Place>): Partial<Place> {
	if (change.view === undefined || change.view === view.peek() || change.sort !== undefined) return change;
	return { ...change, sort: sorts.get(change.view) ?? null };
}

/* Goes there: one step of the history. */
export function go(change: Partial<Place>): void {
	batch(() => {
		for (const [name, value] of Object.entries(withSort(change))) (SIGNALS[name as keyof Place] as Signal<unknown>).value = value;
	});
}

/* The address of that place, for a link (parts/link.tsx). */
export function addressOf(change: Partial<Place>): string {
	return write({ ...here(), ...withSort(change) });
}

/* What `user` may be in an address that is meant for anybody: whoever opens it sees what is theirs. */
export const MINE = 'me';

export const filter = computed<Filter>(() => ({
	words: words.value,
	wanted: wanted.value,
	model: model.value,
	memory: memory.value,
	group: group.value,
	user: user.value === MINE ? me.value || MINE : user.value,
}));

export function clearFilter(): void {
	go(NO_FILTER);
}

function write(place: Place): string {
	const query = new URLSearchParams();
	const put = (name: string, value: string | number | null) => value !== null && value !== '' && query.set(name, String(value));
	put('view', place.view); // always: an address without one means the view that its reader used last
	put('q', place.words.trim());
	put('show', place.wanted);
	put('model', place.model);
	put('memory', place.memory);
	put('group', place.group);
	put('user', place.user);
	put('sort', place.sort);
	put('colour', place.colour);
	put('host', place.open?.host ?? null);
	put('gpu', place.open?.gpu ?? null);
	return `?${query}`;
}

function sizeIn(text: string | null): number | null {
	const size = Number(text);
	return size > 0 && Number.isFinite(size) ? size : null;
}

function read(usual: View): void {
	const query = new URLSearchParams(location.search);
	const host = query.get('host');
	batch(() => {
		view.value = VIEWS.find((name) => name === query.get('view')) ?? usual;
		words.value = query.get('q') ?? '';
		wanted.value = WANTED.find((name) => name === query.get('show')) ?? null;
		model.value = query.get('model');
		memory.value = sizeIn(query.get('memory'));
		group.value = query.get('group');
		user.value = query.get('user');
		sort.value = query.get('sort');
		colour.value = query.get('colour');
		open.value = host ? { host, gpu: query.get('gpu') } : null;
	});
}

/* Typing is one step of the history, however many letters it has. */
let typing = false;

export function type(text: string): void {
	typing = true;
	words.value = text;
	typing = false;
}

/* Called once. An address without a query is where one comes in: the view is the one that was used last. */
export function followPlace(): void {
	read(location.search === '' ? rememberedView() : 'cards');
	let last = write(here());
	history.replaceState(null, '', last);
	let lastWasTyped = false;
	let stepping = false; // back or forth: the address is there before us
	effect(() => {
		const next = write(here());
		if (next === last) return;
		if (stepping) {
			last = next;
			return;
		}
		try {
			if (typing && lastWasTyped) history.replaceState(null, '', next);
			else history.pushState(null, '', next);
			last = next;
			lastWasTyped = typing;
		} catch {
			// Some browsers let the address change only so often. The next change brings it up to date.
		}
	});
	effect(() => {
		sorts.set(view.value, sort.value);
		try {
			if (view.value !== 'wall') localStorage.setItem(VIEW_KEY, view.value);
		} catch {
			// Storage can be forbidden.
		}
	});
	addEventListener('popstate', () => {
		stepping = true;
		read('cards');
		stepping = false;
		lastWasTyped = false;
	});
}
