/* enclosed: what the server has put into the page itself, so that the first drawing has something to show without another round trip. */
import type { Snapshot } from '../model/types';

/* Whether the server has just said it: else it is what the browser had kept. */
export function isFromServer(): boolean {
	const [visit] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
	return visit !== undefined && visit.transferSize > 0 && visit.transferSize >= visit.encodedBodySize; // less: that nothing has changed
}

/* null: nothing, as when it would have been too much. */
export function enclosedSnapshot(): Snapshot | null {
	const text = document.getElementById('snapshot')?.textContent;
	if (!text) return null;
	try {
		return JSON.parse(text) as Snapshot;
	} catch (error) {
		console.warn('the snapshot in the page cannot be read', error);
		return null;
	}
}
