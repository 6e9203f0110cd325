// The server under test: the real binary, started, asked and ended.
import { spawn } from 'node:child_process';
import { Events, get } from './client.mjs';
import { until, within } from './wait.mjs';

/**
 * @typedef {object} ServerOptions
 * @property {string} binary
 * @property {string[]} [args]        of `nvwebmon`; "serve" is put before them
 * @property {string[]} [enter]       what to put before all, to start it elsewhere; execs it, so that the PID is its own
 * @property {Record<string, string>} [env]
 * @property {string} [cwd]
 * @property {RegExp} [ready]         what it says on stderr when it listens; its first group is the URL
 * @property {(pid: number) => () => void} [guard]  told of the process; gives what to call when it has ended
 */

export class Server {
	url = '';
	/** Everything it said on stderr. */
	stderr = '';
	/** @type {number | null} */
	code = null;
	/** @type {NodeJS.Signals | null} */
	signal = null;
	/** @type {any} */
	#last = null;

	/** @param {ServerOptions} options */
	constructor({ binary, args = [], enter = [], env = {}, cwd, ready = /(http:\/\/\S+\/|unix:\S+(?=\n))/, guard }) {
		const [program = '', ...rest] = [...enter, binary, 'serve', ...args];
		this.child = spawn(program, rest, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'pipe'] });
		const release = this.child.pid && guard ? guard(this.child.pid) : () => {};
		this.child.stderr.setEncoding('utf8');
		this.child.stderr.on('data', (text) => {
			this.stderr += text;
			this.url ||= ready.exec(this.stderr)?.[1] ?? '';
		});
		/** @type {Promise<number | null>} its exit status, null when a signal ended it */
		this.exited = new Promise((resolve, reject) => {
			this.child.on('error', reject);
			this.child.on('close', (code, signal) => {
				release();
				this.code = code;
				this.signal = signal;
				resolve(code);
			});
		});
		this.exited.catch(() => {});
	}

	get pid() {
		return this.child.pid ?? 0;
	}

	get running() {
		return this.child.exitCode === null && this.child.signalCode === null;
	}

	/** Waits until it listens. */
	async ready() {
		await Promise.race([this.exited, until(() => this.url !== '' || !this.running, 'the server says where it listens')]);
		if (!this.url)
			throw new Error(`the server ended with ${this.code ?? this.signal}:\n${this.stderr}`);
		return this;
	}

	/**
	 * @param {string} path
	 * @param {import('node:http').RequestOptions} [options]
	 */
	get(path, options) {
		return get(this.url, path, options);
	}

	/** What the server knows now. */
	async snapshot() {
		const reply = await this.get('/api/v1/snapshot');
		if (reply.status !== 200)
			throw new Error(`snapshot: ${reply.status} ${reply.body}`);
		return JSON.parse(reply.body);
	}

	/**
	 * Polls the snapshot until the predicate holds; gives that snapshot.
	 *
	 * @param {(snapshot: any) => unknown} predicate
	 * @param {string} what
	 * @param {{seconds?: number}} [options]
	 */
	async waitFor(predicate, what, options = {}) {
		const ask = async () => {
			if (!this.running)
				throw new Error(`the server is gone (${this.code ?? this.signal}), waiting for: ${what}\n${this.stderr}`);
			this.#last = await this.snapshot();
			return predicate(this.#last);
		};
		try {
			await until(ask, what, options);
		} catch (error) {
			const state = JSON.stringify(this.#last, null, 1);
			throw new Error(`${/** @type {Error} */ (error).message}\nthe last snapshot: ${state}\nstderr:\n${this.stderr.slice(-4000)}`);
		}
		return this.#last;
	}

	/**
	 * Waits for one host.
	 *
	 * @param {string} name
	 * @param {(host: any) => unknown} predicate
	 * @param {string} what
	 * @param {{seconds?: number}} [options]
	 */
	async waitForHost(name, predicate, what, options) {
		/** @param {any} snapshot */
		const find = (snapshot) => snapshot.hosts.find((/** @type {any} */ host) => host.name === name);
		const snapshot = await this.waitFor((now) => {
			const host = find(now);
			return host && predicate(host);
		}, `${name}: ${what}`, options);
		return find(snapshot);
	}

	/** @param {{path?: string, headers?: import('node:http').OutgoingHttpHeaders}} [options] */
	events(options) {
		return new Events(this.url, options);
	}

	/** @param {NodeJS.Signals} [signal] */
	async kill(signal = 'SIGKILL') {
		this.child.kill(signal);
		return within(this.exited, `the server ends by ${signal}`);
	}

	/** Ends it as systemd would, and gives its exit status. A server that does not end is killed, and that is an error. */
	async stop() {
		this.child.kill('SIGTERM');
		try {
			return await within(this.exited, 'the server ends by SIGTERM', 30);
		} catch (error) {
			await this.kill();
			throw error;
		}
	}
}

/**
 * Starts a server and waits until it listens.
 *
 * @param {ServerOptions} options
 */
export function startServer(options) {
	return new Server(options).ready();
}
