/*
 * stream: the one connection to the server, and what came over it so far.
 *
 * Runs in the worker that all tabs share, or in the page itself where there is no such worker. It tells about every event, and keeps the
 * snapshot up to date for those who join later.
 */
import { mergeHosts, type Host, type Snapshot } from '../model/types';

/*
 * lost: since when there was no word, Unix milliseconds by this machine's clock. skew: how far the server's clock is ahead, in seconds.
 * restarted: when it was seen last that the server had begun anew; null: never.
 */
export interface Link {
	state: 'connecting' | 'live' | 'lost';
	since: number;
	skew: number;
	restarted: number | null;
}

export type StreamEvent =
	{ type: 'snapshot'; snapshot: Snapshot } | { type: 'hosts'; hosts: Host[] } | { type: 'link'; link: Link };

const FIRST_WAIT = 1000; // ms until the first new attempt, doubled with each that fails
const LONGEST_WAIT = 15_000;
const LOOK_AFTER = 2000; // how often it is checked that the server still speaks
const SILENCE = 75_000; // a server whose hosts are all away speaks once a minute
const GRACE = 5000; // that the server gives a host whose sample is overdue
const ON_THE_WAY = 5000;
const SAME_CLOCK = 2; // seconds: the Date header tells no better

/*
 * How long a server that is well may say nothing, in ms. Of each host that was fine it tells the next sample, or that it is late, so that what is
 * shown as fresh is never much older than the server would have it.
 */
function longestSilence({ hosts, interval }: Snapshot): number {
	const fine = hosts.filter(({ state }) => state === 'ok');
	if (fine.length === 0) return Math.max(SILENCE, 3000 * interval);
	const slowest = fine.reduce((most, { sample_ms: ms }) => Math.max(most, ms ?? 0), 0);
	return 2000 * interval + GRACE + slowest + ON_THE_WAY;
}

export class Stream {
	snapshot: Snapshot | null = null;
	link: Link = { state: 'connecting', since: Date.now(), skew: 0, restarted: null };
	private generation = 0; // that this end knows, as the server counts
	private source: EventSource | null = null;
	private retry: ReturnType<typeof setTimeout> | undefined;
	private watchdog: ReturnType<typeof setInterval> | undefined;
	private wait = FIRST_WAIT;
	private lastWord = 0;

	/* `base`: the page's directory, whatever path a proxy put it under. */
	constructor(
		private readonly base: URL,
		private readonly tell: (event: StreamEvent) => void,
	) {}

	/* Does nothing when it runs already. */
	start(): void {
		if (this.watchdog !== undefined) return;
		this.watchdog = setInterval(() => this.lookAfter(), LOOK_AFTER);
		this.wait = FIRST_WAIT;
		this.open();
	}

	stop(): void {
		clearInterval(this.watchdog);
		clearTimeout(this.retry);
		this.watchdog = undefined;
		this.source?.close();
		this.source = null;
		if (this.link.state === 'live') this.setLink({ state: 'connecting', since: Date.now() });
	}

	private open(): void {
		const source = new EventSource(new URL('api/v1/events', this.base));
		this.source?.close();
		this.source = source;
		this.lastWord = Date.now();
		source.onerror = () => this.lose();
		source.addEventListener('snapshot', (event) =>
			this.receive(source, event, (text) => this.takeSnapshot(JSON.parse(text) as Snapshot)),
		);
		source.addEventListener('hosts', (event) =>
			this.receive(source, event, (text) => this.takeHosts(JSON.parse(text) as Host[])),
		);
	}

	/* An event that cannot be read means that this end knows something wrong from now on: begin anew. */
	private receive(source: EventSource, event: MessageEvent<string>, take: (text: string) => void): void {
		if (source !== this.source) return;
		this.lastWord = Date.now();
		try {
			take(event.data);
			this.count(Number(event.lastEventId));
		} catch (error) {
			console.error('an event that cannot be read', error);
			this.lose();
		}
	}

	private takeSnapshot(snapshot: Snapshot): void {
		this.snapshot = snapshot;
		this.wait = FIRST_WAIT;
		this.tell({ type: 'snapshot', snapshot });
		if (this.link.state !== 'live') {
			this.setLink({ state: 'live', since: Date.now() });
			void this.compareClocks();
		}
	}

	/* It grows as long as the server runs. */
	private count(generation: number): void {
		if (generation < this.generation) this.setLink({ restarted: Date.now() });
		this.generation = generation;
	}

	private takeHosts(hosts: Host[]): void {
		if (!this.snapshot) return;
		this.snapshot = { ...this.snapshot, hosts: mergeHosts(this.snapshot.hosts, hosts) };
		this.tell({ type: 'hosts', hosts });
	}

	/* EventSource would come back by itself after some errors and give up after others. Here is one way for all of them. */
	private lose(): void {
		this.source?.close();
		this.source = null;
		clearTimeout(this.retry);
		if (this.watchdog === undefined) return;
		this.retry = setTimeout(() => this.open(), this.wait * (0.5 + Math.random() / 2));
		this.wait = Math.min(LONGEST_WAIT, 2 * this.wait);
		if (this.link.state !== 'lost') this.setLink({ state: 'lost', since: Date.now() });
	}

	/* A connection can die without a word: a laptop that slept, a network that changed. */
	private lookAfter(): void {
		// The first word of a new connection is a long one, and may take its time.
		const limit = this.snapshot && this.link.state === 'live' ? longestSilence(this.snapshot) : SILENCE;
		if (!this.source || Date.now() - this.lastWord < limit) return;
		if (this.link.state === 'live') this.setLink({ state: 'lost', since: this.lastWord });
		this.open();
	}

	private setLink(change: Partial<Link>): void {
		this.link = { ...this.link, ...change };
		this.tell({ type: 'link', link: this.link });
	}

	/* The viewer's clock may be wrong; ages are told by the server's. Every HTTP reply has a Date. */
	private async compareClocks(): Promise<void> {
		try {
			const asked = Date.now();
			const reply = await fetch(new URL('healthz', this.base), { method: 'HEAD', cache: 'no-store' });
			const date = Date.parse(reply.headers.get('date') ?? '');
			const skew = (date + 500 - (asked + Date.now()) / 2) / 1000;
			if (Number.isFinite(skew)) this.setLink({ skew: Math.abs(skew) < SAME_CLOCK ? 0 : skew });
		} catch {
			// The stream itself tells when the server is gone.
		}
	}
}
