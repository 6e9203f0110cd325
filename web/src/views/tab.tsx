/*
 * tab: what the browser's tab tells of the page: how many GPUs are free, and whether something is in trouble.
 *
 * A tab that nobody looks at hears nothing (remote/remote.ts). It says of when it speaks, and its icon is grey like that of a lost
 * connection.
 */
import { computed, signal, useSignalEffect } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { clock } from '../format/format';
import { t } from '../format/language';
import { graveTroubles, link, loaded, now, outdated, summary } from '../state/state';

const NAME = 'NVIDIA Web Monitor';

const hiddenAt = signal<number | null>(null); // nobody looks since then, Unix seconds
const lost = computed(() => outdated.value || (!loaded.value && link.value.state === 'lost'));
const inTrouble = computed(() => graveTroubles.value.all);

const title = computed(() => {
	if (lost.value) return `${t('connection lost')} · ${NAME}`;
	if (!loaded.value) return NAME;
	const { free } = summary.value.uses;
	const trouble = inTrouble.value > 0 ? `(${inTrouble.value}!) ` : '';
	const when = hiddenAt.value;
	const words =
		when === null ? t('{n} free', { n: free }) : t('{n} free at {time}', { n: free, time: clock(when, when).slice(0, 5) });
	return `${trouble}${words} · ${NAME}`;
});

/* At most three characters fit. */
function short(count: number): string {
	return count < 1000 ? String(count) : `${Math.min(99, Math.floor(count / 1000))}k`;
}

/* Of the style sheet. */
const colourOf = (token: string) => getComputedStyle(document.documentElement).getPropertyValue(token);

/* `text`: at most three characters. */
function draw(text: string, colour: string, mark: string | null): string {
	const size = text.length < 3 ? 24 : text.length === 3 ? 16 : 12;
	const ground = colourOf('--icon');
	const diamond = `<path d="M25 0l7 7-7 7-7-7z" fill="${mark}" stroke="${ground}" stroke-width="1.5"/>`;
	return [
		'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">',
		`<rect width="32" height="32" rx="7" fill="${ground}"/>`,
		`<text x="16" y="${mark ? 28 : 24}" font-family="sans-serif" font-weight="700" font-size="${size}" `,
		`text-anchor="middle" fill="${colour}">${text}</text>`,
		`${mark ? diamond : ''}</svg>`,
	].join('');
}

/*
 * How many GPUs are free, and a red diamond when something is in trouble; all of it grey when it is not of now. null: nothing is known
 * yet.
 */
const icon = computed(() => {
	if (!loaded.value) return null;
	const { free } = summary.value.uses;
	const old = lost.value || hiddenAt.value !== null;
	const grey = colourOf('--icon-old');
	const mark = old ? grey : colourOf('--icon-broken');
	return draw(short(free), old || free === 0 ? grey : colourOf('--icon-free'), inTrouble.value > 0 ? mark : null);
});

/* Draws nothing on the page. */
export function Tab() {
	useSignalEffect(() => {
		document.title = title.value;
	});
	useSignalEffect(() => {
		const drawn = icon.value;
		const element = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
		if (element && drawn !== null) element.href = `data:image/svg+xml,${encodeURIComponent(drawn)}`;
	});
	useEffect(() => {
		const look = () => (hiddenAt.value = document.visibilityState === 'visible' ? null : now.peek());
		look();
		document.addEventListener('visibilitychange', look);
		return () => document.removeEventListener('visibilitychange', look);
	}, []);
	return null;
}
