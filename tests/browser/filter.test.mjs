/* What a filter lets through, and what it leaves to choose from. Without a browser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { busy, failed, finding, GiB, gpu, host, lost, process as proc } from './fixtures.mjs';
import { modules } from './modules.mjs';

const { facetsOf: facetsBy, isFiltering, NO_FILTER, rowsOf, shortModel, Sieve, sizeOf } = await modules('model/filter', 'model/rows', 'model/product');

const RULE = { memory_percent: 5, utilization_percent: 5 };
const rows = (...hosts) => hosts.flatMap((it) => rowsOf(it, it.state === 'ok', RULE));
const facetsOf = (all, filter) => facetsBy(all, new Sieve(filter));
const asked = (filter) => ({ ...NO_FILTER, ...filter });
const fitting = (all, filter) => {
	const sieve = new Sieve(asked(filter));
	return all.filter((row) => sieve.fits(row)).map(({ host, gpu }) => `${host.name}/${gpu.index}`);
};

const h100 = { name: 'NVIDIA H100 80GB HBM3' };
const rtx = { name: 'NVIDIA GeForce RTX 3090', memory_total: 24 * GiB };
const fleet = () =>
	rows(
		host('a', { group: 'rack 1', gpus: [gpu(0), busy(1, 'alice', 'python train.py'), gpu(2, { ...rtx })] }),
		host('b', {
			group: 'rack 2',
			comment: 'new fans',
			findings: [finding('pcie-slow', 'warning', 'GPU 1: slow', { gpu: 1 }), finding('driver-kept', 'note', 'kept')],
			gpus: [gpu(0, { ...h100 }), gpu(1, { ...h100 }), lost(2, 'GPU is lost', h100)],
		}),
		failed('c', {}, { gpus: [gpu(0), gpu(1, { ...rtx })] }),
	);

test('words fit when each of them stands somewhere: in the GPU, its people, its commands, or its host', () => {
	const find = (words) => fitting(fleet(), { words });
	assert.deepEqual(find('ALICE'), ['a/1']);
	assert.deepEqual(find('train a100'), ['a/1']);
	assert.deepEqual(find('fans h100').length, 3);
	assert.deepEqual(find('fans alice'), []);
	assert.deepEqual(find('  ').length, 8);
	assert.deepEqual(find('lost'), ['b/2']);
	assert.deepEqual(find('rack a100'), ['a/0', 'a/1']);
});

test('what is not fresh is never among the free', () => {
	assert.deepEqual(fitting(fleet(), { wanted: 'free' }), ['a/0', 'a/2', 'b/0', 'b/1']);
	assert.equal(facetsOf(fleet(), NO_FILTER).wanted.free, 4);
});

test('trouble is what is broken, what does not answer, and what something was found about', () => {
	assert.deepEqual(fitting(fleet(), { wanted: 'trouble' }), ['b/1', 'b/2', 'c/0', 'c/1']);
});

test('a model goes by its short name or its whole one', () => {
	assert.deepEqual(fitting(fleet(), { model: 'RTX 3090' }), ['a/2', 'c/1']);
	assert.deepEqual(fitting(fleet(), { model: 'NVIDIA GeForce RTX 3090' }), ['a/2', 'c/1']);
	assert.deepEqual(fitting(fleet(), { model: '3090' }), []);
	for (const [name, short] of [
		['NVIDIA A100-SXM4-80GB', 'A100'],
		['NVIDIA A100-PCIE-40GB', 'A100'],
		['NVIDIA A100 80GB PCIe', 'A100'],
		['NVIDIA H100 80GB HBM3', 'H100'],
		['NVIDIA H100 NVL', 'H100 NVL'],
		['NVIDIA H200', 'H200'],
		['Tesla V100-SXM2-32GB', 'V100'],
		['Tesla T4', 'T4'],
		['NVIDIA L40S', 'L40S'],
		['NVIDIA RTX A6000', 'RTX A6000'],
		['Quadro RTX 8000', 'RTX 8000'],
		['NVIDIA RTX 6000 Ada Generation', 'RTX 6000 Ada'],
		['NVIDIA GeForce GTX 1080 Ti', 'GTX 1080 Ti'],
		['NVIDIA TITAN RTX', 'TITAN RTX'],
		['NVIDIA GH200 480GB', 'GH200'],
		['NVIDIA', 'NVIDIA'],
		['', ''],
	])
		assert.equal(shortModel(name), short, name);
});

test('memory is what the card was sold with', () => {
	const size = (mib) => sizeOf({ memory_total: mib * 2 ** 20 });
	const sizes = [11_264, 15_360, 23_028, 24_576, 32_768, 40_536, 46_068, 49_140, 81_559, 81_920, 95_830, 97_871, 143_771, 183_359];
	assert.deepEqual(sizes.map(size), [11, 16, 24, 24, 32, 40, 48, 48, 80, 80, 94, 96, 141, 180]);
	assert.equal(sizeOf({ memory_total: null }), null);
	assert.equal(size(500 * 1024), 500);
	assert.deepEqual(fitting(rows(host('a', { gpus: [gpu(0, { memory_total: 46_068 * 2 ** 20 }), gpu(1, rtx)] })), { memory: 48 }), ['a/0']);
	assert.deepEqual(fitting(fleet(), { memory: 30 }).includes('b/2'), false, 'what is not known is not enough');
});

test('counts are of what would be left with it and all else that is set', () => {
	const facets = facetsOf(fleet(), asked({ wanted: 'free' }));
	assert.equal(facets.all, 8);
	assert.equal(facets.fitting, 4);
	assert.equal(facets.hosts, 2);
	assert.deepEqual(
		facets.best.map(({ host }) => host.name),
		['a', 'a'],
	);
	assert.deepEqual(facets.models, [
		{ value: 'A100', count: 1 },
		{ value: 'H100', count: 2 },
		{ value: 'RTX 3090', count: 1 },
	]);
	assert.deepEqual(facets.memory, [{ value: 80, count: 3 }], 'the smallest size tells nothing apart');
	assert.deepEqual(facets.groups, [
		{ value: 'rack 1', count: 2 },
		{ value: 'rack 2', count: 2 },
	]);
	assert.deepEqual(facets.wanted, { free: 4, busy: 1, held: 0, trouble: 4 }, 'other states count as if this one were not asked for');
});

test('what leaves nothing tells which part to loosen', () => {
	const { fitting: left, without } = facetsOf(fleet(), asked({ wanted: 'free', model: 'RTX 3090', memory: 80 }));
	assert.equal(left, 0);
	assert.deepEqual(without, { words: 0, wanted: 0, model: 3, memory: 1, group: 0, user: 0 });
	assert.equal(facetsOf(fleet(), asked({ user: 'alice', wanted: 'free' })).without.wanted, 1);
});

test('a fleet of one kind has nothing to choose but what is free', () => {
	const { memory, models, groups } = facetsOf(rows(host('a', { gpus: [gpu(0), gpu(1)] })), NO_FILTER);
	assert.deepEqual(memory, []);
	assert.equal(models.length, 1);
	assert.deepEqual(groups, []);
});

test('a host without a GPU is found by its words, and asked for by trouble', () => {
	const down = failed('down', {}, { gpus: [] });
	const fits = (filter) => new Sieve(asked(filter)).fitsEmpty(down);
	assert.equal(fits({}), true);
	assert.equal(fits({ words: 'down auth' }), true);
	assert.equal(fits({ words: 'up' }), false);
	assert.equal(fits({ wanted: 'trouble' }), true);
	for (const filter of [{ wanted: 'free' }, { model: 'A100' }, { memory: 1 }, { group: 'x' }, { user: 'a' }]) assert.equal(fits(filter), false);
});

test('a text is looked up anew when its thing is another', () => {
	const before = rows(host('a', { gpus: [busy(0, 'alice', 'x')] }));
	const now = rows(host('a', { gpus: [gpu(0, { processes: [proc('bob', 'y', 1, 1)] })] }));
	assert.deepEqual(fitting(before, { words: 'alice' }), ['a/0']);
	assert.deepEqual(fitting(now, { words: 'alice' }), []);
	assert.deepEqual(fitting(now, { words: 'bob' }), ['a/0']);
});

test('blanks alone are no filter', () => {
	assert.equal(isFiltering(asked({ words: '  ' })), false);
	assert.equal(isFiltering(asked({ words: 'x' })), true);
	assert.equal(isFiltering(asked({ memory: 40 })), true);
});
