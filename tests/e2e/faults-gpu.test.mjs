// A GPU in trouble: it is told, it stays the trouble of its GPU, and is over when it is mended. And what else nvidia-smi may answer.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startLab } from '../lab/lab.mjs';
import { hostOf, sessionsOf } from './harness.mjs';

/** @typedef {import('../lab/lab.mjs').Lab} Lab */
/** @typedef {import('../lab/lab.mjs').Server} Server */
/** @typedef {import('../lab/lab.mjs').Control} Control */

describe('a GPU in trouble', () => {
	/** @type {Record<string, Control>} */
	const hosts = {
		'lost-550': { fault: 'gpu-lost', fault_gpu: 1 },
		'lost-580': { fault: 'gpu-lost', fault_gpu: 1, driver: '580.95.05' },
		'lost-580-no-rows': { fault: 'gpu-lost', fault_gpu: 1, driver: '580.95.05', fault_rows: 'off' },
		'lost-580-free': { fault: 'gpu-lost', fault_gpu: 1, driver: '580.95.05', load: 'free' },
		'lost-470': { fault: 'gpu-lost', fault_gpu: 0, driver: '470.256', fault_reason: 'Unknown Error' },
		'the-only-one-lost': { fault: 'gpu-lost', gpus: 1 },
		'lost-cells': { fault: 'gpu-lost-cells', fault_gpu: 2 },
		'wants-reset': { fault: 'gpu-requires-reset', fault_gpu: 0, driver: '570.124.06' },
		'unknown-error': { fault: 'gpu-unknown-error', fault_gpu: 1 },
		vanished: { fault: 'gpu-vanished', fault_gpu: 1 },
		inforom: { fault: 'inforom' },
		'no-process-query': { fault: 'apps-fail' },
		'no-ps': { fault: 'no-ps' },
		'unknown-field': { fault: 'unknown-field', fault_field: 'vbios_version' },
		'unknown-own-field': { fault: 'unknown-field', fault_field: 'fan.speed' },
		'no-newline': { fault: 'no-newline' },
		truncated: { fault: 'truncated' },
		dribble: { fault: 'dribble', fault_ms: 1 },
		huge: { fault: 'huge' },
		'many-processes': { fault: 'many-processes' },
		hostile: { fault: 'hostile-names' },
	};
	const columns = ['index', 'temperature.gpu', 'vbios_version', 'memory.used'];
	/** @type {Lab} */
	let lab;
	/** @type {Server} */
	let server;
	/** @type {Record<string, number>} */
	let pids;

	before(async () => {
		lab = await startLab({ hosts, control: { gpus: 3, load: 'busy' } });
		server = await lab.startServer({ config: { interval: 1, columns } });
	});
	after(() => lab.stop());

	/** What is known of a host that is ok. @param {string} name */
	const ok = (name) => server.waitForHost(name, (host) => host.state === 'ok', 'is ok in spite of it');

	/** @param {any} gpu */
	const isWhole = (gpu) => {
		assert.equal(gpu.problem, null);
		for (const key of ['utilization', 'memory_total', 'memory_used', 'temperature', 'power', 'power_limit'])
			assert.equal(typeof gpu[key], 'number', key);
		assert.ok(gpu.cells.every((/** @type {any} */ cell) => typeof cell === 'string' && cell !== ''), `${gpu.cells}`);
		assert.ok(gpu.processes.length > 0 && gpu.processes[0].user && gpu.processes[0].command, JSON.stringify(gpu.processes));
	};

	for (const [name, index, reason] of /** @type {[string, number, string][]} */ ([
		['lost-550', 1, 'GPU is lost'], ['lost-580', 1, 'GPU is lost'], ['lost-580-no-rows', 1, 'GPU is lost'], ['lost-470', 0, 'Unknown Error'],
	]))
		it(`${name}: it has a problem and no values, its neighbours have theirs`, async () => {
			const { gpus, error } = await ok(name);
			assert.equal(error, null);
			assert.deepEqual(gpus.map((/** @type {any} */ gpu) => gpu.index), [0, 1, 2]);
			const [lost] = gpus.splice(index, 1);
			assert.equal(lost.problem, reason);
			assert.deepEqual([lost.utilization, lost.memory_used, lost.temperature], [null, null, null]);
			gpus.forEach(isWhole);
		});

	it('lost-580-free: that nobody is on its neighbours is known', async () => {
		const { gpus } = await ok('lost-580-free');
		assert.deepEqual([gpus[0].processes, gpus[2].processes], [[], []]);
	});

	it('the only one is lost: the host is there, with a GPU that has a problem', async () => {
		const { gpus } = await ok('the-only-one-lost');
		assert.deepEqual(gpus.map((/** @type {any} */ gpu) => [gpu.problem, gpu.utilization]), [['GPU is lost', null]]);
	});

	for (const [name, index, reason] of /** @type {[string, number, string][]} */ ([
		['lost-cells', 2, 'GPU is lost'], ['wants-reset', 0, 'GPU requires reset'], ['unknown-error', 1, 'Unknown Error'],
	]))
		it(`${name}: the driver's words are the GPU's problem, and its neighbours are well`, async () => {
			const { gpus } = await ok(name);
			const [broken] = gpus.splice(index, 1);
			assert.equal(broken.problem, reason);
			assert.equal(broken.temperature, null);
			assert.match(broken.cells[1], new RegExp(reason));
			gpus.forEach(isWhole);
		});

	it('vanished: the others are there, under their numbers', async () => {
		const { gpus } = await ok('vanished');
		assert.deepEqual(gpus.map((/** @type {any} */ gpu) => gpu.index), [0, 2]);
		gpus.forEach(isWhole);
	});

	for (const name of ['inforom', 'no-newline', 'dribble'])
		it(`${name}: nothing of it is lost`, async () => {
			const { gpus } = await ok(name);
			assert.equal(gpus.length, 3);
			gpus.forEach(isWhole);
		});

	it('no-process-query: who is there is not known, which is not nobody', async () => {
		const { gpus } = await ok('no-process-query');
		assert.deepEqual(gpus.map((/** @type {any} */ gpu) => [gpu.processes, typeof gpu.utilization]), Array(3).fill([null, 'number']));
	});

	it('no-ps: the processes are there, with what /proc tells of them', async () => {
		const { gpus } = await ok('no-ps');
		for (const gpu of gpus) {
			assert.ok(gpu.processes.length > 0);
			for (const process of gpu.processes)
				// Of root's own nobody can say who is behind them.
				assert.deepEqual([process.owner, process.command, process.inferred, typeof process.memory, typeof process.name],
					[null, null, process.user === null ? null : 'loginuid', 'number', 'string']);
		}
	});

	it('unknown-field: that column is empty, all others are there', async () => {
		const { gpus } = await ok('unknown-field');
		for (const gpu of gpus) {
			const [index, temperature, unknown, memory] = gpu.cells;
			assert.deepEqual([index, unknown], [String(gpu.index), null]);
			assert.match(`${temperature} ${memory}`, /^\d+ \d+ MiB$/);
			assert.equal(typeof gpu.utilization, 'number');
		}
	});

	it('unknown-own-field: a value that we ask for ourselves is not known, all others are there', async () => {
		const { gpus } = await ok('unknown-own-field');
		assert.deepEqual(gpus.map((/** @type {any} */ gpu) => gpu.fan), [null, null, null]);
		gpus.forEach(isWhole);
	});

	it('truncated: what was cut is not shown as if it were whole', async () => {
		const { state, error, gpus } = await server.waitForHost('truncated', (host) => host.state !== 'connecting', 'is sampled');
		if (state === 'error')
			assert.equal(error.kind, 'bad-output');
		else
			gpus.slice(0, 2).forEach((/** @type {any} */ gpu) => assert.equal(gpu.problem, null));
		const last = gpus[2];
		assert.ok(!last || (last.cells[3] === null || / MiB$/.test(last.cells[3])), JSON.stringify(last));
	});

	it('huge: 64 GPUs are there', async () => {
		assert.equal((await ok('huge')).gpus.length, 64);
	});

	it('many-processes: 64 on each GPU are there, each with its owner', async () => {
		const { gpus } = await ok('many-processes');
		for (const gpu of gpus) {
			assert.ok(gpu.processes.length >= 64, `${gpu.processes.length}`);
			assert.ok(gpu.processes.every((/** @type {any} */ process) => process.user && process.command));
		}
	});

	it('hostile: names stay text, and nothing that they hold is run or believed', async () => {
		const { gpus } = await ok('hostile');
		assert.equal(gpus.length, 3);
		const reply = await server.get('/api/v1/hosts/hostile');
		const names = gpus.flatMap((/** @type {any} */ gpu) => gpu.processes.map((/** @type {any} */ process) => process.name));
		assert.ok(names.some((/** @type {any} */ name) => name?.includes('<script>')), JSON.stringify(names));
		assert.doesNotMatch(reply.body, /[\0-\x1f\x7f]/);
		const table = await server.get('/', { headers: { Accept: '*/*' } });
		assert.doesNotMatch(table.body, /[\0-\x09\x0b-\x1f\x7f]/);
		assert.equal(fs.readdirSync('.').includes('owned'), false);
		assert.equal(fs.existsSync(path.join(process.env.HOME ?? '', 'owned')), false);
	});

	it('is over when it is mended, in the same sessions', async () => {
		pids = sessionsOf(server);
		assert.equal(Object.keys(pids).length, Object.keys(hosts).length);
		for (const name of Object.keys(hosts))
			lab.heal(name);
		// Else it would have fewer GPUs than before.
		lab.set('huge', { gpus: 64 });
		const counts = /** @type {Record<string, number>} */ ({ 'the-only-one-lost': 1, huge: 64 });
		// All GPUs are looked at once in twelve samples when some are lost.
		await server.waitFor((snapshot) => snapshot.hosts.every((/** @type {any} */ host) => host.state === 'ok'
			&& host.gpus.length === (counts[host.name] ?? 3)
			&& host.gpus.every((/** @type {any} */ gpu) => gpu.problem === null && gpu.processes?.every((/** @type {any} */ process) => process.user))), 'all are well');
		assert.deepEqual(sessionsOf(server), pids);
		const { gpus } = hostOf(await server.snapshot(), 'unknown-field');
		assert.deepEqual(gpus.map((/** @type {any} */ gpu) => gpu.cells[2]), [null, null, null], 'this driver does not know it');
	});

	it('unknown-field: is asked for again when the driver is another', async () => {
		lab.set('unknown-field', { driver: '560.35.03' });
		await server.waitForHost('unknown-field', (host) => host.driver === '560.35.03' && host.gpus.every((/** @type {any} */ gpu) => gpu.cells[2]), 'is known now');
		assert.equal(sessionsOf(server)['unknown-field'], pids['unknown-field']);
	});
});
