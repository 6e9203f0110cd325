// What the HTTP side costs: replies per second beside nginx, and a thousand readers of events.
//
//     node bench/http.mjs [SECONDS]     of each run of wrk; 5
//
// nginx serves the very same bytes under the same headers from a file, with one worker, as we have one thread; runs alternate, and
// the medians of three are compared. Both are measured with wrk on this machine, so both share it with wrk.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { connect, request } from '../tests/e2e/attacks/client.mjs';
import { startHttpServer } from '../tests/e2e/attacks/server.mjs';
import { build } from './http_server.mjs';
import { freePort, get, until } from '../tests/lab/lab.mjs';
import { cpuSeconds, median, printTable, rss, sleep } from './measure.mjs';

const seconds = Number(process.argv[2] ?? 5);
const RUNS = 3;
const READERS = 1000;
const EVENTS = 20;
const snapshot = '/api/v1/snapshot';
const gzip = { 'Accept-Encoding': 'gzip' };

/**
 * @param {import('../tests/lab/lab.mjs').Reply} reply  what nginx is to answer with, too
 * @param {string} dir
 */
async function startNginx(reply, dir) {
	const port = await freePort();
	const own = ['date', 'content-length', 'content-type', 'etag', 'connection', 'keep-alive'];
	const headers = Object.entries(reply.headers).filter(([name]) => !own.includes(name));
	fs.mkdirSync(`${dir}/root/api/v1`, { recursive: true });
	fs.writeFileSync(`${dir}/root${snapshot}`, reply.raw);
	fs.writeFileSync(`${dir}/nginx.conf`, `
		worker_processes 1; pid ${dir}/pid; error_log ${dir}/error.log; daemon off; user ${os.userInfo().username};
		events { worker_connections 2048; }
		http {
			access_log off; keepalive_requests 100000000; open_file_cache max=10; sendfile on; tcp_nopush on; server_tokens off;
			default_type application/json; client_body_temp_path ${dir}; proxy_temp_path ${dir}; fastcgi_temp_path ${dir};
			uwsgi_temp_path ${dir}; scgi_temp_path ${dir};
			server {
				listen 127.0.0.1:${port} backlog=511; root ${dir}/root;
				${headers.map(([name, value]) => `add_header ${name} "${value}" always;`).join('\n')}
			}
		}`);
	const child = spawn('nginx', ['-p', dir, '-c', `${dir}/nginx.conf`], { stdio: 'ignore' });
	const url = `http://127.0.0.1:${port}/`;
	await until(() => get(url, snapshot).then(({ status }) => status === 200, () => false), 'nginx answers');
	const worker = Number(fs.readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim());
	return { url, pid: worker, stop: () => child.kill('SIGTERM') };
}

/**
 * @param {{url: string, pid: number}} target
 * @param {Record<string, string>} headers
 */
async function wrk(target, headers) {
	const before = cpuSeconds(target.pid);
	const sent = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
	const args = ['-t1', '-c50', `-d${seconds}s`, ...sent, `${target.url}${snapshot.slice(1)}`];
	const child = spawn('wrk', args, { stdio: ['ignore', 'pipe', 'inherit'] });
	let output = '';
	child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
	await new Promise((resolve) => child.on('close', resolve));
	const replies = Number(/(\d+) requests in/.exec(output)?.[1]);
	if (/Non-2xx|Socket errors/.test(output))
		throw new Error(output);
	return { rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]), cpu: ((cpuSeconds(target.pid) - before) / replies) * 1e6 };
}

/** @param {import('../tests/e2e/attacks/server.mjs').HttpServer} server @param {string} dir */
async function beside(server, dir) {
	const reply = await get(server.url, snapshot, { headers: gzip });
	const nginx = await startNginx(reply, dir);
	const rows = [['reply', 'ours /s', 'nginx /s', 'ratio', 'ours, CPU', 'nginx, CPU']];
	for (const status of [200, 304]) {
		const runs = [];
		for (let run = 0; run < RUNS; run++) {
			const pair = [];
			for (const target of [server, nginx]) {
				const { etag = '' } = (await get(target.url, snapshot, { headers: gzip })).headers;
				pair.push(await wrk(target, status === 304 ? { ...gzip, 'If-None-Match': etag } : gzip));
			}
			runs.push(pair);
		}
		const of = (/** @type {number} */ which, /** @type {string} */ key) => median(runs.map((pair) => pair[which][key]));
		rows.push([status === 304 ? '304' : `200, gzip, ${reply.raw.length} bytes`, of(0, 'rate').toFixed(), of(1, 'rate').toFixed(),
			median(runs.map(([ours, theirs]) => ours.rate / theirs.rate)).toFixed(2),
			`${of(0, 'cpu').toFixed(1)} us`, `${of(1, 'cpu').toFixed(1)} us`]);
	}
	nginx.stop();
	printTable(rows);
}

/** Readers that only count: what an event costs us should not drown in what it costs them. */
class Readers {
	/** @type {import('node:net').Socket[]} */
	sockets = [];
	bytes = 0;

	/** @param {string} url @param {string[]} headers */
	async join(url, headers) {
		for (let i = 0; i < READERS; i++) {
			const { socket } = await connect(url);
			socket.removeAllListeners('data');
			socket.on('data', (piece) => (this.bytes += piece.length));
			socket.write(request('/api/v1/events', headers));
			this.sockets.push(socket);
		}
		await this.quiet();
	}

	/** Until nothing has come for a while: everything is there. Returns when the last came, ms. */
	async quiet() {
		let last = performance.now();
		for (let seen = -1; performance.now() - last < 400; ) {
			if (this.bytes !== seen)
				last = performance.now();
			seen = this.bytes;
			await new Promise((resolve) => setImmediate(resolve));
		}
		return last;
	}
}

/** @param {string} name @param {string[]} headers */
async function thousand(name, headers) {
	const server = await startHttpServer(['hosts=20', 'gpus=8']);
	const empty = rss(server.pid);
	const readers = new Readers();
	await readers.join(server.url, headers);
	const full = rss(server.pid);
	const cpu = [], delays = [];
	let bytes = 0;
	for (let i = 0; i < EVENTS; i++) {
		const before = { cpu: cpuSeconds(server.pid), bytes: readers.bytes, time: performance.now() };
		server.tell('change 0\nchange 1');
		delays.push(await readers.quiet() - before.time);
		cpu.push((cpuSeconds(server.pid) - before.cpu) * 1000);
		bytes = (readers.bytes - before.bytes) / READERS;
	}
	readers.sockets.forEach((socket) => socket.destroy());
	await server.stop();
	return [name, `${bytes.toFixed()}`, `${median(cpu).toFixed(1)} ms`, `${median(delays).toFixed()} ms`,
		`${Math.max(...delays).toFixed()} ms`, `${empty.toFixed(1)} MB`, `${full.toFixed(1)} MB`];
}

build();
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nvwebmon-bench-'));
try {
	if (spawnSync('wrk', ['--version']).error || spawnSync('nginx', ['-v']).error) {
		console.log('the comparison with nginx needs wrk and nginx');
	} else {
		const server = await startHttpServer(['hosts=20', 'gpus=8']);
		await beside(server, dir);
		await server.stop();
	}
	await sleep(0.5);
	console.log(`\n${READERS} readers of events`);
	printTable([
		['readers', 'bytes', 'CPU per event', 'last reader has it after', 'at worst', 'RSS before', 'RSS with them'],
		await thousand('plain', []),
		await thousand('gzip', ['Accept-Encoding: gzip']),
	]);
} finally {
	fs.rmSync(dir, { recursive: true });
}
