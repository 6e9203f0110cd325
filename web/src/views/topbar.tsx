import { theme, type Theme } from '../state/choices';
import { view, type View } from '../state/place';
import { plural } from '../format/format';
import { demo, entries, link, loaded, oldest, summary } from '../state/state';
import { Age, Clock } from '../parts/times';

const VIEWS: [View, string][] = [
	['cards', 'Cards'],
	['table', 'Table'],
	['map', 'Map'],
	['people', 'People'],
	['trouble', 'Trouble'],
];

function ViewSwitch() {
	return (
		<div class="views" role="group" aria-label="View">
			{VIEWS.map(([value, title]) => (
				<button key={value} type="button" aria-pressed={view.value === value} onClick={() => (view.value = value)}>
					{title}
				</button>
			))}
		</div>
	);
}

const NEXT_THEME: Record<Theme, Theme> = { auto: 'light', light: 'dark', dark: 'auto' };
const THEME_TITLES: Record<Theme, string> = { auto: 'auto', light: 'light', dark: 'dark' };

function ThemeSwitch() {
	const chosen = theme.value;
	return (
		<button
			type="button"
			class="theme"
			title="Colours: as the system has them, light, or dark"
			aria-label={`Colours: ${THEME_TITLES[chosen]}. Switch to ${THEME_TITLES[NEXT_THEME[chosen]]}.`}
			onClick={() => (theme.value = NEXT_THEME[chosen])}
		>
			<svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
				<circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5" />
				<path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor" />
			</svg>
			<span>{THEME_TITLES[chosen]}</span>
		</button>
	);
}

/* How old the data is, at most; nothing while no host is fresh. */
function DataAge() {
	const sampled = oldest.value;
	if (sampled === null) return null;
	return (
		<span title="The oldest of the values that count as fresh">
			{' · data '}
			<Age of={sampled} />
			{' old'}
		</span>
	);
}

function HostsOk() {
	const { hosts, hostsOk } = summary.value;
	return <span>{` · ${hostsOk === hosts ? plural(hosts, 'host') : `${hostsOk} of ${hosts} hosts`}`}</span>;
}

/* The top right tells the truth about the data. Only what is worth an interruption is announced: not the seconds. */
function LinkState() {
	const { state, since } = link.value;
	if (state === 'lost') {
		return (
			<p class="link lost">
				<span class="mark" />
				<b role="status">connection lost</b>
				{' since '}
				<Clock at={since / 1000} />
				{' · trying again'}
			</p>
		);
	}
	if (state === 'connecting') return <p class="link">connecting …</p>;
	return (
		<p class="link">
			<span class="mark" />
			<b role="status">live</b>
			<DataAge />
			{entries.value.length > 0 && <HostsOk />}
		</p>
	);
}

export function TopBar() {
	return (
		<header class="top">
			<h1>NVIDIA Web Monitor</h1>
			{loaded.value && demo.value && (
				<span class="demo" title="Nothing here is real: a make-believe lab, values invented">
					demo
				</span>
			)}
			<ViewSwitch />
			<LinkState />
			<ThemeSwitch />
		</header>
	);
}
