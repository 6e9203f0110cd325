/* product: what a GPU is sold as. */
import type { Gpu } from './types';

export const HOT = 85; // degrees Celsius: where most GPUs begin to slow down

const shortNames = new Map<string, string>();
const MANY_NAMES = 1000;

/* "A100" of "NVIDIA A100-SXM4-80GB", "RTX 3090" of "NVIDIA GeForce RTX 3090": without its maker, its slot and its memory. */
export function shortModel(name: string): string {
	let short = shortNames.get(name);
	if (short !== undefined) return short;
	short = name
		.replace(/\b(NVIDIA|GeForce|Quadro|Tesla|Generation)\b/g, '')
		.replace(/[- ](SXM\d?|PCIE|HBM\d\w?|\d+ ?GB)(?![\w])/gi, '')
		.replace(/\s+/g, ' ')
		.trim();
	if (shortNames.size >= MANY_NAMES) shortNames.clear();
	shortNames.set(name, short ||= name);
	return short;
}

/* What cards are sold with, in GB. The driver keeps some of it back, and a GB of a maker is not always one of the driver. */
const SIZES = [2, 3, 4, 6, 8, 10, 11, 12, 16, 20, 24, 32, 40, 48, 64, 80, 94, 96, 128, 141, 180, 192, 288];

/* How much memory it has by its data sheet: 24 for the 22.5 GiB of an A10, 48 for the 45 GiB of an L40S. null: not known. */
export function sizeOf({ memory_total }: Pick<Gpu, 'memory_total'>): number | null {
	if (!memory_total) return null;
	const gib = memory_total / 2 ** 30;
	const size = SIZES.find((it) => it >= 0.99 * gib);
	return size !== undefined && gib > 0.9 * size ? size : Math.round(gib);
}
