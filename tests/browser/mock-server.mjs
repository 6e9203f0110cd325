/*
 * mock-server: serves the built page and says what a test tells it to say, for states that are hard to make with the real server.
 *
 * By itself, `node mock-server.mjs [PORT [HOSTS]]` shows a lab with values that move, for work on the page: the usual one, or one of so many
 * hosts.
 */
import { readdirSync, readFileSync } from 'node:fs';
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
const SIGN_OF_LIFE = 3000; // ms
const FILES = {
	'': ['index.html', 'text/html; charset=utf-8'],
	'assets/app.js': ['app.js', 'text/javascript; charset=utf-8'],
	'assets/app.css': ['app.css', 'text/css; charset=utf-8'],
	'assets/favicon.svg': ['favicon.svg', 'image/svg+xml'],
	'assets/charts.js': ['charts.js', 'text/javascript; charset=utf-8'],
};
for (const name of readdirSync(new URL('../../web/src/lang', import.meta.url))) FILES[`assets/${name}`] = [name, 'application/json'];

export class MockServer {
	streams = new Set(); // the replies of open event streams
	streamsEver = 0;
	requests = []; // paths
	encloses = false; // whether the page has the snapshot in it
	holds = false; // whether the event streams say nothing
	mute = false; // whether they say only what a test says: the real server tells of each sample, and never nothing for long
	recent = lastMinutes; // what a host was like in the last minutes; null: as an older server, that does not tell
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
		this.signs = setInterval(() => !this.holds && !this.mute && this.say('hosts', '[]'), SIGN_OF_LIFE);
		return new Promise((done, fail) => {
			this.server.once('error', fail);
			this.server.listen(port, '127.0.0.1', () => {
				this.port = this.server.address().port;
				done(this);
			});
		});
	}

	down() {
		clearInterval(this.signs);
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
		if (name === '' && this.encloses) return reply.writeHead(200, { ...HEADERS, 'Content-Type': file[1] }).end(this.enclosed());
		if (file) return reply.writeHead(200, { ...HEADERS, 'Content-Type': file[1] }).end(this.files[file[0]]);
		if (name === 'healthz') return reply.writeHead(200, { ...HEADERS, 'Content-Type': 'text/plain' }).end('ok\n');
		if (name === 'api/v1/snapshot')
			return reply.writeHead(200, { ...HEADERS, 'Content-Type': 'application/json' }).end(JSON.stringify(this.snapshot));
		if (name === 'api/v1/events') return this.openStream(request, reply);
		const recent = this.recentOf(name);
		if (recent) return reply.writeHead(200, { ...HEADERS, 'Content-Type': 'application/json' }).end(JSON.stringify(recent));
		reply.writeHead(404, { ...HEADERS, 'Content-Type': 'application/json' }).end('{"error": "no such thing"}\n');
	}

	recentOf(name) {
		const [, called] = /^api\/v1\/hosts\/([^/]+)\/recent$/.exec(name) ?? [];
		const host = called && this.snapshot.hosts.find((it) => it.name === decodeURIComponent(called));
		return (host && this.recent?.(host)) || null;
	}

	enclosed() {
		const json = JSON.stringify(this.snapshot).replaceAll('<', '\\u003c');
		const script = `<script type="application/json" id="snapshot">${json}</script>\n`;
		return String(this.files['index.html']).replace('</body>', () => `${script}</body>`);
	}

	openStream(request, reply) {
		reply.writeHead(200, { ...HEADERS, 'Content-Type': 'text/event-stream' });
		this.streams.add(reply);
		this.streamsEver++;
		request.on('close', () => this.streams.delete(reply));
		if (this.holds) reply.flushHeaders();
		else this.write(reply, 'snapshot', this.snapshot);
	}

	write(reply, event, content) {
		const data = typeof content === 'string' ? content : JSON.stringify(content);
		reply.write(`id: ${this.snapshot.generation}\nevent: ${event}\ndata: ${data}\n\n`);
	}

	/* The whole, anew. */
	show(snapshot) {
		this.snapshot = { ...snapshot, generation: this.snapshot.generation + 1 };
		if (!this.holds) for (const reply of this.streams) this.write(reply, 'snapshot', this.snapshot);
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
/* All of them, built once for each process that asks. */
export function builtPage() {
	built ??= (async () => {
		const outdir = join(tmpdir(), `nvwebmon-page-${process.pid}`);
		await build(outdir);
		return Object.fromEntries(Object.values(FILES).map(([name]) => [name, readFileSync(join(outdir, name))]));
	})();
	return built;
}

/* Ten minutes that led to what is now, with a minute in the middle in which nothing was heard. */
export function lastMinutes(host) {
	const end = host.sampled ?? Date.now() / 1000;
	const times = Array.from({ length: 120 }, (_, place) => end - 5 * (119 - place)).filter((_, place) => place < 50 || place > 62);
	const back = (value, step, low, high) => {
		const values = [value];
		while (values.length < times.length) values.unshift(value > low ? wander(values[0], step, low, high) : value);
		return values;
	};
	const gpus = host.gpus.map((gpu) => ({
		uuid: gpu.uuid,
		utilization: back(gpu.utilization, 30, 0, 100),
		memory_used: back(gpu.memory_used, 2 ** 30, 0, gpu.memory_total),
		temperature: back(gpu.temperature, 4, 20, 90),
		power: back(gpu.power, 60, 20, gpu.power_limit ?? 300),
	}));
	return { times, gpus };
}

function wander(value, step, low, high) {
	return value === null ? null : Math.round(Math.min(high, Math.max(low, value + (Math.random() - 0.5) * step)));
}

/* The usual lab again and again, with other names. */
function manyHosts(count) {
	const usual = lab();
	const people = ['grace', 'heidi', 'ivan', 'judy', 'mallory', 'niaj', 'olivia', 'peggy', 'rupert', 'sybil', 'trent', 'victor'];
	const hosts = Array.from({ length: count }, (_, place) => {
		const host = usual.hosts[place % usual.hosts.length];
		const rename = (process) =>
			process.user === null ? process : { ...process, user: place < 8 ? process.user : people[(place * 7 + process.pid) % people.length] };
		const gpus = host.gpus.map((gpu) => ({
			...gpu,
			uuid: `GPU-${place}-${gpu.index}`,
			idle_since: gpu.utilization === 0 && gpu.processes?.length ? Date.now() / 1000 - 3600 * (1 + (place % 30)) : null,
			processes: gpu.processes?.map(rename) ?? null,
		}));
		return { ...host, name: `node${place + 1}`, group: `rack ${1 + (place % 4)}`, gpus };
	});
	return { ...usual, hosts };
}

/* A lab that breathes: all that changes comes in one event, as from the server. */
function move(mock) {
	const sampled = Date.now() / 1000;
	const breathe = (gpu) =>
		gpu.utilization > 0
			? { ...gpu, utilization: wander(gpu.utilization, 20, 20, 100), power: wander(gpu.power, 40, 60, 700) }
			: gpu;
	mock.change(
		...mock.snapshot.hosts
			.filter((host) => host.state === 'ok')
			.map((host) => ({ ...host, sampled, gpus: host.gpus.map(breathe) })),
	);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
	const [port, hosts] = process.argv.slice(2).map(Number);
	const mock = await new MockServer(await builtPage()).up(port ?? 0);
	mock.encloses = true;
	mock.show({ ...(hosts ? manyHosts(hosts) : lab()), demo: true });
	setInterval(move, 2000, mock);
	console.log(mock.url);
}
