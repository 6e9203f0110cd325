/*
 * remote: the page's end of the connection to the server.
 *
 * All tabs share one stream through a SharedWorker (worker.ts, in the same script). Where the browser has none, or it does not answer, the
 * page has a stream of its own. A tab that nobody looks at hears nothing and does nothing.
 */
import { Stream, type StreamEvent } from './stream';
import { TAB_SPEAKS_EVERY, type TabMessage } from './worker';

const NO_ANSWER = 5000; // ms

/* One of the two ways to the server. */
interface Way {
	wake(): void;
	sleep(): void;
}

function ownStream(base: URL, tell: (event: StreamEvent) => void): Way {
	const stream = new Stream(base, tell);
	return { wake: () => stream.start(), sleep: () => stream.stop() };
}

/* `fail` is called when the worker does not answer; it is not used any more then. */
function sharedStream(script: string, tell: (event: StreamEvent) => void, fail: () => void): Way {
	const worker = new SharedWorker(script, { name: 'nvwebmon' });
	let beat: ReturnType<typeof setInterval> | undefined;
	let doubt: ReturnType<typeof setTimeout> | undefined;

	function end(): void {
		clearInterval(beat);
		clearTimeout(doubt);
		doubt = undefined;
	}
	function giveUp(): void {
		end();
		worker.port.close();
		fail();
	}
	function say(message: TabMessage): void {
		worker.port.postMessage(message);
		if (message !== 'asleep') doubt ??= setTimeout(giveUp, NO_ANSWER);
	}
	worker.onerror = giveUp;
	worker.port.onmessage = ({ data }: MessageEvent<StreamEvent>) => {
		clearTimeout(doubt);
		doubt = undefined;
		tell(data);
	};
	return {
		wake() {
			end();
			say('awake');
			beat = setInterval(() => say('here'), TAB_SPEAKS_EVERY);
		},
		sleep() {
			end();
			say('asleep');
		},
	};
}

/* Follows the server for as long as the page lives. `script`: the address of this very script; the page's directory is one above it. */
export function follow(script: string, tell: (event: StreamEvent) => void): void {
	const base = new URL('..', script);
	let way: Way;

	function look(): void {
		if (document.visibilityState === 'visible') way.wake();
		else way.sleep();
	}
	function alone(): void {
		way = ownStream(base, tell);
		look();
	}

	try {
		way = sharedStream(script, tell, alone);
		look();
	} catch {
		alone();
	}
	document.addEventListener('visibilitychange', look);
	window.addEventListener('pageshow', (event) => event.persisted && look());
}
