// The HTTP side alone (tests/unit/http_server.c), started with the limits a test wants and told what to do.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { nvwebmon, within } from '../../lab/lab.mjs';

/** Built beside the program. */
export const httpServer = path.resolve(path.dirname(nvwebmon), '../bench/http_server');

/**
 * @param {string} dir  of /proc/PID
 * @param {string} file
 * @param {RegExp} pattern
 */
const number = (dir, file, pattern) => Number(pattern.exec(fs.readFileSync(`${dir}/${file}`, 'utf8'))?.[1] ?? NaN);

export class HttpServer {
	/** @type {string[]} */
	urls = [];
	stderr = '';
	/** @type {import('node:child_process').ChildProcess} */
	child;
	/** @type {Promise<number | NodeJS.Signals | null>} */
	ended;

	/** @param {import('node:child_process').ChildProcess} child */
	constructor(child) {
		this.child = child;
		child.stderr?.setEncoding('utf8').on('data', (text) => (this.stderr += text));
		this.ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)));
	}

	/** The first URL. */
	get url() {
		return this.urls[0] ?? '';
	}

	get pid() {
		return this.child.pid ?? 0;
	}

	/** @param {string} text  "change 1", "layout" */
	tell(text) {
		this.child.stdin?.write(`${text}\n`);
	}

	/** Descriptors that are sockets. */
	sockets() {
		return fs.readdirSync(`/proc/${this.pid}/fd`).filter((fd) => {
			try {
				return fs.readlinkSync(`/proc/${this.pid}/fd/${fd}`).startsWith('socket:');
			} catch {
				return false; // closed meanwhile
			}
		}).length;
	}

	/** Resident memory, kB. */
	rss() {
		return number(`/proc/${this.pid}`, 'status', /^VmRSS:\s+(\d+) kB/m);
	}

	/** CPU it has had, ms. */
	cpu() {
		return number(`/proc/${this.pid}`, 'schedstat', /^(\d+) /) / 1e6;
	}

	/** Ends it as it should be ended; everything else than a clean end is an error. */
	async stop() {
		this.child.stdin?.end('stop\n');
		const code = await within(this.ended, 'the end of the server');
		if (code !== 0)
			throw new Error(`the server ended with ${code}: ${this.stderr}`);
	}
}

/**
 * @param {string[]} args  KEY=VALUE and addresses to listen on; 127.0.0.1:0 when there is none
 * @param {{descriptors?: number, env?: Record<string, string>, command?: string[]}} [options]  `descriptors`: its limit;
 *     `command`: what starts it
 * @returns {Promise<HttpServer>}
 */
export async function startHttpServer(args = [], { descriptors, env = {}, command = [] } = {}) {
	const listen = args.some((arg) => !arg.includes('=')) || command.length > 0 ? [] : ['127.0.0.1:0'];
	const limit = descriptors ? ['sh', '-c', `ulimit -n ${descriptors}; exec "$@"`, 'sh'] : [];
	const [program = '', ...rest] = [...limit, ...command, httpServer, ...args, ...listen];
	const child = spawn(program, rest, {
		stdio: ['pipe', 'pipe', 'pipe'],
		env: { ...process.env, ...(descriptors ? { KEEP_LIMIT: '1' } : {}), ...env },
	});
	const server = new HttpServer(child);
	const ready = new Promise((resolve, reject) => {
		child.on('error', reject);
		createInterface({ input: /** @type {NodeJS.ReadableStream} */ (child.stdout) }).on('line', (line) => {
			if (line === 'ready')
				resolve(undefined);
			else
				server.urls.push(line);
		});
		server.ended.then((code) => reject(new Error(`the server ended with ${code}: ${server.stderr}`)));
	});
	await within(ready, 'the start of the server');
	return server;
}
