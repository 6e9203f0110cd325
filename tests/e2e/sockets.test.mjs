// The HTTP side over real sockets: how it listens, how connections live and end, and what a browser never sends.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import zlib from 'node:zlib';
import { EventParser, Events, get, until } from '../lab/lab.mjs';
import { connect, exchange, replies, request } from './attacks/client.mjs';
import { httpServer, startHttpServer } from './attacks/server.mjs';

/** @typedef {import('./attacks/server.mjs').HttpServer} HttpServer */
/** @typedef {import('./attacks/client.mjs').Client} Client */

/**
 * @param {Client} client
 * @param {number} count
 */
const repliesCome = (client, count) => client.until(() => replies(client.got).length >= count, `${count} replies`);

describe('a connection', () => {
	/** @type {HttpServer} */
	let server;
	before(async () => {
		server = await startHttpServer(['hosts=20', 'gpus=8', 'sweep=20', 'linger=200', 'head=60000', 'idle=60000']);
	});
	after(() => server.stop());

	it('stays for the next request', async () => {
		const client = await connect(server.url);
		for (let i = 1; i <= 3; i++) {
			client.send(request('/healthz'));
			await repliesCome(client, i);
		}
		assert.deepEqual(replies(client.got).map(({ status, body }) => [status, body]), Array(3).fill([200, 'ok\n']));
		assert.equal(client.state, 'open');
		client.close();
	});

	it('takes requests byte by byte', async () => {
		const client = await connect(server.url);
		client.socket.setNoDelay(true);
		for (const byte of request('/healthz'))
			await new Promise((resolve) => client.socket.write(byte, resolve));
		await repliesCome(client, 1);
		client.close();
	});

	it('answers pipelined requests in order, and as many as come', async () => {
		const client = await connect(server.url);
		const paths = Array.from({ length: 500 }, (_, i) => (i % 3 ? '/healthz' : `/none/${i}`));
		client.send(paths.map((path) => request(path)).join(''));
		await repliesCome(client, 500);
		assert.deepEqual(replies(client.got).map(({ status }) => status), paths.map((path) => (path === '/healthz' ? 200 : 404)));
		client.close();
	});

	it('answers pipelined requests for more than the kernel holds', async () => {
		const client = await connect(server.url);
		const one = await get(server.url, '/api/v1/snapshot');
		client.send(request('/api/v1/snapshot').repeat(200));
		// To cut all that has come anew with each piece would take us minutes.
		await client.until(() => client.got.length >= 200 * one.raw.length, 'nearly all');
		await repliesCome(client, 200);
		assert.ok(replies(client.got).every(({ body }) => body.length === one.raw.length));
		client.close();
	});

	it('answers a client that has closed its side', async () => {
		const client = await connect(server.url);
		client.socket.end(request('/api/v1/snapshot').repeat(20));
		assert.equal(await client.closed(), 'ended');
		assert.equal(replies(client.got).length, 20);
	});

	it('ends without a word when half a request was all', async () => {
		const client = await connect(server.url);
		client.socket.end('GET / HTTP/1.1\r\nHo');
		assert.equal(await client.closed(), 'ended');
		assert.equal(client.got, '');
	});

	it('ends when the client asks for it', async () => {
		const got = await exchange(server.url, request('/healthz', ['Connection: close']));
		assert.match(got, /^HTTP\/1\.1 200 OK\r\n[^]*\r\nConnection: close\r\n[^]*\r\n\r\nok\n$/);
	});

	it('speaks HTTP/1.0, with and without staying', async () => {
		const got = await exchange(server.url, 'GET /healthz HTTP/1.0\r\n\r\n');
		assert.match(got, /\r\nConnection: close\r\n[^]*ok\n$/);
		const client = await connect(server.url);
		client.send('GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
		await repliesCome(client, 1);
		assert.match(client.got, /\r\nConnection: keep-alive\r\n/);
		client.send('GET /healthz HTTP/1.0\r\n\r\n');
		await client.closed();
		assert.equal(replies(client.got).length, 2);
	});

	it('answers HEAD as GET, without the body', async () => {
		for (const path of ['/', '/api/v1/snapshot', '/api/v1/hosts/node1', '/healthz', '/none']) {
			const [whole] = replies(await exchange(server.url, request(path, ['Connection: close'])));
			const asked = request(path, ['Connection: close']).replace('GET', 'HEAD');
			const [head] = replies(await exchange(server.url, asked), { head: true });
			const dateless = (/** @type {string | undefined} */ text) => text?.replace(/^Date: .*\r\n/m, '');
			assert.equal(dateless(head?.head), dateless(whole?.head), path);
			assert.equal(head?.body, '');
		}
		const events = await exchange(server.url, request('/api/v1/events').replace('GET', 'HEAD'));
		assert.match(events, /\r\nContent-Type: text\/event-stream\r\n[^]*\r\n\r\n$/);
	});

	it('says why it ends, to whoever is still sending', async () => {
		const client = await connect(server.url);
		client.send(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000\r\n\r\n${'x'.repeat(300000)}`);
		await client.until(() => replies(client.got).length === 1, 'the refusal');
		assert.match(client.got, /^HTTP\/1\.1 405 [^]*\r\nAllow: GET, HEAD\r\nConnection: close\r\n/);
		await client.closed();
		client.close();
	});

	it('answers what came before nonsense, and nothing after it', async () => {
		const after = async (/** @type {string} */ nonsense) => {
			const got = await exchange(server.url, `${request('/healthz')}${nonsense}\r\n\r\n${request('/healthz')}`);
			return replies(got).map(({ status }) => status);
		};
		assert.deepEqual(await after('\x16\x03\x01nonsense'), [200, 400]);
		assert.deepEqual(await after('(nonsense'), [200, 400]);
		assert.deepEqual(await after('BREW /healthz HTTP/1.1\r\nHost: localhost'), [200, 405]);
	});

	it('has room for a long head, and for no longer one', async () => {
		const long = (/** @type {number} */ len) => request('/healthz', [`X: ${'x'.repeat(len)}`, 'Connection: close']);
		assert.deepEqual(replies(await exchange(server.url, long(8000))).map(({ status }) => status), [200]);
		assert.deepEqual(replies(await exchange(server.url, long(9000))).map(({ status }) => status), [431]);
		assert.deepEqual(replies(await exchange(server.url, request(`/${'x'.repeat(3000)}`))).map(({ status }) => status), [414]);
	});
});

describe('deadlines', () => {
	/** @type {HttpServer} */
	let server;
	before(async () => {
		server = await startHttpServer(['sweep=20', 'idle=200', 'head=200', 'linger=200']);
	});
	after(() => server.stop());

	it('end a connection that is idle, in peace', async () => {
		const client = await connect(server.url);
		client.send(request('/healthz'));
		assert.equal(await client.closed(), 'ended');
		assert.equal(replies(client.got).length, 1);
		assert.equal(await (await connect(server.url)).closed(), 'ended');
	});

	it('reset one whose request does not come to an end', async () => {
		const client = await connect(server.url);
		client.send('GET / HTTP/1.1\r\n');
		assert.equal(await client.closed(), 'reset');
	});

	it('do not end a reader of events', async () => {
		const events = new Events(server.url);
		await events.next();
		const idle = await connect(server.url);
		await idle.closed(); // so the time is over
		server.tell('change 0');
		assert.equal((await events.next()).event, 'hosts');
		events.close();
	});
});

describe('events', () => {
	/** @type {HttpServer} */
	let server;
	before(async () => {
		server = await startHttpServer(['hosts=3']);
	});
	after(() => server.stop());

	it('are the whole, then what changed, then the whole when the layout did', async () => {
		const events = new Events(server.url);
		const first = await events.next();
		assert.equal(first.event, 'snapshot');
		assert.equal(first.id, String(first.data.generation));
		assert.deepEqual(first.data.hosts.map((/** @type {any} */ host) => host.name), ['node0', 'node1', 'node2']);
		server.tell('change 1');
		const second = await events.next();
		assert.equal(second.event, 'hosts');
		assert.deepEqual(second.data.map((/** @type {any} */ host) => host.name), ['node1']);
		assert.ok(Number(second.id) > Number(first.id));
		server.tell('layout');
		assert.equal((await events.next()).data.hosts.length, 4);
		events.close();
	});

	it('come also to clients that say Connection: close', async () => {
		const events = new Events(server.url, { headers: { Connection: 'close' } });
		await events.next();
		server.tell('change 0');
		assert.equal((await events.next()).event, 'hosts');
		events.close();
	});

	it('come compressed to those who take it, one by one', async () => {
		const client = await connect(server.url);
		/** @type {import('../lab/client.mjs').LiveEvent[]} */
		const got = [];
		const parser = new EventParser();
		const gunzip = zlib.createGunzip();
		gunzip.on('data', (text) => got.push(...parser.add(text.toString())));
		let body = 0;
		client.socket.on('data', () => {
			const start = client.got.indexOf('\r\n\r\n') + 4;
			if (start < 4)
				return;
			gunzip.write(Buffer.from(client.got.slice(start + body), 'latin1'));
			body = client.got.length - start;
		});
		client.send(request('/api/v1/events', ['Accept-Encoding: gzip']));
		await until(() => got.length === 1, 'the snapshot');
		assert.match(client.got, /\r\nContent-Encoding: gzip\r\n/);
		for (let i = 2; i < 6; i++) {
			server.tell('change 1');
			await until(() => got.length === i, 'an event');
		}
		assert.deepEqual(got.map(({ event }) => event), ['snapshot', 'hosts', 'hosts', 'hosts', 'hosts']);
		client.close();
	});

	it('keep a reader that is slow, and bring it up to date', async () => {
		const busy = await startHttpServer(['hosts=400', 'gpus=8', 'every=2', 'write=4500', 'sweep=20']);
		const whole = (await get(busy.url, '/api/v1/snapshot')).raw.length;
		const pace = new Events(busy.url);
		const slow = await connect(busy.url, { reading: false });
		slow.send(request('/api/v1/events'));
		// For each event it takes a little. All of the first would take it longer than the write deadline, and many others pass meanwhile.
		let events = 0;
		for (; slow.got.length < whole && slow.state === 'open'; events++) {
			await pace.next();
			const before = slow.got.length;
			slow.socket.once('data', () => slow.socket.pause());
			slow.socket.resume();
			await slow.until(() => slow.got.length > before, 'some of the first event');
		}
		assert.ok(events * 250 > 4500, `it took ${events} events' time`);
		slow.socket.resume();
		await slow.until(() => slow.got.split('event: snapshot\n').length === 3, 'the whole anew');
		await slow.until(() => slow.got.includes('event: hosts\n'), 'an event like all others get');
		pace.close();
		slow.close();
		await busy.stop();
	});

	it('stop when the reader closes, its own side or all', async () => {
		const alone = await startHttpServer();
		const sockets = alone.sockets();
		for (const end of ['end', 'destroy']) {
			const client = await connect(alone.url);
			client.send(request('/api/v1/events'));
			await client.until(() => client.got.includes('event: snapshot'), 'the snapshot');
			assert.equal(alone.sockets(), sockets + 1);
			client.socket[/** @type {'end' | 'destroy'} */ (end)]();
			await until(() => alone.sockets() === sockets, 'the server has noticed');
		}
		await alone.stop();
	});

	it('end with the server', async () => {
		const other = await startHttpServer();
		const events = new Events(other.url);
		await events.next();
		await other.stop();
		await until(() => events.closed, 'the end of the stream');
	});
});

describe('room', () => {
	it('is made by closing who is idle longest', async () => {
		const server = await startHttpServer(['connections=3']);
		const clients = [];
		for (let i = 0; i < 3; i++) {
			const client = await connect(server.url);
			client.send(request('/healthz'));
			await repliesCome(client, 1);
			clients.push(client);
		}
		clients[0]?.send(request('/healthz')); // so it is no longer the one idle longest
		await clients[0]?.until(() => replies(clients[0]?.got ?? '').length === 2, 'its second reply');
		const fourth = await connect(server.url);
		fourth.send(request('/healthz'));
		await repliesCome(fourth, 1);
		assert.equal(await clients[1]?.closed(), 'ended');
		assert.deepEqual([clients[0]?.state, clients[2]?.state, fourth.state], ['open', 'open', 'open']);
		clients.forEach((client) => client.close());
		fourth.close();
		await server.stop();
	});

	it('is refused when all are busy, and there is some again when one goes', async () => {
		const server = await startHttpServer(['connections=2', 'linger=200', 'sweep=20']);
		const readers = [new Events(server.url), new Events(server.url)];
		for (const reader of readers)
			await reader.next();
		const [refusal] = replies(await exchange(server.url, request('/healthz')));
		assert.equal(refusal?.status, 503);
		assert.match(refusal?.head ?? '', /\r\nRetry-After: \d+\r\n/);
		readers[0]?.close();
		await until(async () => (await get(server.url, '/healthz').catch(() => null))?.status === 200, 'there is room again');
		readers[1]?.close();
		await server.stop();
	});

	it('is kept for those who only ask: readers of events have a cap of their own', async () => {
		const server = await startHttpServer(['readers=1']);
		const reader = new Events(server.url);
		await reader.next();
		const refused = await get(server.url, '/api/v1/events');
		assert.equal(refused.status, 503);
		assert.ok(Number(refused.headers['retry-after']) > 0);
		assert.equal(refused.headers.connection, 'close');
		assert.equal((await get(server.url, '/healthz')).status, 200);
		reader.close();
		await server.stop();
	});
});

const ipv6 = !Object.values(os.networkInterfaces()).flat().some((address) => address?.address === '::1') && 'this machine has no IPv6';

describe('listening', () => {
	/** @type {string} */
	let dir;
	before(() => {
		dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nvwebmon-http-'));
	});
	after(() => fs.rmSync(dir, { recursive: true }));

	/**
	 * A start that fails.
	 *
	 * @param {string[]} args
	 * @param {Record<string, string>} [env]
	 */
	const refuse = (args, env = {}) => {
		const { status, stderr } = spawnSync(httpServer, args, { encoding: 'utf8', timeout: 20000, env: { ...process.env, ...env } });
		assert.equal(status, 1, stderr);
		return stderr;
	};

	it('on several addresses', { skip: ipv6 }, async () => {
		const server = await startHttpServer(['127.0.0.1:0', '[::1]:0', `unix:${dir}/several`]);
		assert.match(server.urls[1] ?? '', /^http:\/\/\[::1\]:\d+\/$/);
		assert.equal(server.urls[2], `unix:${dir}/several`);
		for (const url of server.urls)
			assert.equal((await get(url, '/healthz')).body, 'ok\n');
		await server.stop();
	});

	it('on [::], for IPv4 too', { skip: ipv6 }, async () => {
		const server = await startHttpServer(['[::]:0']);
		const port = new URL(server.url).port;
		for (const host of ['127.0.0.1', '[::1]'])
			assert.equal((await get(`http://${host}:${port}/`, '/healthz')).body, 'ok\n');
		await server.stop();
	});

	it('says what to do when the port is taken', async () => {
		const server = await startHttpServer();
		const address = new URL(server.url).host;
		assert.match(refuse([address]), new RegExp(`^${address}: address already in use: .*--port`));
		await server.stop();
	});

	it('says what is wrong with an address', () => {
		assert.match(refuse(['192.0.2.1:0']), /^192\.0\.2\.1:0: this machine does not have that address/);
		for (const spec of ['nonsense', '127.0.0.1:', '127.0.0.1:http', 'localhost:0', ':0', 'unix:relative', `unix:/${'x'.repeat(200)}`])
			assert.match(refuse([spec]), new RegExp(`^${spec}: `));
		assert.match(refuse(['127.0.0.1:65536']), /^127\.0\.0\.1:65536: /);
	});

	it('leaves nothing behind when one of several addresses fails', () => {
		refuse([`unix:${dir}/first`, 'nonsense']);
		assert.ok(!fs.existsSync(`${dir}/first`));
	});

	it('replaces a stale socket file, and removes its own', async () => {
		const file = `${dir}/stale`;
		const killed = await startHttpServer([`unix:${file}`]);
		killed.child.kill('SIGKILL');
		await killed.ended;
		assert.ok(fs.lstatSync(file).isSocket());
		const server = await startHttpServer([`unix:${file}`]);
		assert.equal((await get(server.url, '/healthz')).body, 'ok\n');
		assert.match(refuse([`unix:${file}`]), /address already in use/);
		assert.equal((await get(server.url, '/healthz')).body, 'ok\n');
		await server.stop();
		assert.ok(!fs.existsSync(file));
	});

	it('never replaces a file that is no socket', () => {
		const file = `${dir}/precious`;
		fs.writeFileSync(file, 'precious');
		assert.match(refuse([`unix:${file}`]), /it is not a socket/);
		assert.equal(fs.readFileSync(file, 'utf8'), 'precious');
	});

	/* As systemd does it: the socket is descriptor 3, and the process that listens on it is told its own PID. */
	const activate = ['python3', '-c', `
import ctypes, os, socket, struct, sys
listener = socket.socket(socket.AF_UNIX if "/" in sys.argv[1] else socket.AF_INET)
if len(sys.argv[1]) == 108: # more than Python takes, but not the kernel
	ctypes.CDLL(None).bind(listener.fileno(), struct.pack("=H108s", socket.AF_UNIX, sys.argv[1].encode()), 110)
else:
	listener.bind(sys.argv[1] if "/" in sys.argv[1] else (sys.argv[1], 0))
if sys.argv[2] == "listen": listener.listen()
if listener.fileno() != 3: os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.argv[3], sys.argv[3:])`];

	it('on the socket that systemd passes, and on no other', async () => {
		const server = await startHttpServer([`unix:${dir}/unused`], { command: [...activate, '127.0.0.1', 'listen'] });
		assert.equal(server.urls.length, 1);
		assert.equal((await get(server.url, '/healthz')).body, 'ok\n');
		assert.ok(!fs.existsSync(`${dir}/unused`));
		await server.stop();
	});

	it('on a passed socket whose path leaves no room for its NUL', async () => {
		const file = `${dir}/`.padEnd(108, 'x');
		const server = await startHttpServer([], { command: [...activate, file, 'listen'] });
		assert.deepEqual(server.urls, [`unix:${file}`]);
		await server.stop();
	});

	it('leaves the file of a passed socket to who made it', async () => {
		const server = await startHttpServer([], { command: [...activate, `${dir}/passed`, 'listen'] });
		assert.equal((await get(server.url, '/healthz')).body, 'ok\n');
		await server.stop();
		assert.ok(fs.existsSync(`${dir}/passed`));
	});

	it('refuses a passed descriptor that does not listen, and ignores those for another process', async () => {
		const [program = '', ...args] = [...activate, '127.0.0.1', 'bound', httpServer];
		const { status, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 20000 });
		assert.equal(status, 1);
		assert.match(stderr, /^LISTEN_FDS: a descriptor that was passed is not a listening socket/);
		const server = await startHttpServer(['127.0.0.1:0'], { env: { LISTEN_PID: '1', LISTEN_FDS: '1' } });
		assert.equal((await get(server.url, '/healthz')).body, 'ok\n');
		await server.stop();
	});

	it('answers on loopback to its own names only, on a unix socket to any', async () => {
		const server = await startHttpServer(['127.0.0.1:0', `unix:${dir}/any`, 'name=gpu.example']);
		const status = async (/** @type {string} */ url, /** @type {string} */ host) =>
			(await get(url, '/healthz', { headers: { Host: host } })).status;
		assert.equal(await status(server.url, 'evil.example'), 403);
		assert.equal(await status(server.url, 'gpu.example'), 200);
		assert.equal(await status(server.url, 'localhost:80'), 200);
		assert.equal(await status(`unix:${dir}/any`, 'evil.example'), 200);
		await server.stop();
	});
});

/** A port that nobody can listen on without being root, where that is so. */
const privileged = process.getuid?.() === 0 || Number(fs.readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')) <= 80;

it('says that low ports are for root', { skip: privileged && 'this user may listen anywhere' }, () => {
	const { stderr } = spawnSync(httpServer, ['127.0.0.1:80'], { encoding: 'utf8', timeout: 20000 });
	assert.match(stderr, /permission denied: ports below 1024/);
});
