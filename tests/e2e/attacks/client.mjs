// A client that does what no library would: half requests, no reading, closing half.
import net from 'node:net';
import { within } from '../../lab/lab.mjs';

export class Client {
	/** All that came, when it is read. */
	got = '';
	/** @type {'open' | 'ended' | 'reset'} */
	state = 'open';
	/** @type {Set<() => void>} */
	#watchers = new Set();

	/** @param {net.Socket} socket */
	constructor(socket) {
		this.socket = socket;
		socket.on('data', (piece) => {
			this.got += piece.toString('latin1');
			this.#wake();
		});
		socket.on('end', () => this.#finish('ended'));
		socket.on('error', () => this.#finish('reset'));
		socket.on('close', () => this.#finish('ended'));
	}

	/** @param {'ended' | 'reset'} state */
	#finish(state) {
		if (this.state === 'open')
			this.state = state;
		this.#wake();
	}

	#wake() {
		for (const watcher of this.#watchers)
			watcher();
	}

	/**
	 * Until it is so. A connection that ends before is an error.
	 *
	 * @param {() => unknown} condition
	 * @param {string} what
	 */
	async until(condition, what) {
		/** @type {() => void} */
		let watcher = () => {};
		const met = new Promise((resolve, reject) => {
			watcher = () => {
				if (condition())
					resolve(undefined);
				else if (this.state !== 'open')
					reject(new Error(`${this.state} before ${what}; it said ${JSON.stringify(this.got.slice(-500))}`));
			};
			this.#watchers.add(watcher);
			watcher();
		});
		try {
			await within(met, what);
		} finally {
			this.#watchers.delete(watcher);
		}
	}

	/** Until the server has closed, one way or the other. */
	async closed() {
		await this.until(() => this.state !== 'open', 'the end of the connection');
		return this.state;
	}

	/** @param {string | Buffer} bytes */
	send(bytes) {
		this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
	}

	close() {
		this.socket.destroy();
	}
}

/**
 * @param {string} url  "http://127.0.0.1:5000/" or "unix:/run/sock"
 * @param {{reading?: boolean}} [options]
 * @returns {Promise<Client>}
 */
export async function connect(url, { reading = true } = {}) {
	const target = url.startsWith('unix:') ? { path: url.slice(5) } : tcp(new URL(url));
	const socket = net.connect({ ...target, allowHalfOpen: true });
	if (!reading)
		socket.pause();
	await within(new Promise((resolve, reject) => {
		socket.once('connect', () => resolve(undefined));
		socket.once('error', reject);
	}), `a connection to ${url}`);
	const client = new Client(socket);
	if (!reading)
		socket.pause(); // listening for data has started it
	return client;
}

/** @param {URL} url */
const tcp = (url) => ({ host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) });

/**
 * @typedef {object} Reply
 * @property {number} status
 * @property {string} head
 * @property {string} body
 */

/**
 * Cuts what came into replies; each says its length, or is the last.
 *
 * @param {string} text
 * @param {{head?: boolean}} [options]  `head`: these answer HEAD
 * @returns {Reply[]}
 */
export function replies(text, { head: bodiless = false } = {}) {
	/** @type {Reply[]} */
	const all = [];
	for (let rest = text; rest.includes('\r\n\r\n');) {
		const end = rest.indexOf('\r\n\r\n') + 4;
		const head = rest.slice(0, end);
		const length = /^content-length: (\d+)\r$/im.exec(head)?.[1];
		const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
		const size = bodiless || status === 304 ? 0 : length === undefined ? rest.length : Number(length);
		if (rest.length < end + size && length !== undefined)
			break;
		all.push({ status, head, body: rest.slice(end, end + size) });
		rest = rest.slice(end + size);
	}
	return all;
}

/**
 * Sends, and takes all that comes until the server closes.
 *
 * @param {string} url
 * @param {string} bytes
 */
export async function exchange(url, bytes) {
	const client = await connect(url);
	client.send(bytes);
	await client.closed();
	client.close();
	return client.got;
}

/**
 * @param {string} path
 * @param {string[]} [headers]
 */
export const request = (path, headers = []) => `GET ${path} HTTP/1.1\r\n${['Host: localhost', ...headers].join('\r\n')}\r\n\r\n`;
