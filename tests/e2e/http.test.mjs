// HTTP as its users meet it: browsers, curl, programs, proxies; and where it listens.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createGunzip, gunzipSync } from 'node:zlib';
import { get, nvwebmon, startLab, within } from '../lab/lab.mjs';
import { allOk, moreSamples, rewriteConfig, run, writeProgram } from './harness.mjs';

/** @typedef {import('../lab/lab.mjs').Lab} Lab */
/** @typedef {import('../lab/lab.mjs').Server} Server */

const html = { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

/** @type {Lab} */
let lab;

before(async () => {
	lab = await startLab({ hosts: ['node0', 'node1', 'slow'], control: { gpus: 2, load: 'busy' } });
});
after(() => lab.stop());

describe('a reply', () => {
	/** @type {Server} */
	let server;

	before(async () => {
		const hosts = ['node0', { address: 'node1', name: 'odd / näme?', people: 'Bob' }];
		server = await lab.startServer({ config: { hosts, interval: 3600, names: ['gpu.lab.example'] } });
		await server.waitFor(allOk, 'all are ok');
	});
	after(async () => assert.equal(await server.stop(), 0));

	it('to a browser is the page, whose files are there under relative addresses', async () => {
		const page = await server.get('/', { headers: html });
		assert.equal(page.status, 200);
		assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
		assert.match(String(page.headers.vary), /Accept/);
		const files = [...page.body.matchAll(/(?:src|href)="([^"#]+)"/g)].map((match) => match[1] ?? '').filter((file) => !file.startsWith('data:'));
		assert.ok(files.length >= 2, `${files}`);
		for (const file of files) {
			assert.doesNotMatch(file, /^\/|:\/\//);
			const asset = await server.get(`/${file}`);
			assert.equal(asset.status, 200, file);
			assert.ok(asset.raw.length > 0);
			assert.ok(asset.headers.etag);
		}
	});

	it('to curl is a table', async () => {
		for (const headers of [{ Accept: '*/*' }, {}]) {
			const { status, body, headers: { 'content-type': type } } = await server.get('/', { headers });
			assert.deepEqual([status, type], [200, 'text/plain; charset=utf-8']);
			assert.match(body, /^node0 +ok, \d+ s ago  driver 550\.54\.15\n(?: +0 .*NVIDIA A100.*\n)? /m);
			assert.match(body, /^odd \/ näme\? +ok, .*Bob$/m);
			assert.match(body, /^0 GPUs free, 4 busy.* on 2 hosts/m);
			assert.doesNotMatch(body, /\x1b/);
		}
	});

	it('has the headers that keep a page safe', async () => {
		for (const target of ['/', '/api/v1/snapshot', '/healthz', '/nowhere']) {
			const { headers } = await server.get(target, { headers: html });
			assert.match(String(headers['content-security-policy']), /default-src 'none'/);
			assert.doesNotMatch(String(headers['content-security-policy']), /unsafe|\*/);
			assert.equal(headers['x-content-type-options'], 'nosniff');
			assert.equal(headers['referrer-policy'], 'no-referrer');
			assert.ok(headers['cache-control'], target);
			assert.equal(headers['access-control-allow-origin'], undefined);
		}
	});

	it('is 304 to whom has it already', async () => {
		for (const target of ['/api/v1/snapshot', '/']) {
			const first = await server.get(target, { headers: html });
			const etag = String(first.headers.etag);
			assert.match(etag, /^"[^"]+"$/);
			for (const known of [etag, `"other", W/${etag}`]) {
				const again = await server.get(target, { headers: { ...html, 'If-None-Match': known } });
				assert.deepEqual([again.status, again.body, again.headers.etag], [304, '', etag]);
			}
			assert.equal((await server.get(target, { headers: { ...html, 'If-None-Match': '"other"' } })).status, 200);
		}
	});

	it('is compressed when asked for, and the same', async () => {
		for (const target of ['/api/v1/snapshot', '/']) {
			const plain = await server.get(target, { headers: html });
			const packed = await server.get(target, { headers: { ...html, 'Accept-Encoding': 'gzip' } });
			assert.deepEqual([plain.headers['content-encoding'], packed.headers['content-encoding']], [undefined, 'gzip']);
			assert.deepEqual(gunzipSync(packed.raw), plain.raw);
			assert.ok(packed.raw.length < plain.raw.length);
			assert.notEqual(packed.headers.etag, plain.headers.etag);
			assert.match(String(packed.headers.vary), /Accept-Encoding/);
			const refused = await server.get(target, { headers: { ...html, 'Accept-Encoding': 'gzip;q=0, br' } });
			assert.equal(refused.headers['content-encoding'], undefined);
		}
	});

	it('to HEAD has the head alone', async () => {
		for (const target of ['/api/v1/snapshot', '/', '/healthz', '/api/v1/hosts/node0']) {
			const whole = await server.get(target, { headers: html }), head = await server.get(target, { method: 'HEAD', headers: html });
			assert.deepEqual([head.status, head.body, head.headers['content-type'], head.headers['content-length']],
				[200, '', whole.headers['content-type'], String(whole.raw.length)]);
		}
	});

	it('for one host is its object of the snapshot, whatever it is called', async () => {
		const { hosts } = await server.snapshot();
		for (const host of hosts) {
			const { status, body, headers } = await server.get(`/api/v1/hosts/${encodeURIComponent(host.name)}`);
			assert.deepEqual([status, headers['content-type']], [200, 'application/json']);
			assert.deepEqual(JSON.parse(body), host);
		}
	});

	it('for what is not there is 404, for what is not done here 405, and both are JSON', async () => {
		for (const [method, target, status] of /** @type {[string, string, number][]} */ ([
			['GET', '/api/v1/hosts/nobody', 404], ['GET', '/api/v1/hosts/', 404], ['GET', '/nowhere', 404], ['GET', '/../etc/passwd', 404], ['GET', '/api/v1/hosts/%zz', 400],
			['POST', '/api/v1/snapshot', 405], ['DELETE', '/api/v1/hosts/node0', 405], ['PUT', '/', 405], ['OPTIONS', '/', 405],
		])) {
			const reply = await server.get(target, { method });
			assert.equal(reply.status, status, `${method} ${target}`);
			assert.equal(reply.headers['content-type'], 'application/json');
			const { error, ...rest } = JSON.parse(reply.body);
			assert.deepEqual([typeof error, rest], ['string', {}]);
			if (status === 405)
				assert.equal(reply.headers.allow, 'GET, HEAD');
		}
	});

	it('to /healthz is ok', async () => {
		const { status, body } = await server.get('/healthz');
		assert.deepEqual([status, body], [200, 'ok\n']);
	});

	it('is refused under a name that is not this server\'s', async () => {
		for (const [name, status] of /** @type {[string, number][]} */ ([
			['localhost', 200], ['localhost:5000', 200], ['127.0.0.1', 200], ['127.9.9.9:80', 200], ['[::1]:5000', 200], ['sub.localhost', 200], ['GPU.lab.example:443', 200],
			['evil.example', 403], ['localhost.evil.example', 403], ['192.168.1.1', 403], ['gpu.lab.example.evil.example', 403],
		]))
			for (const target of ['/', '/api/v1/snapshot', '/api/v1/hosts/node0', '/healthz'])
				assert.equal((await server.get(target, { headers: { Host: name } })).status, status, `${name} ${target}`);
		const events = await server.get('/api/v1/events', { headers: { Host: 'evil.example' } });
		assert.equal(events.status, 403);
		assert.match(events.body, /names:/);
	});
});

describe('events', () => {
	/** @type {Server} */
	let server;
	let file = '';

	before(async () => {
		server = await lab.startServer({ config: { hosts: ['node0', 'node1', 'slow'], interval: 1 } });
		file = /\((\S+\.yaml)\)/.exec(server.stderr)?.[1] ?? '';
		await server.waitFor(allOk, 'all are ok');
	});
	after(async () => assert.equal(await server.stop(), 0));

	it('are the snapshot first, then the hosts that have changed, and what they come to is the snapshot', async () => {
		const events = server.events();
		const first = await events.next();
		assert.equal(events.response?.headers['content-type'], 'text/event-stream');
		assert.deepEqual([first.event, first.data.version, first.data.hosts.length], ['snapshot', 1, 3]);
		assert.equal(first.id, String(first.data.generation));
		let id = Number(first.id);
		const hosts = new Map(first.data.hosts.map((/** @type {any} */ host) => [host.name, host]));
		for (let i = 0; i < 5; i++) {
			const next = await events.next();
			assert.equal(next.event, 'hosts');
			assert.ok(Number(next.id) > id);
			id = Number(next.id);
			assert.ok(next.data.length > 0);
			for (const host of next.data) {
				assert.notDeepEqual(host, hosts.get(host.name), 'it has changed');
				hosts.set(host.name, host);
			}
		}
		const snapshot = await server.waitFor((now) => now.generation === Number(events.all.at(-1)?.id), 'it knows what was told');
		for (const { data } of events.all.slice(1).filter((event) => Number(event.id) <= snapshot.generation))
			for (const host of data)
				hosts.set(host.name, host);
		assert.deepEqual([...hosts.values()], snapshot.hosts);
		events.close();
	});

	it('are only of the hosts that have changed', async () => {
		lab.set('slow', { fault: 'hang' });
		const events = server.events();
		await events.next();
		await moreSamples(server, 'node0', 4);
		const counts = (/** @type {string} */ name) => events.all.slice(1).flatMap(({ data }) => data).filter((/** @type {any} */ host) => host.name === name).length;
		// It may have been sampled once more, and become stale.
		assert.ok(counts('node0') >= 3 && counts('slow') <= 2, `${counts('node0')} ${counts('slow')}`);
		events.close();
		lab.heal('slow');
	});

	it('begin with the whole again when the configuration has changed', async () => {
		const events = server.events();
		await events.next();
		rewriteConfig(lab, file, { hosts: ['node1'], interval: 1 });
		server.child.kill('SIGHUP');
		const { data } = await events.find((event) => event.event === 'snapshot');
		assert.deepEqual(data.hosts.map((/** @type {any} */ host) => host.name), ['node1']);
		events.close();
	});

	it('come compressed, each at once', async () => {
		const text = await within(new Promise((resolve, reject) => {
			const request = http.get(`${server.url}api/v1/events`, { agent: false, headers: { 'Accept-Encoding': 'gzip' } }, (response) => {
				assert.equal(response.headers['content-encoding'], 'gzip');
				let unpacked = '';
				response.on('error', () => {}).pipe(createGunzip()).setEncoding('utf8').on('error', reject).on('data', (piece) => {
					unpacked += piece;
					if (!/^event: hosts\nid: \d+\ndata: .*\n\n/m.test(unpacked))
						return;
					resolve(unpacked);
					request.destroy();
				});
			}).on('error', reject);
		}), 'the second event');
		assert.match(text, /^retry: \d+\nevent: snapshot\nid: \d+\ndata: \{"version":1,.*\}\n\nevent: hosts\n/);
	});

	it('end when the server does', async () => {
		const other = await lab.startServer({ config: { hosts: ['node0'] } });
		const events = other.events();
		await events.next();
		assert.equal(await other.stop(), 0);
		await assert.rejects(events.find(() => false), /has ended/);
	});
});

describe('a listener', () => {
	const hosts = ['node0'];

	/** @param {string} base @param {Server} server */
	const serves = async (base, server) => {
		assert.equal((await get(base, '/healthz')).body, 'ok\n');
		assert.equal(await server.stop(), 0);
	};

	it('may be a unix socket, which is gone afterwards', async () => {
		const socket = path.join(lab.dir, 'sock');
		const server = await lab.startServer({ config: { hosts, listen: `unix:${socket}` }, ready: /(unix:\S+)/ });
		assert.equal(server.url, `unix:${socket}`);
		await serves(server.url, server);
		assert.equal(fs.existsSync(socket), false);
	});

	it('takes the place of a socket that a killed server has left', async () => {
		const socket = path.join(lab.dir, 'left');
		const config = { hosts, listen: `unix:${socket}` };
		const killed = await lab.startServer({ config, ready: /(unix:\S+)/ });
		const refused = await run(['serve', '--config', lab.writeConfig(config)]);
		assert.equal(refused.code, 3);
		assert.match(refused.stderr, /unix:\S+\/left: address already in use/);
		await killed.kill();
		assert.equal(fs.existsSync(socket), true);
		await serves(`unix:${socket}`, await lab.startServer({ config, ready: /(unix:\S+)/ }));
	});

	it('may be of IPv6', { skip: !Object.values(os.networkInterfaces()).flat().some((address) => address?.address === '::1') && 'there is no ::1' }, async () => {
		const server = await lab.startServer({ config: { hosts, listen: '[::1]:0' } });
		assert.match(server.url, /^http:\/\/\[::1\]:\d+\/$/);
		await serves(server.url, server);
	});

	it('may be several', async () => {
		const server = await lab.startServer({ config: { hosts, listen: ['127.0.0.1:0', '127.0.0.2:0', `unix:${lab.dir}/several`] } });
		const urls = [...server.stderr.matchAll(/the page is at (\S+)$/gm)].map((match) => match[1] ?? '');
		assert.deepEqual(urls.map((url) => url.replace(/\d+\/$/, '')), ['http://127.0.0.1:', 'http://127.0.0.2:', `unix:${lab.dir}/several`]);
		for (const url of urls)
			assert.equal((await get(url, '/healthz')).status, 200);
		assert.equal(await server.stop(), 0);
	});

	it('is chosen with --host and --port', async () => {
		const server = await lab.startServer({ config: { hosts, listen: '127.0.0.1:1' }, args: ['--host', '127.0.0.3', '--port', '0'] });
		assert.match(server.url, /^http:\/\/127\.0\.0\.3:[1-9]\d+\/$/);
		await serves(server.url, server);
	});

	it('that is taken already is a clear error, exit status 3', async () => {
		const taken = await lab.startServer({ config: { hosts } });
		const { port } = new URL(taken.url);
		const { code, stderr, stdout } = await run(['--config', lab.writeConfig({ hosts }), '--port', port]);
		assert.deepEqual([code, stdout], [3, '']);
		assert.match(stderr, new RegExp(`^nvwebmon: 127\\.0\\.0\\.1:${port}: address already in use: .*--port`, 'm'));
		assert.equal(lab.farProcesses('node1').length, 0);
		await serves(taken.url, taken);
	});

	it('on an address of another machine is a clear error, exit status 3', async () => {
		const { code, stderr } = await run(['--config', lab.writeConfig({ hosts }), '--host', '203.0.113.7', '--port', '0']);
		assert.equal(code, 3);
		assert.match(stderr, /203\.0\.113\.7:0: this machine does not have that address/);
	});

	it('may be passed by systemd', async () => {
		const starter = writeProgram(lab, 'socket-unit', `#!/usr/bin/env python3
import os, socket, sys
listener = socket.create_server(("127.0.0.1", 0))
if listener.fileno() == 3:
    listener.set_inheritable(True)
else:
    os.dup2(listener.fileno(), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="http")
print("passed", listener.getsockname()[1], file=sys.stderr, flush=True)
os.execv(${JSON.stringify(nvwebmon)}, ["nvwebmon"] + sys.argv[1:])
`);
		const server = await lab.startServer({ binary: starter, config: { hosts, listen: '127.0.0.1:1' } });
		assert.equal(new URL(server.url).port, /passed (\d+)/.exec(server.stderr)?.[1]);
		await server.waitFor(allOk, 'node0 is ok');
		const children = execFileSync('sh', ['-c', `cat /proc/${server.pid}/task/*/children`], { encoding: 'utf8' }).trim().split(' ');
		assert.equal(children.length, 1);
		assert.doesNotMatch(fs.readFileSync(`/proc/${children[0]}/environ`, 'latin1'), /LISTEN_/);
		await serves(server.url, server);
	});
});
