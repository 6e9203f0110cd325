/* details-recent: the last minutes of a GPU, or of all of a host: four lines under each other, one time for all of them. */
import { computed, effect, useSignal, useSignalEffect, type ReadonlySignal, type Signal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Charts } from '../charts/main';
import type { Spark } from '../charts/sparkline';
import { bytes, clock, degrees, percent, watts } from '../format/format';
import { t } from '../format/language';
import {
	extentOf,
	historyOf,
	joined,
	NO_HISTORY,
	WINDOW,
	withGaps,
	withSample,
	type History,
	type Measure,
	type Reading,
} from '../model/history';
import type { Row } from '../model/rows';
import type { Gpu } from '../model/types';
import { hasMig } from '../model/use';
import { chartsOf } from '../remote/assets';
import { recentOf } from '../remote/recent';
import { theme } from '../state/choices';
import { interval, now, type HostEntry } from '../state/state';

const STEP = 5; // seconds: how often the lines move to the left when nothing comes
const SYNC = 'nvwebmon';

interface Line {
	measure: Measure;
	title: string;
	text: (value: number | null) => string;
	low: number;
	high: number | null; // null: not known; then the highest of the values
	untold?: string | false;
}

/* What a scale goes up to: a line at its end means that there is no more to be had. */
function total(gpus: readonly Gpu[], limit: 'memory_total' | 'power_limit'): number | null {
	const limits = gpus.map((gpu) => gpu[limit]).filter((value) => value !== null);
	return limits.length > 0 ? limits.reduce((sum, value) => sum + value, 0) : null;
}

function linesOf(gpus: readonly Gpu[], all: boolean): Line[] {
	return [
		{
			measure: 'utilization',
			title: all ? t('Utilization, mean') : t('Utilization'),
			text: percent,
			low: 0,
			high: 100,
			untold: gpus.length > 0 && gpus.every(hasMig) && t('not told under MIG'),
		},
		{
			measure: 'memory_used',
			title: all ? t('Memory in all') : t('Memory'),
			text: bytes,
			low: 0,
			high: total(gpus, 'memory_total'),
		},
		{
			measure: 'temperature',
			title: all ? t('Temperature of the hottest') : t('Temperature'),
			text: degrees,
			low: 20,
			high: 95,
		},
		{ measure: 'power', title: all ? t('Power in all') : t('Power'), text: watts, low: 0, high: total(gpus, 'power_limit') },
	];
}

/* What the server remembers is asked for once, and again after a time in which nobody looked. */
function useHistory(entry: HostEntry, gpu: Gpu | null, readings: () => readonly Reading[]): ReadonlySignal<History> {
	const history = useSignal(NO_HISTORY);
	useEffect(() => {
		const ended = new AbortController();
		let tells = gpu === null || gpu.uuid !== null;
		async function ask() {
			const recent = tells ? await recentOf(entry.name, ended.signal) : null;
			if (ended.signal.aborted) return;
			tells = recent !== null;
			if (recent) history.value = joined(historyOf(recent, gpu?.uuid ?? null), history.peek());
		}
		history.value = NO_HISTORY;
		const end = effect(() => {
			const { sampled } = entry.host.value;
			if (sampled === null) return;
			const before = history.peek();
			const last = before.times.at(-1);
			history.value = withSample(before, sampled, readings());
			if (last !== undefined && sampled - last > 4 * interval.peek()) void ask();
		});
		void ask();
		return () => {
			ended.abort();
			end();
		};
	}, []);
	return history;
}

/* null while they are fetched; undefined: they cannot be. */
function useCharts(): Signal<Charts | null | undefined> {
	const charts = useSignal<Charts | null | undefined>(null);
	useEffect(() => {
		chartsOf().then(
			(code) => (charts.value = code),
			() => (charts.value = undefined),
		);
	}, []);
	return charts;
}

/* Calls when the colours of the page have changed. */
function useColours(changed: () => void): void {
	useSignalEffect(() => {
		void theme.value;
		changed();
	});
	useEffect(() => {
		const dark = matchMedia('(prefers-color-scheme: dark)');
		dark.addEventListener('change', changed);
		return () => dark.removeEventListener('change', changed);
	}, []);
}

interface Shared {
	history: ReadonlySignal<History>;
	to: ReadonlySignal<number>; // the time at the right edge
	at: Signal<number | null>; // the place that is pointed at
}

function Canvas({ charts, line, history, to, at }: { charts: Charts; line: Line } & Shared) {
	const element = useRef<HTMLDivElement>(null);
	const spark = useSignal<Spark | null>(null);
	const { measure, low, high } = line;
	useEffect(() => {
		const made = charts.sparkline(element.current!, SYNC, (place) => (at.value = place));
		spark.value = made;
		return () => made.end();
	}, [charts]);
	useEffect(
		() =>
			effect(() => {
				const { times, values } = history.value;
				const of = values[measure];
				const most = extentOf(of)?.most ?? 1;
				spark.value?.show({
					times,
					values: of,
					from: to.value - WINDOW,
					to: to.value,
					low: Math.min(low, extentOf(of)?.least ?? low),
					high: Math.max(high ?? most * 1.1, most, low + 1),
				});
			}),
		[history, measure, low, high],
	);
	useColours(() => spark.peek()?.redraw());
	return <div class="spark" aria-hidden="true" ref={element} />;
}

/* "97 %", or what it was where one points; then in what bounds it was. */
function Words({ line, history, at }: { line: Line } & Pick<Shared, 'history' | 'at'>) {
	const { times, values } = history.value;
	const of = values[line.measure];
	const place = at.value !== null && at.value < times.length ? at.value : null;
	const extent = extentOf(of);
	return (
		<figcaption>
			<span>{line.title}</span>
			{extent && (
				<small>
					{t('{least} to {most} in {minutes} min', {
						least: line.text(extent.least),
						most: line.text(extent.most),
						minutes: WINDOW / 60,
					})}
				</small>
			)}
			{extent ? (
				<b>
					{place !== null && <small>{clock(times[place]!, now.peek())} </small>}
					{line.text(of[place ?? of.length - 1] ?? null)}
				</b>
			) : (
				<i>{line.untold || t('not told by the driver')}</i>
			)}
		</figcaption>
	);
}

/* `row`: of one GPU; null: all of the host. With another one, another key. */
export function LastMinutes({ entry, row }: { entry: HostEntry; row: Row | null }) {
	const gpusNow = () => entry.rows.value.filter(({ key }) => row === null || key === row.key).map(({ gpu }) => gpu);
	const told = useHistory(entry, row && row.gpu, gpusNow);
	const history = useMemo(() => computed(() => withGaps(told.value, interval.value)), [told]);
	const to = useMemo(() => {
		const step = computed(() => Math.floor(now.value / STEP) * STEP);
		return computed(() => Math.max(step.value, told.value.times.at(-1) ?? 0));
	}, [told]);
	const at = useSignal<number | null>(null);
	const charts = useCharts();
	const lines = linesOf(gpusNow(), row === null);
	const drawn = (line: Line) => charts.value != null && extentOf(history.value.values[line.measure]) !== null;
	return (
		<section class="recent" aria-label={t('The last minutes')}>
			{history.value.times.length === 0 && <p class="note">{t('no sample yet')}</p>}
			{(history.value.times.length > 0 ? lines : []).map((line) => (
				<figure key={line.measure}>
					<Words line={line} history={history} at={at} />
					{drawn(line) && <Canvas charts={charts.value!} line={line} history={history} to={to} at={at} />}
				</figure>
			))}
			{charts.value === undefined && <p class="note">{t('The lines cannot be drawn: their code could not be fetched.')}</p>}
			{lines.some(drawn) && (
				<p class="times" aria-hidden="true">
					<span>{t('{n} min ago', { n: WINDOW / 60 })}</span>
					<span>{t('{n} min ago', { n: WINDOW / 120 })}</span>
					<span>{t('now')}</span>
				</p>
			)}
		</section>
	);
}
