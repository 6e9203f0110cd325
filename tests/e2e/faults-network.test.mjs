// All faults at once, each on a host of its own with a link of its own, beside twenty healthy hosts that are to notice nothing of it. What was seen, and how
// long it took, goes to build/faults.json, of which tests/e2e/faults-doc.mjs makes docs/faults.md.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setImmediate as takeTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { crowded, slowness, startLab, until, whyNoNetwork } from '../lab/lab.mjs';
import { cases, isWell } from './fault-cases.mjs';
import { allOk, sessionsOf } from './harness.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

const stopped = 'our own process is stopped for 30 s';

/** What was seen of one fault; times in seconds of our clock. */
class Watch {
	/** @type {any} as it was before */
	before = null;
	/** @type {any} when it was named */
	then = null;
	/** @type {any} the last that was heard of it */
	last = null;
	hurt = 0;
	noticed = 0;
	named = 0;
	mended = 0;
	over = 0;
	session = 0;

	/** @param {import('./fault-cases.mjs').Case} fault */
	constructor(fault) {
		this.fault = fault;
	}

	/**
	 * @param {any} host
	 * @param {number} now
	 */
	look(host, now) {
		this.last = host;
		if (!this.hurt)
			this.before = host;
		else if (!this.named)
			this.#lookForIt(host, now);
		else if (this.mended && !this.over && (this.fault.well ?? isWell)(host, this.then))
			this.over = now;
	}

	/**
	 * @param {any} host
	 * @param {number} now
	 */
	#lookForIt(host, now) {
		const seen = this.fault.seen(host, this.before);
		if (seen || host.state !== 'ok')
			this.noticed ||= now;
		if (!seen)
			return;
		this.named = now;
		this.then = host;
		if (!this.fault.mend)
			this.mended = now;
	}

	says() {
		const { fault, then } = this;
		if (fault.says)
			return fault.says(then);
		const broken = then.gpus.find((/** @type {any} */ gpu) => gpu.problem);
		return then.error ? `${then.error.kind}: ${then.error.message}` : `GPU ${broken?.index}: ${broken?.problem}`;
	}

	row() {
		const { id, what } = this.fault;
		const { remedy = null } = this.then.findings[0] ?? {};
		return {
			id, what, says: this.says(), hint: this.then.error?.hint ?? remedy, notice: this.noticed - this.hurt, name: this.named - this.hurt,
			recover: this.fault.mend ? this.over - this.mended : null,
		};
	}
}

describe('all faults at once', { skip: whyNoNetwork() }, () => {
	const healthy = Array.from({ length: 20 }, (_, i) => `healthy${i}`);
	const watches = new Map(cases.map((fault) => [fault.id, new Watch(fault)]));
	/** @type {Map<string, number[]>} when each healthy host was sampled */
	const samples = new Map(healthy.map((name) => [name, []]));
	/** @type {Set<string>} */
	const troubled = new Set();
	/** @type {ReturnType<Watch['row']>[]} */
	const rows = [];
	/** @type {import('../lab/lab.mjs').Lab} */
	let lab;
	/** @type {import('../lab/lab.mjs').Server} */
	let server;
	/** @type {Promise<void>} */
	let reading;

	/** @param {any} host */
	function look(host) {
		watches.get(host.name)?.look(host, Date.now() / 1000);
		const times = samples.get(host.name);
		if (!times)
			return;
		if (host.state !== 'ok' || host.error)
			troubled.add(host.name);
		else if (times.at(-1) !== host.sampled)
			times.push(host.sampled);
	}

	async function read() {
		const events = server.events();
		for (;;) {
			const { event, data } = await events.next();
			(event === 'snapshot' ? data.hosts : data).forEach(look);
			events.forget();
		}
	}

	before(async () => {
		const hosts = Object.fromEntries([...healthy.map((name) => [name, {}]), ...cases.map(({ id, like = {} }) => [id, like])]);
		lab = await startLab({ network: true, hosts, control: { gpus: 2, load: 'busy', model: 'a100-80' } });
		server = await lab.startServer({ config: { interval: 1, ssh: { command: lab.sshCommand, connect_timeout: 5 } } });
		await server.waitFor(allOk, 'all are ok', { seconds: 120 });
		reading = read().catch(() => {});
		await until(() => [...watches.values()].every((watch) => watch.before), 'all were seen');
		const sessions = sessionsOf(server);
		for (const watch of watches.values()) {
			watch.session = sessions[watch.fault.id] ?? 0;
			watch.hurt = Date.now() / 1000;
			await watch.fault.hurt(lab, watch.fault.id);
			await takeTurn(); // a reader of events who is too busy to read them misses samples that were taken
		}
	});
	after(async () => {
		await lab.stop();
		await reading;
	});

	for (const watch of watches.values())
		it(`${watch.fault.id}: ${watch.fault.what}: it is named`, async () => {
			await until(() => watch.named, 'it is named', { seconds: 90, show: () => watch.last });
			const { state, error } = watch.then;
			assert.equal(state === 'error', error !== null);
			if (error)
				assert.ok(error.hint || error.kind === 'bad-output', `a hint for ${error.kind}`);
		});

	it('they are mended', async () => {
		for (const watch of watches.values()) {
			const { fault } = watch;
			if (!fault.mend)
				continue;
			// A fault that is to last some time is one that lasts so long.
			await until(() => Date.now() / 1000 - watch.hurt >= (fault.lasts ?? 0), `${fault.id} has lasted`);
			watch.mended = Date.now() / 1000;
			await fault.mend(lab, fault.id);
			await takeTurn();
		}
	});

	for (const watch of watches.values())
		it(`${watch.fault.id}: it is over by itself`, async () => {
			await until(() => watch.over, 'it is over', { seconds: 120, show: () => watch.last });
			if (watch.fault.sameSession)
				assert.equal(sessionsOf(server)[watch.fault.id], watch.session, 'without a new login');
		});

	it('the healthy hosts have missed no sample', { skip: crowded && 'too much else runs' }, (t) => {
		let beats = 0, count = 0, worst = 0;
		for (const times of samples.values()) {
			beats += Math.round((times.at(-1) ?? 0) - (times[0] ?? 0)) + 1;
			count += times.length;
			for (const [i, time] of times.entries())
				worst = Math.max(worst, i > 0 ? time - (times[i - 1] ?? 0) - 1 : 0);
		}
		t.diagnostic(`${count} of ${beats} samples of ${healthy.length} healthy hosts; the latest came ${Math.round(worst * 1000)} ms after its beat`);
		assert.deepEqual([...troubled], []);
		// Sanitizers and valgrind may be late by themselves. Whoever waited for a broken host would be late by seconds, again and again.
		assert.ok(beats - count <= (slowness > 1 ? beats / 100 : 0), `${beats - count} of ${beats} are missing`);
		rows.push(...[...watches.values()].map((watch) => watch.row()));
		fs.mkdirSync(path.join(root, 'build'), { recursive: true });
		fs.writeFileSync(path.join(root, 'build/faults.json'), JSON.stringify({ rows, healthy: { hosts: healthy.length, beats, count, worst } }, null, 1));
	});

	it(`${stopped}: no host is blamed`, async () => {
		const sessions = sessionsOf(server), logged = server.stderr.length, begun = Date.now() / 1000;
		troubled.clear();
		server.child.kill('SIGSTOP');
		// That it lasts so long is the fault.
		await until(() => Date.now() / 1000 - begun >= 30, 'it has lasted');
		server.child.kill('SIGCONT');
		const goneOn = Date.now() / 1000;
		await server.waitFor((snapshot) => allOk(snapshot) && snapshot.hosts.every((/** @type {any} */ host) => host.sampled > goneOn), 'all are sampled again');
		const over = Date.now() / 1000 - goneOn;
		assert.deepEqual(sessionsOf(server), sessions, 'in the same sessions');
		const said = /^.*did not run for.*$/m.exec(server.stderr.slice(logged))?.[0] ?? '';
		assert.match(said, /did not run/);
		if (crowded)
			return;
		const file = path.join(root, 'build/faults.json'), seen = JSON.parse(fs.readFileSync(file, 'utf8'));
		seen.rows.push({ id: 'stopped', what: stopped, says: `stale; in the log: ${said.replace(/^nvwebmon: /, '')}`, hint: null, notice: null, name: null, recover: over });
		fs.writeFileSync(file, JSON.stringify(seen, null, 1));
	});

	it('every fault has its row in docs/faults.md', () => {
		const doc = fs.readFileSync(path.join(root, 'docs/faults.md'), 'utf8');
		for (const what of [...cases.map((fault) => fault.what), stopped])
			assert.ok(doc.includes(`| ${what} |`), `no row for: ${what}; make it with tests/e2e/faults-doc.mjs`);
	});
});
