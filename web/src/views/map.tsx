/*
 * map: every GPU of all hosts on one screen, as squares grouped by host. One looks for holes: a free GPU is an outline. What the filter
 * does not let through is dimmed and keeps its place.
 *
 * A host's squares are looked at again when that host changes, and only those that look or read otherwise are touched.
 */
import { computed, signal, untracked, useComputed, useSignal, useSignalEffect, type ReadonlySignal, type Signal } from '@preact/signals';
import type { VNode } from 'preact';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { apart, bytes, bytesBeside, commandLine, degrees, duration, NOT_KNOWN, percent, shorten, watts } from '../format/format';
import { n, t, texts } from '../format/language';
import { troubleTitle } from '../format/words';
import { commandOf } from '../model/columns';
import { isFiltering, type Filter } from '../model/filter';
import { bySize } from '../model/lists';
import { COLOURS, columnGap, layOut, LEVELS, levelOf, MEASURES, personSlots, rowGap, type Measure } from '../model/mosaic';
import type { Row } from '../model/rows';
import type { Host } from '../model/types';
import { Boundary } from '../parts/boundary';
import { afterFrame } from '../parts/frame';
import { PlaceLink } from '../parts/link';
import { Say } from '../parts/say';
import { Age } from '../parts/times';
import { colour, filter, go } from '../state/place';
import { entries, isFresh, sameItems, steady, type HostEntry } from '../state/state';
import { stateWord } from './table';

const LETTERED = 14; // pixels: from here on a letter fits into a square
const LEAST_ROOM = 280; // pixels: with less below what stands above it, the map takes a whole screen
const AILING = 'ailing'; // the class of a square of which an error was found
const SLICE = 100; // hosts
const IN_SIGHT = 3; // processes in a tooltip
const IN_LEGEND = 12; // people
const LONGEST = 90; // characters of a command in a tooltip

const titleOf = texts({
	utilization: 'utilization',
	memory: 'memory',
	temperature: 'temperature',
	power: 'power',
	user: 'person',
} satisfies Record<Measure, string>);

/* What the darkest, the middle and the lightest square stand for. */
const SCALES: Record<Exclude<Measure, 'user'>, () => string[]> = {
	utilization: () => ['0 %', '50 %', '100 %'],
	memory: () => ['0 %', '50 %', '100 %'],
	temperature: () => ['30°', '60°', '90°'],
	power: () => [t('no power'), t('half'), t('at its limit')],
};

const measure = computed<Measure>(() => MEASURES.find((name) => name === colour.value) ?? 'utilization');
const people = steady(() => [...new Set(entries.value.flatMap((entry) => entry.tally.value.users))].sort());
const slots = computed(() => personSlots(people.value));
const counts = steady(() => entries.value.map((entry) => Math.max(1, entry.rows.value.length)));
const room = signal({ width: 0, height: 0 });
const layout = computed(() => layOut(counts.value, room.value.width, room.value.height));
const lettered = computed(() => measure.value === 'user' && layout.value.square >= LETTERED);

/* Where the keyboard is; the first square until it was anywhere, and when that one is gone. */
const current = signal<{ host: string; key: string } | null>(null);
const keyOfNone = (entry: HostEntry) => `${entry.name}/`; // of the square of a host without a GPU

function keysOfEntry(entry: HostEntry): string[] {
	const keys = entry.rows.value.map(({ key }) => key);
	return keys.length > 0 ? keys : [keyOfNone(entry)];
}

const stop = computed(() => {
	const at = current.value;
	const entry = at && entries.value.find(({ name }) => name === at.host);
	if (entry && keysOfEntry(entry).includes(at.key)) return at.key;
	const [first] = entries.value;
	return first ? keysOfEntry(first)[0]! : '';
});

interface Square {
	key: string;
	look: string;
	label: string;
	letter: string;
	isStop: boolean;
}

function personClass(user: string | undefined): string {
	const slot = user === undefined ? undefined : slots.value.get(user);
	return slot === undefined ? 'untold' : `p${slot % COLOURS} h${Math.floor(slot / COLOURS)}`;
}

/* What the style sheet makes of it: shape and stroke tell the state, lightness tells how much. */
function lookOf({ gpu, use, fresh, users }: Row): string {
	if (!fresh) return 'old';
	if (use === 'held') return measure.value === 'user' ? `held ${personClass(users[0])}` : 'held';
	if (use !== 'busy') return use;
	if (measure.value === 'user') return personClass(users[0]);
	const level = levelOf(gpu, measure.value);
	return level === null ? 'untold' : `v${level}`;
}

/* "node3 GPU 2: alice, 88 %" */
function labelOf(row: Row): string {
	const { gpu, use, fresh, users } = row;
	const who = users.map(apart).join(', ');
	const what = use === 'busy' && fresh && !row.ails ? [who, gpu.utilization !== null && percent(gpu.utilization)] : [stateWord(row), who];
	const told = what.filter(Boolean).join(', ') || stateWord(row);
	return t('{host} GPU {index}: {what}', {
		host: apart(row.host.name),
		index: gpu.index ?? NOT_KNOWN,
		what: fresh ? told : t('{what}, not up to date', { what: told }),
	});
}

const initial = (user: string | undefined) => (user ? String.fromCodePoint(user.codePointAt(0)!).toUpperCase() : '');

function squareOf(row: Row, label: string, isOut: boolean, isStop: boolean): Square {
	const letter = lettered.value && row.fresh && row.use === 'busy' ? initial(row.users[0]) : '';
	const ill = row.ails && row.use !== 'broken' ? ` ${AILING}` : '';
	return { key: row.key, look: lookOf(row) + ill + (isOut ? ' out' : ''), label, letter, isStop };
}

/* Why there is no GPU to show. */
function whyNone({ error, state }: Host): string {
	if (error) return troubleTitle(error.kind);
	return state === 'connecting' ? t('connecting …') : t('no GPU');
}

/* The rows that are not dimmed; null: none is. */
function notDimmed(entry: HostEntry, by: Filter): Set<Row> | null {
	return isFiltering(by) ? new Set(untracked(() => entry.shown.value)) : null;
}

function squaresOf(entry: HostEntry, labels: readonly string[], stopKey: string, by: Filter): Square[] {
	const rows = entry.rows.value;
	if (rows.length === 0) {
		const host = entry.host.value;
		const key = keyOfNone(entry);
		const look = `none ${host.state}${untracked(() => entry.isShown.value) ? '' : ' out'}`;
		return [{ key, look, label: `${apart(entry.name)}: ${whyNone(host)}`, letter: '', isStop: key === stopKey }];
	}
	const shown = notDimmed(entry, by);
	return rows.map((row, place) => squareOf(row, labels[place]!, shown !== null && !shown.has(row), row.key === stopKey));
}

/* A square with what was drawn for it, which is drawn again only when the square is another. */
interface Drawn extends Square {
	node: VNode;
}

const draw = (square: Square): Drawn => ({
	...square,
	node: (
		<i
			key={square.key}
			class={`sq ${square.look}`}
			role="button"
			tabIndex={square.isStop ? 0 : -1}
			aria-label={square.label}
			data-key={square.key}
		>
			{square.letter || null}
		</i>
	),
});

const sameSquare = (a: Square, b: Square) =>
	a.key === b.key && a.look === b.look && a.label === b.label && a.letter === b.letter && a.isStop === b.isStop;

function drawnSquares(entry: HostEntry, by: ReadonlySignal<Filter>): ReadonlySignal<Drawn[]> {
	let last: Drawn[] = [];
	const labels = computed(() => entry.rows.value.map(labelOf)); // which say nothing of the filter
	const mine = computed(() => (stop.value.startsWith(`${entry.name}/`) ? stop.value : ''));
	return computed(() => {
		const next = squaresOf(entry, labels.value, mine.value, by.value).map((square, place) => {
			const before = last[place];
			return before && sameSquare(before, square) ? before : draw(square);
		});
		if (!sameItems(next, last)) last = next;
		return last;
	});
}

function HostSquares({ entry, by }: { entry: HostEntry; by: ReadonlySignal<Filter> }) {
	const squares = useMemo(() => drawnSquares(entry, by), [entry, by]);
	const state = useComputed(() => (isFresh(entry.host.value) ? 'ok' : entry.host.value.state)).value;
	const { named } = layout.value;
	const down = state === 'error' ? t('down') : state === 'stale' ? t('late') : null;
	return (
		<div class={`of ${state}`} role="group" aria-label={down ? `${entry.name}: ${down}` : entry.name} data-host={entry.name}>
			{named && (
				<p aria-hidden="true">
					<bdi>{entry.name}</bdi>
					{down && ` · ${down}`}
				</p>
			)}
			<div class="squares">{squares.value.map(({ node }) => node)}</div>
		</div>
	);
}

interface Tip {
	entry: HostEntry;
	key: string;
	box: DOMRect;
}

/* "88 % · 62 of 80 GiB · 58° · 311 W", as far as it is told. */
function valuesOf({ utilization, memory_used: used, memory_total: total, temperature, power }: Row['gpu']): string {
	const memory = used !== null && total !== null && t('{used} of {total}', { used: bytesBeside(used, total), total: bytes(total) });
	const values = [utilization !== null && percent(utilization), memory, temperature !== null && degrees(temperature)];
	return [...values, power !== null && watts(power)].filter(Boolean).join(' · ');
}

function TipOfGpu({ row, host }: { row: Row; host: Host }) {
	const { gpu, use, fresh } = row;
	const processes = bySize(gpu.processes ?? []);
	const idle = fresh && use === 'held' && gpu.idle_since;
	return (
		<>
			<b>
				<bdi>{shorten(host.name, LONGEST)}</bdi> · {t('GPU {index}', { index: gpu.index ?? NOT_KNOWN })}
			</b>
			{gpu.name && <em>{apart(shorten(gpu.name, LONGEST))}</em>}
			<p>{gpu.problem ? apart(shorten(gpu.problem, LONGEST)) : valuesOf(gpu)}</p>
			{((use !== 'busy' && use !== 'broken') || row.ails) && (
				<p>{idle && !row.ails ? <Say text="held, idle {time}" time={<Age of={idle} />} /> : stateWord(row)}</p>
			)}
			{processes.slice(0, IN_SIGHT).map((process, place) => (
				<em key={place}>
					{[
						process.user === null ? t('user not known') : apart(process.user),
						apart(shorten(commandLine(commandOf(process) ?? ''), LONGEST)),
						process.elapsed !== null && duration(process.elapsed),
					]
						.filter(Boolean)
						.join(' · ')}
				</em>
			))}
			{processes.length > IN_SIGHT && <em>{t('+{more} more', { more: processes.length - IN_SIGHT })}</em>}
			{!fresh && host.sampled && (
				<p>
					<Say text="last values, {age} old" age={<Age of={host.sampled} />} />
				</p>
			)}
		</>
	);
}

/* On the side of its square where there is more room. */
function placeOf({ left, right, top, bottom }: DOMRect): Record<string, string> {
	return {
		...(left > innerWidth / 2 ? { right: `${Math.max(8, innerWidth - right)}px` } : { left: `${left}px` }),
		...(top > innerHeight / 2 ? { bottom: `${innerHeight - top + 8}px` } : { top: `${bottom + 8}px` }),
	};
}

function Tooltip({ tip: { entry, key, box } }: { tip: Tip }) {
	const row = entry.rows.value.find((it) => it.key === key);
	const host = entry.host.value;
	return (
		<div class="tip" role="tooltip" style={placeOf(box)}>
			{row ? (
				<TipOfGpu row={row} host={host} />
			) : (
				<>
					<b>
						<bdi>{shorten(host.name, LONGEST)}</bdi>
					</b>
					<p>{whyNone(host)}</p>
				</>
			)}
		</div>
	);
}

function People() {
	const all = people.value;
	return (
		<>
			{all.slice(0, IN_LEGEND).map((user) => (
				<PlaceLink key={user} to={{ user }} title={t('Only {user}', { user })}>
					<i class={`sq ${personClass(user)}`}>{initial(user)}</i>
					<bdi>{user}</bdi>
				</PlaceLink>
			))}
			{all.length > IN_LEGEND && <span>{n(all.length - IN_LEGEND, '{n} more person', '{n} more people')}</span>}
		</>
	);
}

function Legend() {
	const by = measure.value;
	const swatch = (look: string, text: string) => (
		<span key={look}>
			<i class={`sq ${look}`} />
			{text}
		</span>
	);
	return (
		<div class="legend">
			<label>
				{t('colour by')}{' '}
				<select value={by} onChange={({ currentTarget: { value } }) => go({ colour: value === 'utilization' ? null : value })}>
					{MEASURES.map((name) => (
						<option key={name} value={name}>
							{titleOf(name)}
						</option>
					))}
				</select>
			</label>
			{swatch('free', t('free'))}
			{by === 'user' ? <People /> : SCALES[by]().map((text, place) => swatch(`v${Math.floor((place * (LEVELS - 1)) / 2)}`, text))}
			{by !== 'user' && swatch('untold', t('busy, not told how much (MIG)'))}
			{swatch(by === 'user' ? 'theirs' : 'held', t('held, idle'))}
			{swatch('broken', t('broken'))}
			{swatch(`free ${AILING}`, t('with an error'))}
			{swatch('old', t('not known, or not up to date'))}
			{swatch('asleep', t('asleep'))}
			{swatch('none', t('no GPU known'))}
		</div>
	);
}

const centre = ({ left, right }: DOMRect) => (left + right) / 2;

/* The one above or below: of the next line of squares, the one least to the side. */
function vertical(squares: readonly HTMLElement[], from: HTMLElement, down: boolean): HTMLElement | null {
	const box = from.getBoundingClientRect();
	let best: HTMLElement | null = null;
	let least = Infinity;
	for (const square of squares) {
		const other = square.getBoundingClientRect();
		const away = down ? other.top - box.bottom : box.top - other.bottom;
		const score = away < 0 ? Infinity : away * 10_000 + Math.abs(centre(other) - centre(box));
		if (score < least) [best, least] = [square, score];
	}
	return best;
}

function neighbour(home: HTMLElement, from: HTMLElement, key: string): HTMLElement | null | undefined {
	const squares = [...home.querySelectorAll<HTMLElement>('.sq')];
	const place = squares.indexOf(from);
	switch (key) {
		case 'ArrowLeft':
			return squares[place - 1];
		case 'ArrowRight':
			return squares[place + 1];
		case 'ArrowUp':
		case 'ArrowDown':
			return vertical(squares, from, key === 'ArrowDown');
		case 'Home':
			return squares[0];
		case 'End':
			return squares.at(-1);
		default:
			return null;
	}
}

/* Which GPU a square of the page is. */
function whichOf(target: EventTarget | null): { square: HTMLElement; entry: HostEntry; key: string } | null {
	const square = (target as Element | null)?.closest<HTMLElement>('[data-key]');
	const host = square?.closest<HTMLElement>('[data-host]')?.dataset.host;
	const entry = entries.peek().find(({ name }) => name === host);
	return square && entry ? { square, entry, key: square.dataset.key! } : null;
}

function openIt(target: EventTarget | null): void {
	const which = whichOf(target);
	if (which) go({ open: { host: which.entry.name, gpu: which.key.slice(which.entry.name.length + 1) || null } });
}

/* How much room there is, whenever that changes. */
function useRoom() {
	const home = useRef<HTMLDivElement>(null);
	useLayoutEffect(() => {
		const measureIt = () => {
			const { top, width } = home.current!.getBoundingClientRect();
			const below = innerHeight - top - scrollY - 24;
			const height = below >= LEAST_ROOM ? below : innerHeight - 60;
			if (width !== room.peek().width || height !== room.peek().height) room.value = { width, height };
		};
		const observer = new ResizeObserver(measureIt);
		const map = home.current!.parentElement!;
		for (const element of [map.firstElementChild!, map.parentElement!, ...map.parentElement!.children]) observer.observe(element);
		addEventListener('resize', measureIt);
		measureIt();
		return () => {
			observer.disconnect();
			removeEventListener('resize', measureIt);
		};
	}, []);
	return home;
}

/*
 * The filter as the hosts have it, a signal for so many of them: a new one reaches them slice by slice, each in a frame of its own. To dim
 * eight thousand squares at once keeps whoever types waiting.
 */
function useSlices(hosts: number): readonly ReadonlySignal<Filter>[] {
	const count = Math.ceil(hosts / SLICE);
	const slices = useMemo<Signal<Filter>[]>(() => Array.from({ length: count }, () => signal(filter.peek())), [count]);
	useSignalEffect(() => {
		const by = filter.value;
		let next = 0;
		let cancel = () => {};
		function reach(): void {
			slices[next++]!.value = by;
			if (next < slices.length) cancel = afterFrame(reach);
		}
		if (slices.length > 0) reach();
		return () => cancel();
	});
	return slices;
}

function Squares() {
	const home = useRoom();
	const slices = useSlices(entries.value.length);
	const tip = useSignal<Tip | null>(null);
	const { square, gap, across, width } = layout.value;

	function show(target: EventTarget | null) {
		const which = whichOf(target);
		tip.value = which && { entry: which.entry, key: which.key, box: which.square.getBoundingClientRect() };
	}
	function onFocus({ target }: FocusEvent) {
		const which = whichOf(target);
		if (which) current.value = { host: which.entry.name, key: which.key };
		if ((target as Element).matches(':focus-visible')) show(target);
	}
	function onKeyDown(event: KeyboardEvent) {
		if (event.key === 'Escape') tip.value = null;
		if (event.ctrlKey || event.metaKey || event.altKey || !whichOf(event.target)) return;
		const isClick = event.key === 'Enter' || event.key === ' ';
		const next = isClick ? null : neighbour(home.current!, event.target as HTMLElement, event.key);
		if (!isClick && next === null) return;
		event.preventDefault();
		if (isClick) openIt(event.target);
		else next?.focus();
	}
	const style = {
		'--sq': `${square}px`,
		'--gap': `${gap}px`,
		'--across': across,
		gridTemplateColumns: `repeat(auto-fill, ${width}px)`,
		gap: `${rowGap(layout.value)}px ${columnGap(layout.value)}px`,
	};
	return (
		<>
			<div
				class="mosaic"
				role="group"
				aria-label={t('Map of GPUs')}
				ref={home}
				style={style}
				onClick={(event) => openIt(event.target)}
				onPointerOver={(event) => event.pointerType !== 'touch' && show(event.target)}
				onPointerLeave={() => (tip.value = null)}
				onFocusIn={onFocus}
				onFocusOut={() => (tip.value = null)}
				onKeyDown={onKeyDown}
			>
				{room.value.width > 0 &&
					entries.value.map((entry, place) => (
						<Boundary key={entry.name} name={entry.name} instead={<div class="of error">{entry.name}</div>}>
							<HostSquares entry={entry} by={slices[Math.floor(place / SLICE)]!} />
						</Boundary>
					))}
			</div>
			{tip.value && <Tooltip tip={tip.value} />}
		</>
	);
}

export function HeatMap() {
	return (
		<section class="map">
			<Legend />
			<Squares />
		</section>
	);
}
