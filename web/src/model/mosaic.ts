/* mosaic: what the map shows of a GPU, and how large its squares can be. */
import type { Gpu } from './types';
import { memoryPercent } from './use';

export const MEASURES = ['utilization', 'memory', 'temperature', 'power', 'user'] as const;
export type Measure = (typeof MEASURES)[number];

export const LEVELS = 8; // steps of lightness, of which 0 is the darkest
const COLD = 30; // degrees Celsius
const HOT = 90;

/* Percent of what it can be; null: not known. */
function percentOf(gpu: Gpu, measure: Measure): number | null {
	if (measure === 'memory') return memoryPercent(gpu);
	if (measure === 'temperature') return gpu.temperature === null ? null : (100 * (gpu.temperature - COLD)) / (HOT - COLD);
	if (measure === 'power') return gpu.power === null || !gpu.power_limit ? null : (100 * gpu.power) / gpu.power_limit;
	return gpu.utilization;
}

/* 0 to LEVELS - 1. */
export function levelOf(gpu: Gpu, measure: Measure): number | null {
	const value = percentOf(gpu, measure);
	return value === null ? null : Math.round((Math.min(100, Math.max(0, value)) / 100) * (LEVELS - 1));
}

export const COLOURS = 8; // of people; then the same ones hatched in one way, then in another
const SLOTS = 3 * COLOURS;

function hash(text: string): number {
	let sum = 7;
	for (const letter of text) sum = (sum * 31 + letter.codePointAt(0)!) >>> 0;
	return sum;
}

/* Who has which colour: by the name, so that it is mostly the same tomorrow; the next one where two names would share it. */
export function personSlots(users: readonly string[]): Map<string, number> {
	const slots = new Map<string, number>();
	const taken = new Set<number>();
	for (const user of [...new Set(users)].sort()) {
		let slot = hash(user) % COLOURS;
		while (taken.size < SLOTS && taken.has(slot)) slot = (slot + 1) % SLOTS;
		taken.add(slot);
		slots.set(user, slot);
	}
	return slots;
}

/* How the map is laid out, in pixels. `across`: squares side by side in a host. */
export interface Layout {
	square: number;
	gap: number;
	across: number;
	named: boolean; // whether there is room for the hosts' names
	width: number; // of a host
}

const NAME_HEIGHT = 17;
const NAMED_WIDTH = 72; // at least, or the names are only beginnings of names
const LARGEST = 34;
const LARGEST_UNNAMED = 12;
const SMALLEST_NAMED = 8;
const SMALLEST = 6;

/* Between hosts. */
export const rowGap = ({ square, named }: Layout) => (named ? 9 : Math.max(3, Math.floor(square / 2)));
export const columnGap = ({ square, named }: Layout) => (named ? 14 : Math.max(4, Math.round(square / 2)));

function layoutOf(square: number, named: boolean, across: number): Layout {
	const gap = square >= 14 ? 3 : square >= 9 ? 2 : 1;
	const squares = across * (square + gap) - gap;
	return { square, gap, across, named, width: named ? Math.max(NAMED_WIDTH, squares) : squares };
}

/* Hosts stand in rows, each as high as its highest host. */
function heightOf(layout: Layout, counts: readonly number[], width: number): number {
	const beside = Math.max(1, Math.floor((width + columnGap(layout)) / (layout.width + columnGap(layout))));
	let height = 0;
	for (let first = 0; first < counts.length; first += beside) {
		const most = Math.max(...counts.slice(first, first + beside));
		const lines = Math.ceil(most / layout.across);
		height += lines * (layout.square + layout.gap) + (layout.named ? NAME_HEIGHT : 0) + rowGap(layout);
	}
	return height;
}

/* The largest squares with which all hosts (`counts`: of their squares) fit into the room; names are worth more than size. Where they cannot, one scrolls. */
export function layOut(counts: readonly number[], width: number, height: number): Layout {
	const across = Math.min(8, Math.max(1, ...counts));
	const candidates = [
		...sizes(LARGEST, SMALLEST_NAMED).map((square) => layoutOf(square, true, across)),
		...sizes(LARGEST_UNNAMED, SMALLEST).map((square) => layoutOf(square, false, across)),
	];
	const fits = (layout: Layout) => layout.width <= width && heightOf(layout, counts, width) <= height;
	return candidates.find(fits) ?? layoutOf(SMALLEST_NAMED, false, across);
}

const sizes = (largest: number, smallest: number) => Array.from({ length: largest - smallest + 1 }, (_, i) => largest - i);
