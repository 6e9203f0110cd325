/*
 * mock-server: serves the built page and says what a test tells it to say, for states that are hard to make with the real server.
 *
 * By itself, `node mock-server.mjs [PORT]` shows a lab with values that move, for work on the page.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from '../../web/build.mjs';
import { lab } from './fixtures.mjs';

const HEADERS = {
	'Content-Security-Policy':
		"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	'X-Content-Type-Options': 'nosniff',
	'Referrer-Policy': 'no-referrer',
	'Cache-Control': 'no-cache',
};
const FILES = {
	'': ['index.html', 'text/html; charset=utf-8'],
	'assets/app.js': ['app.js', 'text/javascript; charset=utf-8'],
	'assets/app.css': ['app.css', 'text/css; charset=utf-8'],
	'assets/favicon.svg': ['favicon.svg', 'image/svg+xml'],
	'assets/charts.js': ['charts.js', 'text/javascript; charset=utf-8'],
	'assets/zh.json': ['zh.json', 'application/json'],
};

export class MockServer {
	streams = new Set(); // the replies of open event streams
	streamsEver = 0;
	requests = []; // paths
	port = 0;

	/* `prefix`: the path under which a proxy would put the page. */
	constructor(files, { prefix = '/' } = {}) {
		this.files = files;
		this.prefix = prefix;
		this.snapshot = lab();
	}

	get url() {
		return `http://127.0.0.1:${this.port}${this.prefix}`;
	}

	/* On a port that the kernel chooses, and on the same one when it comes up again. */
	up(port = this.port) {
		this.server = createServer((request, reply) => this.answer(request, reply));
		return new Promise((done, fail) => {
			this.server.once('error', fail);
			this.server.listen(port, '127.0.0.1', () => {
				this.port = this.server.address().port;
				done(this);
			});
		});
	}

	down() {
		const closed = new Promise((done) => this.server.close(done));
		this.server.closeAllConnections();
		this.streams.clear();
		return closed;
	}

	answer(request, reply) {
		const path = new URL(request.url, 'http://mock').pathname;
		this.requests.push(path);
		const name = path.startsWith(this.prefix) ? path.slice(this.prefix.length) : null;
		const file = FILES[name];
		if (file) return reply.writeHead(200, { ...HEADERS, 'Content-Type': file[1] }).end(this.files[file[0]]);
		if (name === 'healthz') return reply.writeHead(200, { ...HEADERS, 'Content-Type': 'text/plain' }).end('ok\n');
		if (name === 'api/v1/snapshot')
			return reply.writeHead(200, { ...HEADERS, 'Content-Type': 'application/json' }).end(JSON.stringify(this.snapshot));
		if (name === 'api/v1/events') return this.openStream(request, reply);
		reply.writeHead(404, { ...HEADERS, 'Content-Type': 'application/json' }).end('{"error": "no such thing"}\n');
	}

	openStream(request, reply) {
		reply.writeHead(200, { ...HEADERS, 'Content-Type': 'text/event-stream' });
		this.streams.add(reply);
		this.streamsEver++;
		request.on('close', () => this.streams.delete(reply));
		this.write(reply, 'snapshot', this.snapshot);
	}

	write(reply, event, content) {
		const data = typeof content === 'string' ? content : JSON.stringify(content);
		reply.write(`id: ${this.snapshot.generation}\nevent: ${event}\ndata: ${data}\n\n`);
	}

	/* The whole, anew. */
	show(snapshot) {
		this.snapshot = { ...snapshot, generation: this.snapshot.generation + 1 };
		for (const reply of this.streams) this.write(reply, 'snapshot', this.snapshot);
	}

	/* Some hosts have changed. */
	change(...hosts) {
		const changed = new Map(hosts.map((host) => [host.name, host]));
		this.snapshot.hosts = this.snapshot.hosts.map((host) => changed.get(host.name) ?? host);
		this.snapshot.generation++;
		for (const reply of this.streams) this.write(reply, 'hosts', hosts);
	}

	/* Sends an event as it stands, sense or nonsense. */
	say(event, text) {
		for (const reply of this.streams) this.write(reply, event, text);
	}

	dropStreams() {
		for (const reply of this.streams) reply.destroy();
		this.streams.clear();
	}
}

let built;
/* The four files, built once for each process that asks. */
export function builtPage() {
	built ??= (async () => {
		const outdir = join(tmpdir(), `nvwebmon-page-${process.pid}`);
		await build(outdir);
		return Object.fromEntries(Object.values(FILES).map(([name]) => [name, readFileSync(join(outdir, name))]));
	})();
	return built;
}

function wander(value, step, low, high) {
	return value === null ? null : Math.round(Math.min(high, Math.max(low, value + (Math.random() - 0.5) * step)));
}

/* A lab that breathes. */
function move(mock) {
	const now = Date.now() / 1000;
	for (const host of mock.snapshot.hosts) {
		if (host.state !== 'ok') continue;
		const gpus = host.gpus.map((gpu) =>
			gpu.utilization > 0
				? { ...gpu, utilization: wander(gpu.utilization, 20, 20, 100), power: wander(gpu.power, 40, 60, 700) }
				: gpu,
		);
		mock.change({ ...host, sampled: now, gpus });
	}
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
	const mock = await new MockServer(await builtPage()).up(Number(process.argv[2] ?? 0));
	mock.show({ ...lab(), demo: true });
	setInterval(move, 2000, mock);
	console.log(mock.url);
}
