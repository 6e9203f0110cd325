/*
 * worker: the far end of remote.ts, in a SharedWorker: one stream for all tabs, because a browser opens only six connections to a server.
 *
 * The browser keeps the worker as long as one tab is open, so no tab has to lead and none to take over. Only tabs that are looked at are
 * told anything; when nobody looks for a while, the connection is closed.
 */
import { Stream, type StreamEvent } from './stream';

/* What a tab says: that it is looked at (again every few seconds), or no longer. */
export type TabMessage = 'awake' | 'here' | 'asleep';

export const TAB_SPEAKS_EVERY = 20_000; // ms
const TAB_IS_GONE_AFTER = 3 * TAB_SPEAKS_EVERY; // one that crashed says no goodbye
const NOBODY_LOOKS = 60_000;

/* What TypeScript's DOM library, made for pages, leaves out. */
export interface WorkerScope {
	location: Location;
	onconnect: ((event: MessageEvent) => void) | null;
}

export function startWorker(scope: WorkerScope): void {
	const heard = new Map<MessagePort, number>(); // the tabs looked at, and when they last spoke
	const stream = new Stream(new URL('..', scope.location.href), tellAll);
	let emptySince = Date.now();

	function tellAll(event: StreamEvent): void {
		for (const port of heard.keys()) port.postMessage(event);
	}

	function hear(port: MessagePort, message: TabMessage): void {
		if (message === 'asleep') {
			heard.delete(port);
			if (heard.size === 0) emptySince = Date.now();
			return;
		}
		if (message === 'awake' || !heard.has(port)) {
			stream.start();
			if (stream.snapshot) port.postMessage({ type: 'snapshot', snapshot: stream.snapshot });
		}
		heard.set(port, Date.now());
		port.postMessage({ type: 'link', link: stream.link });
	}

	setInterval(() => {
		for (const [port, time] of heard) if (Date.now() - time > TAB_IS_GONE_AFTER) hear(port, 'asleep');
		if (heard.size === 0 && Date.now() - emptySince > NOBODY_LOOKS) stream.stop();
	}, TAB_SPEAKS_EVERY);

	scope.onconnect = ({ ports: [port] }) => {
		if (port) port.onmessage = ({ data }: MessageEvent<TabMessage>) => hear(port, data);
	};
}
