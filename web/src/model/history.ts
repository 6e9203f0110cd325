/*
 * history: what a GPU, or all of a host together, was like in the last minutes: a list of times, and one of values for each measure.
 *
 * A moment at which nothing was told has null, so that a line drawn through the values breaks there.
 */
import type { Gpu, Recent } from './types';

export const MEASURES = ['utilization', 'memory_used', 'temperature', 'power'] as const;
export type Measure = (typeof MEASURES)[number];
export type Reading = Pick<Gpu, Measure>;

export interface History {
	times: readonly number[]; // Unix seconds, ascending
	values: Readonly<Record<Measure, readonly (number | null)[]>>;
}

export const WINDOW = 600; // seconds
const MOST = 1200; // moments, however fast they come

export const NO_HISTORY: History = { times: [], values: { utilization: [], memory_used: [], temperature: [], power: [] } };

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const TOGETHER: Record<Measure, (values: readonly number[]) => number> = {
	utilization: (values) => sum(values) / values.length,
	memory_used: sum,
	temperature: (values) => Math.max(...values),
	power: sum,
};

/* Of several GPUs: the mean of utilization, the hottest, the sums of memory and power; of those that tell it. */
export function together(readings: readonly Reading[], measure: Measure): number | null {
	const told = readings.map((reading) => reading[measure]).filter((value) => value != null);
	return told.length > 0 ? TOGETHER[measure](told) : null;
}

function each<T>(work: (measure: Measure) => T): Record<Measure, T> {
	return Object.fromEntries(MEASURES.map((measure) => [measure, work(measure)])) as Record<Measure, T>;
}

function trimmed({ times, values }: History): History {
	const oldest = (times.at(-1) ?? 0) - WINDOW;
	const first = times.findIndex((time) => time >= oldest);
	const from = Math.max(first, times.length - MOST);
	if (from <= 0) return { times, values };
	return { times: times.slice(from), values: each((measure) => values[measure].slice(from)) };
}

/* What the server remembers of one GPU; null: of all that the host has. */
export function historyOf(recent: Recent, uuid: string | null): History {
	const gpus = recent.gpus.filter((gpu) => uuid === null || gpu.uuid === uuid);
	const at = (measure: Measure, place: number) =>
		gpus.map((gpu) => ({ [measure]: gpu[measure][place] ?? null }) as unknown as Reading);
	return trimmed({
		times: recent.times,
		values: each((measure) => recent.times.map((_, place) => together(at(measure, place), measure))),
	});
}

/* Another sample; the same one, or an older, changes nothing. */
export function withSample(history: History, time: number, readings: readonly Reading[]): History {
	const { times, values } = history;
	if (time <= (times.at(-1) ?? -Infinity)) return history;
	return trimmed({ times: [...times, time], values: each((measure) => [...values[measure], together(readings, measure)]) });
}

/* What was told before, and what came in the meantime. */
export function joined(before: History, after: History): History {
	const last = before.times.at(-1) ?? -Infinity;
	const from = after.times.findIndex((time) => time > last);
	if (from < 0) return before;
	return trimmed({
		times: [...before.times, ...after.times.slice(from)],
		values: each((measure) => [...before.values[measure], ...after.values[measure].slice(from)]),
	});
}

/* With a moment of nothing wherever samples are missing: `interval` seconds are between two of them as a rule. */
export function withGaps(history: History, interval: number): History {
	const longest = Math.max(2.5 * interval, interval + 5);
	const times: number[] = [];
	const places: (number | null)[] = [];
	history.times.forEach((time, place) => {
		const last = times.at(-1);
		if (last !== undefined && time - last > longest) {
			times.push(last + interval);
			places.push(null);
		}
		times.push(time);
		places.push(place);
	});
	const pick = (of: readonly (number | null)[]) => places.map((place) => (place === null ? null : (of[place] ?? null)));
	return { times, values: each((measure) => pick(history.values[measure])) };
}

export interface Extent {
	least: number;
	most: number;
}

export function extentOf(values: readonly (number | null)[]): Extent | null {
	const told = values.filter((value) => value !== null);
	return told.length > 0 ? { least: Math.min(...told), most: Math.max(...told) } : null;
}
