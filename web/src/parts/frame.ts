/* frame: work that can wait until what there is now has been drawn. */
import { batch } from '@preact/signals';

/* Calls `work` after the next frame, in a task of its own; never while nobody looks. Returns what calls it off. */
export function afterFrame(work: () => void): () => void {
	let timer: ReturnType<typeof setTimeout> | undefined;
	const frame = requestAnimationFrame(() => (timer = setTimeout(work)));
	return () => {
		cancelAnimationFrame(frame);
		clearTimeout(timer);
	};
}

/*
 * A queue of jobs of which so many are done in each frame, in the order in which they came. One that waits already does not come twice. What
 * it returns takes a job in.
 */
export function queueOf(perFrame: number): (job: () => void) => void {
	const jobs = new Set<() => void>();

	function work(): void {
		const lot = [...jobs].slice(0, perFrame);
		lot.forEach((job) => jobs.delete(job));
		try {
			batch(() => lot.forEach((job) => job()));
		} finally {
			if (jobs.size > 0) afterFrame(work);
		}
	}
	return (job) => {
		if (jobs.size === 0) afterFrame(work);
		jobs.add(job);
	};
}
