import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { LANGUAGES, n, t, texts, type Language } from '../format/language';
import { PlaceLink } from '../parts/link';
import { Say } from '../parts/say';
import { Age, Clock } from '../parts/times';
import { language, theme, type Theme } from '../state/choices';
import { view, type View } from '../state/place';
import { demo, entries, graveTroubles, hasNewerPage, link, loaded, now, oldest, outdated, summary } from '../state/state';
import { Search } from './search';

const TITLES = { cards: 'Cards', table: 'Table', map: 'Map', people: 'People', trouble: 'Trouble' };
const titleOf = texts(TITLES);

function Grave() {
	const count = graveTroubles.value.all;
	if (count === 0 || outdated.value) return null;
	return (
		<>
			{' '}
			<b class="badge" title={n(count, '{n} that cannot wait', '{n} that cannot wait')}>
				{String(count)}
				<span class="sr"> {t('that cannot wait')}</span>
			</b>
		</>
	);
}

function ViewSwitch() {
	return (
		<nav class="views" aria-label={t('Views')}>
			{(Object.keys(TITLES) as View[]).map((name) => (
				<PlaceLink key={name} to={{ view: name }} current={view.value === name}>
					{titleOf(name)}
					{name === 'trouble' && <Grave />}
				</PlaceLink>
			))}
		</nav>
	);
}

const NEXT_THEME: Record<Theme, Theme> = { auto: 'light', light: 'dark', dark: 'auto' };
const titleOfTheme = texts({ auto: 'auto', light: 'light', dark: 'dark' } satisfies Record<Theme, string>);

function ThemeSwitch() {
	const chosen = theme.value;
	const [current, next] = [titleOfTheme(chosen), titleOfTheme(NEXT_THEME[chosen])];
	return (
		<button
			type="button"
			class="theme"
			title={t('Colours: as the system has them, light, or dark')}
			aria-label={t('Colours: {current}. Switch to {next}.', { current, next })}
			onClick={() => (theme.value = NEXT_THEME[chosen])}
		>
			<svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
				<circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5" />
				<path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor" />
			</svg>
			<span>{current}</span>
		</button>
	);
}

let chosen = false; // here and just now: all of the page is drawn anew then, and the focus stays

function LanguageSwitch() {
	const element = useRef<HTMLSelectElement>(null);
	useEffect(() => {
		if (chosen) element.current?.focus();
		chosen = false;
	}, []);
	return (
		<select
			ref={element}
			class="language"
			aria-label={t('Language')}
			title={t('Language')}
			value={language.value}
			onChange={({ currentTarget: { value } }) => {
				chosen = true;
				language.value = value as Language;
			}}
		>
			{Object.entries(LANGUAGES).map(([code, name]) => (
				<option key={code} value={code} lang={code}>
					{name}
				</option>
			))}
		</select>
	);
}

/* How old the data is, at most. */
function DataAge() {
	const sampled = oldest.value;
	if (sampled === null) return entries.value.length > 0 ? <span>{` · ${t('no host answers')}`}</span> : null;
	return (
		<span title={t('The oldest of the values that count as fresh')}>
			{' · '}
			<Say text="data {age} old" age={<Age of={sampled} />} />
		</span>
	);
}

function HostsOk() {
	const { hosts, hostsOk } = summary.value;
	if (hosts === 0) return null;
	return <span>{` · ${hostsOk === hosts ? n(hosts, '{n} host', '{n} hosts') : n(hosts, '{ok} of {n} host', '{ok} of {n} hosts', { ok: hostsOk })}`}</span>;
}

const SAID_FOR = 60; // seconds

/* It looks like a mistake of the page otherwise: what was learned since the server's start, as since when a GPU is idle, begins anew. */
function Restarted() {
	const { restarted, skew } = link.value;
	if (restarted === null || now.value - skew - restarted / 1000 > SAID_FOR) return null;
	return (
		<span role="status">
			{' · '}
			<Say text="the server was restarted at {time}" time={<Clock at={restarted / 1000 + skew} />} />
		</span>
	);
}

/* "connection lost since 14:02:11" */
export function LostSince() {
	const { since, skew } = link.value;
	return <Say text="connection lost since {time}" time={<Clock at={since / 1000 + skew} />} />;
}

/* The top right tells the truth about the data. Only what is worth an interruption is announced: not the seconds. */
function LinkState() {
	const { state, since, skew } = link.value;
	if (state === 'lost') {
		return (
			<p class="link lost">
				<span class="mark" />
				<b role="status">{t('connection lost')}</b>{' '}
				<Say text="since {time}" time={<Clock at={since / 1000 + skew} />} />
				{` · ${t('trying again')}`}
			</p>
		);
	}
	if (state === 'connecting') {
		return (
			<p class={`link ${outdated.value ? 'lost' : 'connecting'}`}>
				<span class="mark" />
				{t('connecting …')}
				{loaded.value && <DataAge />}
			</p>
		);
	}
	return (
		<p class="link">
			<span class="mark" />
			<b role="status">{t('live')}</b>
			<DataAge />
			<HostsOk />
			<Restarted />
		</p>
	);
}

/* Where it stands, for those who have several of them open. */
function Whereabouts() {
	const { hostname, host, pathname } = location;
	if (/^(localhost|127\.|\[)/.test(hostname)) return null;
	return <small>{host + pathname.replace(/\/$/, '')}</small>;
}

const later = signal(false); // the viewer does not want to reload now

function NewerPage() {
	if (!hasNewerPage.value || later.value) return null;
	return (
		<p class="newer" role="status">
			{t('The server has a newer page than this one.')}
			<button type="button" onClick={() => location.reload()}>
				{t('reload')}
			</button>
			<button type="button" onClick={() => (later.value = true)}>
				{t('later')}
			</button>
		</p>
	);
}

export function TopBar() {
	return (
		<header class="top">
			<div class="brand">
				<h1>NVIDIA Web Monitor</h1>
				<Whereabouts />
				{loaded.value && demo.value && (
					<span class="demo" title={t('Nothing here is real: a make-believe lab, values invented')}>
						{t('demo')}
					</span>
				)}
			</div>
			<ViewSwitch />
			<Search />
			<LinkState />
			<div class="switches">
				<PlaceLink to={{ view: 'wall' }} title={t('Big, and without controls: for a screen on the wall')}>
					{t('wall')}
				</PlaceLink>
				<LanguageSwitch />
				<ThemeSwitch />
			</div>
			<NewerPage />
		</header>
	);
}
