// Another configuration while the server runs: what did not change lives on with the same ssh, and only that.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { startLab, until } from '../lab/lab.mjs';
import { allGone, allOk, childrenOf, hostOf, moreSamples, rewriteConfig, sessionsOf } from './harness.mjs';

/** @typedef {import('../lab/lab.mjs').Lab} Lab */
/** @typedef {import('../lab/lab.mjs').Server} Server */

/** @type {Lab} */
let lab;
/** @type {Server} */
let server;
let file = '';

before(async () => {
	lab = await startLab({ hosts: ['a', 'b', 'c'], control: { gpus: 1 } });
});
after(() => lab.stop());

/** @param {Record<string, unknown>} config */
async function start(config) {
	server = await lab.startServer({ config });
	file = /\((\S+\.yaml)\)/.exec(server.stderr)?.[1] ?? '';
	await server.waitFor(allOk, 'all hosts are ok');
	return sessionsOf(server);
}

/**
 * Gives the server another configuration, and waits until it says that it has read it.
 *
 * @param {Record<string, unknown> | string} config
 */
async function reload(config) {
	const before = server.stderr.length;
	rewriteConfig(lab, file, config);
	server.child.kill('SIGHUP');
	await until(() => /read anew|goes on/.test(server.stderr.slice(before)), 'the configuration is read');
	return server.stderr.slice(before);
}

/** @param {any} snapshot */
const names = (snapshot) => snapshot.hosts.map((/** @type {any} */ host) => host.name);

/** @param {any} snapshot */
const hasCells = (snapshot) => snapshot.hosts.every((/** @type {any} */ host) => host.gpus[0].cells[0] !== null);

describe('a reload by SIGHUP', () => {
	/** @type {Record<string, number>} */
	let pids;

	beforeEach(async () => {
		pids = await start({ hosts: ['a', 'b'] });
	});
	afterEach(async () => assert.equal(await server.stop(), 0));

	it('begins to watch a host that was added, and keeps the others\' ssh', async () => {
		await reload({ hosts: ['a', 'b', 'c'] });
		await server.waitForHost('c', (host) => host.state === 'ok', 'is ok');
		await moreSamples(server, 'a');
		const now = sessionsOf(server);
		assert.deepEqual([Object.keys(now).length, now.a, now.b], [3, pids.a, pids.b]);
	});

	it('ends the ssh of a host that was removed, here and there', async () => {
		await reload({ hosts: ['a'] });
		await server.waitFor((snapshot) => snapshot.hosts.length === 1, 'b is gone');
		await allGone([pids.b ?? 0]);
		await until(() => lab.farProcesses('b').length === 0, 'nothing runs on b');
		await moreSamples(server, 'a');
		assert.deepEqual(sessionsOf(server), { a: pids.a });
		assert.equal((await server.get('/api/v1/hosts/b')).status, 404);
	});

	it('only writes another label on a host that is called otherwise', async () => {
		await reload({ hosts: [{ address: 'a', name: 'alpha', people: 'Alice', kvm: 'A1', comment: 'new fans' }, 'b'] });
		const { address, people, kvm, comment, gpus } = await server.waitForHost('alpha', () => true, 'is shown');
		assert.deepEqual([address, people, kvm, comment, gpus.length], ['a', 'Alice', 'A1', 'new fans', 1]);
		await moreSamples(server, 'alpha');
		assert.deepEqual(sessionsOf(server), pids);
	});

	it('leaves the last error of a host in its memory', async () => {
		lab.killSessions('a');
		const { session } = await server.waitForHost('a', (host) => host.state === 'ok' && host.session.last_error, 'has recovered');
		assert.equal(session.last_error.kind, 'closed');
		await reload({ hosts: ['b', { address: 'a', name: 'alpha' }] });
		await moreSamples(server, 'alpha');
		assert.deepEqual(hostOf(await server.snapshot(), 'alpha').session.last_error, session.last_error);
	});

	it('tells the port of a host that has one now, and not the user', async () => {
		await reload({ hosts: [{ address: 'a', user: 'alice', port: 2222 }, 'b'] });
		const { hosts } = await server.waitFor((now) => hostOf(now, 'a').port !== null, 'it is told');
		assert.deepEqual(hosts.map((/** @type {any} */ host) => [host.address, host.port, host.user]), [['a', 2222, undefined], ['b', null, undefined]]);
		await moreSamples(server, 'b');
		assert.equal(sessionsOf(server).b, pids.b);
	});

	it('gives two hosts each other\'s name', async () => {
		const uuids = (await server.snapshot()).hosts.map((/** @type {any} */ host) => host.gpus[0].uuid);
		await reload({ hosts: [{ address: 'a', name: 'b' }, { address: 'b', name: 'a' }] });
		const snapshot = await server.waitFor((now) => names(now)[0] === 'b', 'they are');
		assert.deepEqual(snapshot.hosts.map((/** @type {any} */ host) => [host.name, host.address, host.gpus[0].uuid]), [['b', 'a', uuids[0]], ['a', 'b', uuids[1]]]);
		assert.deepEqual(sessionsOf(server), pids);
	});

	it('puts the hosts into another order', async () => {
		await reload({ hosts: ['c', 'b', 'a'] });
		assert.deepEqual(names(await server.waitFor((snapshot) => names(snapshot).length === 3, 'c is there')), ['c', 'b', 'a']);
		await moreSamples(server, 'b');
		const now = sessionsOf(server);
		assert.deepEqual([now.a, now.b], [pids.a, pids.b]);
	});

	it('asks for other columns in the same session', async () => {
		await reload({ hosts: ['a', 'b'], columns: ['uuid', { field: 'driver_version', title: 'Driver' }] });
		const snapshot = await server.waitFor((now) => now.columns.length === 2 && hasCells(now), 'the cells are there');
		assert.deepEqual(snapshot.columns, [{ field: 'uuid', title: 'uuid' }, { field: 'driver_version', title: 'Driver' }]);
		for (const host of snapshot.hosts)
			assert.deepEqual(host.gpus[0].cells, [host.gpus[0].uuid, '550.54.15']);
		assert.deepEqual(sessionsOf(server), pids);
	});

	it('never shows cells under the headings of others', async () => {
		const events = server.events();
		const first = await events.next();
		assert.equal(first.event, 'snapshot');
		await reload({ hosts: ['a', 'b'], columns: ['uuid'] });
		await server.waitFor((now) => now.columns.length === 1 && hasCells(now), 'the cells are there');
		await moreSamples(server, 'a', 2);
		events.close();
		let columns = first.data.columns.length;
		for (const { event, data } of events.all) {
			columns = event === 'snapshot' ? data.columns.length : columns;
			for (const host of event === 'snapshot' ? data.hosts : data)
				for (const gpu of host.gpus) {
					assert.equal(gpu.cells.length, columns);
					if (columns === 1)
						assert.ok(gpu.cells[0] === null || gpu.cells[0] === gpu.uuid, gpu.cells[0]);
				}
		}
		assert.equal(columns, 1);
	});

	it('keeps drivers loaded from now on, and no more, in the same sessions', async () => {
		await reload({ hosts: ['a', 'b'], keep_driver_loaded: 'always' });
		await server.waitFor((now) => now.hosts.every((/** @type {any} */ host) => host.session.keeps_driver), 'they are kept loaded');
		await until(() => lab.farProcesses('a').some((far) => far.args.includes('-l 3600')), 'something keeps it');
		await reload({ hosts: ['a', 'b'], keep_driver_loaded: 'never' });
		await server.waitFor((now) => !now.hosts.some((/** @type {any} */ host) => host.session.keeps_driver), 'they are not');
		await until(() => !lab.farProcesses('a').some((far) => far.args.includes('-l 3600')), 'nothing keeps it');
		assert.deepEqual(sessionsOf(server), pids);
	});

	it('starts all sessions anew when ssh is to be another', async () => {
		await reload({ hosts: ['a', 'b'], ssh: { command: [...lab.sshCommand, '-4'] } });
		await allGone(Object.values(pids));
		await server.waitFor(allOk, 'both are ok again');
		assert.equal(Object.keys(sessionsOf(server)).length, 2);
	});

	it('may come as often as it likes, in the midst of logins: the last one counts', async () => {
		for (let i = 0; i < 20; i++) {
			rewriteConfig(lab, file, { hosts: [['a', 'b'], ['c', 'b', { address: 'a', user: os.userInfo().username }], ['c']][i % 3], columns: ['index', 'uuid'].slice(i % 2) });
			server.child.kill('SIGHUP');
			await server.get('/healthz');
		}
		await reload({ hosts: ['c', 'a', 'b'] });
		const snapshot = await server.waitFor((now) => now.hosts.length === 3 && now.columns.length === 9 && allOk(now) && hasCells(now), 'all three are ok');
		assert.deepEqual(names(snapshot), ['c', 'a', 'b']);
		const kept = sessionsOf(server);
		assert.equal(Object.keys(kept).length, 3);
		await until(() => childrenOf(server.pid).length === 3, 'all others are reaped');
		await reload({ hosts: ['a'] });
	});

	it('with a mistake changes nothing, and says what is wrong', async () => {
		const said = await reload('interval: 1\nhosts: [a, b]\nintervall: 2\n');
		assert.match(said, /config\d+\.yaml:3:1: intervall: unknown key; did you mean interval\?/);
		assert.match(said, /the new configuration is not used; the old one goes on/);
		await moreSamples(server, 'a', 2);
		assert.deepEqual(sessionsOf(server), pids);
		assert.match(await reload({ hosts: ['a'] }), /watching 1 host$/m);
	});

	it('says that another listener needs a new start', async () => {
		assert.match(await reload({ hosts: ['a', 'b'], listen: '127.0.0.2:0' }), /listen: a change takes effect with the next start/);
		await moreSamples(server, 'a');
		assert.deepEqual(sessionsOf(server), pids);
	});

	it('accepts other names of this server', async () => {
		const headers = { Host: 'gpu.lab.example' };
		assert.equal((await server.get('/healthz', { headers })).status, 403);
		await reload({ hosts: ['a', 'b'], names: ['gpu.lab.example'] });
		assert.equal((await server.get('/healthz', { headers })).status, 200);
	});
});

describe('the interval', () => {
	afterEach(async () => assert.equal(await server.stop(), 0));

	it('counts from the reload on, however long the old one was', async () => {
		const pids = await start({ hosts: ['a', 'b'], interval: 3600 });
		await reload({ hosts: ['a', 'b'], interval: 1 });
		await server.waitFor((snapshot) => snapshot.interval === 1, 'it is told');
		await Promise.all([moreSamples(server, 'a', 3), moreSamples(server, 'b', 3)]);
		assert.deepEqual(sessionsOf(server), pids);
	});
});

describe('a file that changes', () => {
	afterEach(async () => assert.equal(await server.stop(), 0));

	it('is read without being told', async () => {
		const pids = await start({ hosts: ['a', 'b'] });
		rewriteConfig(lab, file, { hosts: ['b', 'c'] });
		const snapshot = await server.waitFor((now) => names(now).includes('c') && hostOf(now, 'c').state === 'ok', 'c is watched');
		assert.deepEqual(names(snapshot), ['b', 'c']);
		await allGone([pids.a ?? 0]);
		assert.equal(sessionsOf(server).b, pids.b);
	});

	it('and is away for a moment is no mistake, and no other configuration', async () => {
		const pids = await start({ hosts: ['a', 'b'] });
		fs.renameSync(file, `${file}.away`);
		await moreSamples(server, 'a', 3);
		fs.renameSync(`${file}.away`, file);
		rewriteConfig(lab, file, { hosts: ['a', 'b', 'c'] });
		await server.waitForHost('c', (host) => host.state === 'ok', 'is ok');
		assert.doesNotMatch(server.stderr, /No such file/);
		const now = sessionsOf(server);
		assert.deepEqual([now.a, now.b], [pids.a, pids.b]);
	});
});
