/*
 * wall: for the screen in the corridor: big, and nothing to click but the way out. One screen, whatever there is: what does not fit comes
 * on the next page of it, which turns by itself.
 */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { apart, shorten } from '../format/format';
import { findingWords } from '../format/kinds';
import { n, t } from '../format/language';
import { troubleTitle } from '../format/words';
import { isOffered, type Row } from '../model/rows';
import { isGrave, severityOf, sortTroubles, type Trouble } from '../model/troubles';
import { Boundary } from '../parts/boundary';
import { PlaceLink } from '../parts/link';
import { Say } from '../parts/say';
import { Age } from '../parts/times';
import { go } from '../state/place';
import { demo, eachSecond, entries, interval, link, now, oldest, outdated, summary, type HostEntry } from '../state/state';
import { LostSince } from './topbar';

const TURN = 15; // seconds that a page stands
const PAGES = 8; // at most: the others have fewer free GPUs than all of these
const LINES = 4; // of trouble
const LONGEST = 60; // characters of a trouble
const LATE = 4; // samples: older than this many, data is called old

/* Hosts with free GPUs, most of them first. */
const offers = eachSecond(() =>
	entries.value
		.map((entry) => ({ entry, free: entry.tally.value.uses.free }))
		.filter(({ free }) => free > 0)
		.sort((a, b) => b.free - a.free),
);

const isLate = (trouble: Trouble) => severityOf(trouble) === 'late';
const graves = eachSecond(() =>
	sortTroubles(entries.value.flatMap((entry) => entry.troubles.value.filter((trouble) => isGrave(trouble) || isLate(trouble)))),
);

/* "A100 80 GB", of the kind of which most are free. */
function kindOf(rows: readonly Row[]): string {
	const counts = new Map<string, number>();
	for (const { model, size } of rows.filter(isOffered)) {
		const kind = [model, size && `${size} GB`].filter(Boolean).join(' ');
		counts.set(kind, (counts.get(kind) ?? 0) + 1);
	}
	const kinds = [...counts].sort((a, b) => b[1] - a[1]);
	const [most] = kinds;
	if (!most) return '';
	return kinds.length > 1 ? t('{kind} and others', { kind: most[0] }) : most[0];
}

function Tile({ entry, free }: { entry: HostEntry; free: number }) {
	return (
		<li class="tile">
			<p class="count">
				<b>{String(free)}</b> {t('free')}
			</p>
			<p class="name">{entry.name}</p>
			<p class="kind">{kindOf(entry.rows.value)}</p>
		</li>
	);
}

const TILE = 6; // units high
const GAP = 0.8;

/*
 * How many tiles stand on a screen of this size, and how large they are: as large as they can be with all of them on it, up to double. Sizes
 * are in the wall's own unit, see wall.css.
 */
export function fit(width: number, height: number, tiles: number): { columns: number; rows: number; scale: number } {
	for (const scale of [2, 1.6, 1.3, 1]) {
		const columns = Math.max(1, Math.floor(width / (23 * scale)));
		const rows = Math.max(1, Math.floor((height / scale + GAP) / (TILE + GAP)));
		if (columns * rows >= tiles || scale === 1) return { columns, rows, scale };
	}
	throw new Error('not reached');
}

/* The size of an element in the wall's units, kept up to date. */
function useRoom() {
	const element = useRef<HTMLDivElement>(null);
	const room = useSignal({ width: 0, height: 0 });
	useEffect(() => {
		const observer = new ResizeObserver(() => {
			if (!element.current) return; // it has just gone
			const { clientWidth, clientHeight } = element.current;
			const unit = parseFloat(getComputedStyle(element.current).fontSize);
			room.value = { width: clientWidth / unit, height: clientHeight / unit };
		});
		observer.observe(element.current!);
		return () => observer.disconnect();
	}, []);
	return { element, room };
}

function Offers() {
	const { element, room } = useRoom();
	const { columns, rows, scale } = fit(room.value.width, room.value.height, offers.value.length);
	const begun = useRef(now.peek()).current;
	const pages = Math.min(PAGES, Math.ceil(offers.value.length / (columns * rows)));
	const page = pages > 1 ? Math.floor(Math.max(0, now.value - begun) / TURN) % pages : 0;
	const shown = offers.value.slice(page * columns * rows, (page + 1) * columns * rows);
	return (
		<>
			<div class="offers" ref={element}>
				{shown.length > 0 ? (
					<ul class="tiles" style={{ '--columns': columns, '--rows': rows, '--scale': scale }}>
						{shown.map(({ entry, free }) => (
							<Tile key={entry.name} entry={entry} free={free} />
						))}
					</ul>
				) : (
					<p class="none">{summary.value.gpus > 0 ? t('No GPU is free') : t('No GPU answers')}</p>
				)}
			</div>
			{pages > 1 && (
				<p class="page">
					{t('{n} hosts with free GPUs · page {page} of {pages}', { n: offers.value.length, page: page + 1, pages })}
				</p>
			)}
		</>
	);
}

/* "node7 · GPU 6: GPU is lost · 3 h" */
function TroubleLine({ trouble }: { trouble: Trouble }) {
	const { host, error, finding, since } = trouble;
	return (
		<li class={isLate(trouble) ? 'late' : ''}>
			<span class="mark" />
			<b>{host.name}</b> {error ? troubleTitle(error.kind) : apart(shorten(findingWords(finding), LONGEST))}
			{since !== null && (
				<span class="since">
					{' · '}
					<Age of={since} />
				</span>
			)}
		</li>
	);
}

function Troubles() {
	const all = graves.value;
	if (all.length === 0) return null;
	const rest = all.length - LINES;
	return (
		<ul class="ills" aria-label={t('In trouble')}>
			{all.slice(0, rest > 0 ? LINES - 1 : LINES).map((trouble, place) => (
				<Boundary key={place} name={trouble.host.name} version={trouble} instead={<li>{trouble.host.name}</li>}>
					<TroubleLine trouble={trouble} />
				</Boundary>
			))}
			{rest > 0 && <li class="rest">{t('and {n} more', { n: rest + 1 })}</li>}
		</ul>
	);
}

/* How old the data is; what stands on a wall is taken for now. */
function State() {
	const { state } = link.value;
	if (state !== 'live')
		return (
			<p class="age lost" role="status">
				<span class="mark" />
				{state === 'lost' ? <LostSince /> : t('connecting …')}
			</p>
		);
	const sampled = oldest.value;
	const late = sampled === null || now.value - sampled > LATE * interval.value;
	return (
		<p class={late ? 'age stale' : 'age'}>
			<span class="mark" />
			{sampled === null ? t('no fresh data') : <Say text="data {age} old" age={<Age of={sampled} />} />}
		</p>
	);
}

function Figures() {
	const { uses, hosts, hostsOk } = summary.value;
	return (
		<div class="answers">
			<p class={uses.free > 0 ? 'free' : ''}>
				<b>{String(uses.free)}</b> {n(uses.free, 'GPU free', 'GPUs free')}
			</p>
			<p>
				<b>{String(uses.busy)}</b> {t('busy')}
			</p>
			<p class={uses.held > 0 ? 'held' : ''}>
				<b>{String(uses.held)}</b> {t('held but idle')}
			</p>
			<p>
				<b>{String(hostsOk)}</b> {n(hosts, 'of {n} host up', 'of {n} hosts up')}
			</p>
		</div>
	);
}

/* Instead of all of it, once nothing of it can be called fresh. */
function Lost() {
	return (
		<div class="gone">
			<p>{t('No word from the server')}</p>
			<b>
				<Age of={link.value.since / 1000 + link.value.skew} />
			</b>
			<p>{t('What is free now is not known.')}</p>
		</div>
	);
}

export function Wall() {
	useEffect(() => {
		const leave = (event: KeyboardEvent) => event.key === 'Escape' && go({ view: 'cards' });
		addEventListener('keydown', leave);
		return () => removeEventListener('keydown', leave);
	}, []);
	return (
		<div class="wall">
			<header>
				<h1>
					NVIDIA Web Monitor
					{demo.value && <span class="demo">{t('demo')}</span>}
				</h1>
				<State />
				<PlaceLink class="leave" to={{ view: 'cards' }} title={t('Leave the wall (Escape)')} label={t('Leave the wall (Escape)')}>
					✕
				</PlaceLink>
			</header>
			{outdated.value ? (
				<Lost />
			) : (
				<>
					<Figures />
					<Offers />
					<Troubles />
				</>
			)}
		</div>
	);
}
