/* lists: processes and GPUs in order, counted, and with keys. */
import type { Gpu, Process } from './types';

/* Largest first, so that the one that counts is in sight. Whole GiB, so that rows do not change places all the time. */
export function bySize(processes: readonly Process[]): Process[] {
	const size = (process: Process) => Math.round((process.memory ?? 0) / 2 ** 30);
	return [...processes].sort((a, b) => size(b) - size(a) || (a.pid ?? 0) - (b.pid ?? 0));
}

/* "8 × NVIDIA A100-SXM4-80GB", in the order in which they stand in the host. null: not known. */
export function modelsOf(gpus: readonly Gpu[]): { name: string | null; count: number }[] {
	const counts = new Map<string | null, number>();
	for (const gpu of gpus) {
		counts.set(gpu.name, (counts.get(gpu.name) ?? 0) + 1);
	}
	return [...counts].map(([name, count]) => ({ name, count }));
}

/* For each GPU of a host, what it is told apart by. */
export function gpuKeys(gpus: readonly Gpu[]): string[] {
	return keysOf(gpus.map(({ uuid, bus_id, index }) => uuid ?? bus_id ?? index));
}

/* Keys that stay with their thing from sample to sample. A name that stands twice, or is not known, is told apart by its place. */
export function keysOf(names: readonly (string | number | null)[]): string[] {
	const seen = new Set<string>();
	return names.map((name, place) => {
		const key = name === null || seen.has(String(name)) ? `${name}#${place}` : String(name);
		seen.add(key);
		return key;
	});
}
