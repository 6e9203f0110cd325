// An HTTP client for the tests: one request, and a reader of Server-Sent Events (node 18 has none).
import http from 'node:http';
import { within } from './wait.mjs';

/** @typedef {{status: number, headers: http.IncomingHttpHeaders, body: string, raw: Buffer}} Reply */
/** @typedef {{event: string, data: any, id: string}} LiveEvent  `data` is parsed JSON */

/**
 * One request, its whole reply. A path is sent as it is, so that tests can send odd ones.
 *
 * @param {string} base  "http://127.0.0.1:5000/" or "unix:/run/sock"
 * @param {string} path
 * @param {http.RequestOptions & {body?: string}} [options]
 * @returns {Promise<Reply>}
 */
export function get(base, path, options = {}) {
	return within(new Promise((resolve, reject) => {
		const request = http.request({ ...target(base), path, agent: false, ...options }, (response) => {
			/** @type {Buffer[]} */
			const pieces = [];
			response.on('data', (piece) => pieces.push(piece));
			response.on('error', reject);
			response.on('end', () => {
				const raw = Buffer.concat(pieces);
				resolve({ status: response.statusCode ?? 0, headers: response.headers, body: raw.toString(), raw });
			});
		});
		request.on('error', reject);
		request.end(options.body);
	}), `GET ${path}`);
}

/** @param {string} base */
function target(base) {
	if (base.startsWith('unix:'))
		return { socketPath: base.slice(5), host: 'localhost' };
	const url = new URL(base);
	return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port };
}

/**
 * Cuts a stream of Server-Sent Events into events (HTML standard, 9.2.6), as far as our server writes them.
 */
export class EventParser {
	#rest = '';

	/**
	 * @param {string} text
	 * @returns {LiveEvent[]}
	 */
	add(text) {
		const blocks = (this.#rest + text).split('\n\n');
		this.#rest = blocks.pop() ?? '';
		return blocks.map((block) => this.#parse(block)).filter((event) => event.data !== undefined);
	}

	/**
	 * @param {string} block
	 * @returns {LiveEvent}
	 */
	#parse(block) {
		/** @type {Record<string, string[]>} */
		const fields = {};
		for (const line of block.split('\n')) {
			const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
			if (name)
				(fields[name] ??= []).push(value ?? '');
		}
		const data = fields.data?.join('\n');
		return { event: fields.event?.[0] ?? 'message', id: fields.id?.[0] ?? '', data: data === undefined ? undefined : JSON.parse(data) };
	}
}

/** A reader of `/api/v1/events`. */
export class Events {
	/** @type {LiveEvent[]} all that came, but for those that were forgotten */
	all = [];
	/** @type {http.IncomingMessage | null} */
	response = null;
	closed = false;
	#taken = 0;
	/** @type {(() => void)[]} */
	#waiting = [];
	/** @type {http.ClientRequest} */
	#request;

	/**
	 * @param {string} base
	 * @param {{path?: string, headers?: http.OutgoingHttpHeaders}} [options]
	 */
	constructor(base, { path = '/api/v1/events', headers = {} } = {}) {
		const parser = new EventParser();
		// As a browser asks.
		const asked = { Accept: 'text/event-stream', Connection: 'keep-alive', ...headers };
		this.#request = http.request({ ...target(base), path, agent: false, headers: asked });
		this.#request.on('response', (response) => {
			this.response = response;
			response.setEncoding('utf8');
			response.on('data', (text) => {
				this.all.push(...parser.add(text));
				this.#wake();
			});
			response.on('close', () => this.#end());
			response.on('error', () => this.#end());
		});
		this.#request.on('error', () => this.#end());
		this.#request.end();
	}

	#end() {
		this.closed = true;
		this.#wake();
	}

	#wake() {
		for (const wake of this.#waiting.splice(0))
			wake();
	}

	/**
	 * The next event, in order; waits for it.
	 *
	 * @returns {Promise<LiveEvent>}
	 */
	async next() {
		for (;;) {
			const event = this.all[this.#taken];
			if (event) {
				this.#taken++;
				return event;
			}
			if (this.closed)
				throw new Error(`the stream of events has ended (status ${this.response?.statusCode ?? 'unknown'})`);
			await within(new Promise((resolve) => this.#waiting.push(() => resolve(undefined))), 'the next event');
		}
	}

	/** Lets go of the events that next() has given. */
	forget() {
		this.all.splice(0, this.#taken);
		this.#taken = 0;
	}

	/**
	 * The first event, from the next on, that is as wanted.
	 *
	 * @param {(event: LiveEvent) => unknown} predicate
	 * @returns {Promise<LiveEvent>}
	 */
	async find(predicate) {
		for (;;) {
			const event = await this.next();
			if (predicate(event))
				return event;
		}
	}

	close() {
		this.#request.destroy();
	}
}
