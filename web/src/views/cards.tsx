/*
 * cards: each host as a panel with its GPUs.
 *
 * Where there are many, a host that is far off the screen is a frame of about its height with its name in it, and nothing reads its values:
 * what cannot be seen costs nothing. On paper all of them are drawn.
 */
import { signal, untracked, useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Boundary } from '../parts/boundary';
import { afterFrame, queueOf } from '../parts/frame';
import { filter, open, type Open } from '../state/place';
import { entries, shownEntries, type HostEntry } from '../state/state';
import { HostPanel } from './host';

const MANY = 60; // hosts: fewer are all drawn
const FIRST = 6; // are drawn at once when the view opens, before it is known what is on the screen
const STEP = 60; // frames that are put up at once: a thousand of them would make a letter that is typed wait

/*
 * What comes to many cards at once, as a filter does or a jump down the page, comes to a few in each frame, from the top. So who types or scrolls
 * is not kept waiting, and what is pushed off the screen meanwhile is not drawn at all.
 */
const drawSoon = queueOf(2);
const clearSoon = queueOf(8);

/* Of each card that is drawn, what makes it heed the filter. */
const heeding = new WeakMap<HostEntry, () => void>();

const printing = signal(false);
const watched = new WeakMap<Element, (near: boolean, height: number) => void>();
let observer: IntersectionObserver | undefined;

/* Tells whether `element` is less than half a screen away from being seen, and how high it was. */
function watch(element: Element, tell: (near: boolean, height: number) => void): () => void {
	observer ??= new IntersectionObserver(
		(changes) => {
			for (const { target, isIntersecting, boundingClientRect } of changes)
				watched.get(target)?.(isIntersecting, boundingClientRect.height);
		},
		{ rootMargin: '50% 0px' },
	);
	watched.set(element, tell);
	observer.observe(element);
	return () => observer!.unobserve(element);
}

function Panel({ entry }: { entry: HostEntry }) {
	const heeded = useSignal(filter.peek());
	const shown = useComputed(() => {
		void [heeded.value, entry.rows.value];
		return untracked(() => entry.shown.value);
	});
	useEffect(() => {
		const heed = () => (heeded.value = filter.peek());
		heeding.set(entry, heed);
		if (heeded.peek() !== filter.peek()) drawSoon(heed); // it has changed since this was drawn
		return () => heeding.delete(entry);
	}, [entry]);
	return (
		<Boundary name={entry.name} version={entry.host.value}>
			<HostPanel entry={entry} shown={shown} />
		</Boundary>
	);
}

function guessHeight({ shown }: HostEntry): number {
	return 80 + shown.peek().length * (innerWidth > 640 ? 33 : 56);
}

function Frame({ entry, height }: { entry: HostEntry; height: number }) {
	return (
		<section class="host frame" aria-label={entry.name} style={{ height: `${height || guessHeight(entry)}px` }}>
			<h2 class="heading">
				<span class="mark" />
				<span class="name">{entry.name}</span>
			</h2>
		</section>
	);
}

let broughtFor: Open | null = null; // once for each opening: a card that a filter lets back in moves nothing

/* What is in sight stays where it is. */
function bringIntoSight(element: Element): void {
	const { top, bottom } = element.getBoundingClientRect();
	if (bottom < 0 || top > innerHeight - 40) element.scrollIntoView();
}

function Card({ entry, first, many }: { entry: HostEntry; first: boolean; many: boolean }) {
	const near = useSignal(first);
	const element = useRef<HTMLDivElement>(null);
	const height = useRef(0);
	useEffect(() => {
		let willBeNear = first;
		const change = () => (near.value = willBeNear);
		return watch(element.current!, (isNear, was) => {
			// Who works in it by keyboard keeps it.
			if (!isNear && element.current?.contains(document.activeElement)) return;
			if (near.peek() && !isNear) height.current = was;
			willBeNear = isNear;
			(isNear ? drawSoon : clearSoon)(change);
		});
	}, []);
	const opened = useComputed(() => open.value?.host === entry.name).value;
	useEffect(() => {
		if (!opened || open.peek() === broughtFor) return;
		broughtFor = open.peek();
		bringIntoSight(element.current!);
	}, [opened]);
	const drawn = !many || near.value || printing.value;
	return (
		<div class={opened ? 'card opened' : 'card'} ref={element}>
			{drawn ? <Panel entry={entry} /> : <Frame entry={entry} height={height.current} />}
		</div>
	);
}

/* How many of them may stand: what was there stays, and others come after it, so many with each frame. On paper all do. */
function useGrowing(total: number): number {
	const most = useSignal(STEP);
	const count = printing.value ? total : Math.min(total, most.value);
	useEffect(() => {
		if (most.peek() > total + STEP) most.value = total + STEP;
		if (count >= total) return;
		return afterFrame(() => (most.value = count + STEP));
	}, [count, total]);
	return count;
}

export function Cards() {
	const firsts = useRef(FIRST);
	useEffect(() => {
		firsts.current = 0;
		const set = ({ type }: Event) => (printing.value = type === 'beforeprint');
		addEventListener('beforeprint', set);
		addEventListener('afterprint', set);
		return () => {
			removeEventListener('beforeprint', set);
			removeEventListener('afterprint', set);
		};
	}, []);
	useSignalEffect(() => {
		void filter.value;
		for (const entry of shownEntries.peek()) {
			const heed = heeding.get(entry);
			if (heed) drawSoon(heed);
		}
	});
	const many = entries.value.length > MANY; // whatever a filter leaves: what comes and goes with it must not be drawn all at once
	const shown = shownEntries.value;
	const standing = useGrowing(shown.length);
	return (
		<div class="hosts cards">
			{shown.slice(0, standing).map((entry, place) => (
				<Card key={entry.name} entry={entry} first={place < firsts.current} many={many} />
			))}
		</div>
	);
}
