/* The pure parts below details and trouble: the last minutes, and troubles in groups. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { failed, finding, gpu, host } from './fixtures.mjs';

const web = fileURLToPath(new URL('../../web/', import.meta.url));
const outdir = mkdtempSync(join(tmpdir(), 'nvwebmon-history-'));
after(() => rmSync(outdir, { recursive: true }));
const esbuild = createRequire(join(web, 'package.json'))('esbuild');
const entryPoints = ['history', 'troubles'].map((name) => join(web, `src/model/${name}.ts`));
await esbuild.build({ entryPoints, outdir, bundle: true, format: 'esm', outExtension: { '.js': '.mjs' } });
const load = (name) => import(pathToFileURL(join(outdir, `${name}.mjs`)));
const { historyOf, joined, NO_HISTORY, together, withGaps, withSample } = await load('history');
const { groupTroubles, sortTroubles, troublesOf, troublesOfGpu } = await load('troubles');

const reading = (utilization, memory_used = null, temperature = null, power = null) => ({
	utilization,
	memory_used,
	temperature,
	power,
});
const filled = (...samples) =>
	samples.reduce((history, [time, value]) => withSample(history, time, [reading(value)]), NO_HISTORY);

test('of several GPUs it is the mean, the sum and the hottest, of those that tell it', () => {
	const readings = [reading(10, 5, 40, 100), reading(30, 7, 60, null), reading(null, null, null, null)];
	assert.equal(together(readings, 'utilization'), 20);
	assert.equal(together(readings, 'memory_used'), 12);
	assert.equal(together(readings, 'temperature'), 60);
	assert.equal(together(readings, 'power'), 100);
	assert.equal(together([reading(null)], 'utilization'), null, 'not told is not 0');
	assert.equal(together([], 'power'), null);
});

test('a sample is added once, and what is older than ten minutes goes', () => {
	const history = filled([1000, 1], [1005, 2], [1005, 9], [1003, 9]);
	assert.deepEqual(history.times, [1000, 1005]);
	assert.deepEqual(history.values.utilization, [1, 2]);
	const later = withSample(history, 1601, [reading(3)]);
	assert.deepEqual(later.times, [1005, 1601]);
	assert.deepEqual(later.values.utilization, [2, 3]);
});

test('the memory is bounded, however fast samples come', () => {
	let history = NO_HISTORY;
	for (let place = 0; place < 2000; place++) history = withSample(history, 1000 + place / 100, [reading(place)]);
	assert.equal(history.times.length, 1200);
	assert.equal(history.values.power.length, 1200);
	assert.equal(history.values.utilization.at(-1), 1999);
});

test('what the server remembers is taken by UUID, or of all together', () => {
	const recent = {
		times: [10, 15],
		gpus: [
			{ uuid: 'a', utilization: [10, null], memory_used: [1, 2], temperature: [30, 31], power: [50, 60] },
			{ uuid: 'b', utilization: [30, 50], memory_used: [3, 4], temperature: [40, 20], power: [50, null] },
		],
	};
	assert.deepEqual(historyOf(recent, 'a').values.utilization, [10, null]);
	assert.deepEqual(historyOf(recent, null).values, {
		utilization: [20, 50],
		memory_used: [4, 6],
		temperature: [40, 31],
		power: [100, 60],
	});
	assert.deepEqual(historyOf(recent, 'gone').values.power, [null, null]);
});

test('what came while the server was asked is put behind its answer', () => {
	const both = joined(filled([10, 1], [15, 2]), filled([15, 9], [20, 3]));
	assert.deepEqual(both.times, [10, 15, 20]);
	assert.deepEqual(both.values.utilization, [1, 2, 3]);
	assert.deepEqual(joined(filled([10, 1]), NO_HISTORY).times, [10]);
	assert.deepEqual(joined(NO_HISTORY, filled([10, 1])).times, [10]);
});

test('a line breaks where samples are missing, and not where one is a little late', () => {
	const { times, values } = withGaps(filled([10, 1], [15, 2], [23, 3], [60, 4]), 5);
	assert.deepEqual(times, [10, 15, 23, 28, 60]);
	assert.deepEqual(values.utilization, [1, 2, 3, null, 4]);
});

const troubled = (...hosts) => sortTroubles(hosts.flatMap((it) => troublesOf(it, it.state === 'ok')));
const off = (name, message = 'GPU 0: persistence mode is off') =>
	host(name, {
		findings: [finding('persistence-off', 'warning', message, { gpu: 0, remedy: '`nvidia-smi -pm 1`', since: 100 })],
	});

test('a host whose samples are overdue is a trouble, though it has told of no error', () => {
	const [trouble] = troublesOf(host('a', { state: 'stale', since: 70 }), false);
	assert.equal(trouble.error.kind, 'late');
	assert.equal(trouble.since, 70);
	assert.deepEqual(troublesOf(host('a', { state: 'connecting' }), false), []);
});

test('what three hosts or more have is one group, each with its own words; fewer stand for themselves', () => {
	const groups = groupTroubles(troubled(off('a', 'GPU 0: off; 1 s'), off('b', 'GPU 0: off; 2 s'), off('c')));
	assert.equal(groups.length, 1);
	assert.equal(groups[0].hosts, 3);
	assert.equal(groups[0].remedy, '`nvidia-smi -pm 1`');
	assert.equal(groups[0].since, 100);
	assert.equal(groupTroubles(troubled(off('a'), off('b'))).length, 2);
	const gpus = [0, 1, 2].map((it) => finding('throttled', 'warning', `GPU ${it}: hot in its own way ${it}`, { gpu: it }));
	assert.equal(groupTroubles(troubled(host('a', { findings: gpus }))).length, 3, 'three times one host is not three hosts');
});

test('groups stand where the worst stand, and no remedy is that of all when each has its own', () => {
	const groups = groupTroubles(troubled(off('a'), off('b'), off('c'), failed('d', {}), failed('e', {}), failed('f', {})));
	assert.deepEqual(
		groups.map(({ severity, kind, hosts }) => [severity, kind, hosts]),
		[
			['away', 'auth', 3],
			['warning', 'persistence-off', 3],
		],
	);
	assert.equal(groups[0].remedy, null);
});

test('the troubles of a GPU are those found about it, and that its host does not answer', () => {
	const it = failed(
		'a',
		{},
		{ gpus: [gpu(0), gpu(1)], findings: [finding('x', 'error', 'GPU 1: x', { gpu: 1 }), finding('y', 'note', 'y')] },
	);
	assert.deepEqual(
		troublesOfGpu(it, 1, false).map((trouble) => trouble.error?.kind ?? trouble.finding.kind),
		['auth', 'x'],
	);
	assert.deepEqual(
		troublesOfGpu(it, null, false).map((trouble) => trouble.error?.kind ?? trouble.finding.kind),
		['auth'],
	);
});
