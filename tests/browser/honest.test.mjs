/* Nothing is offered that should not be taken, nothing old is said as of now, and numbers agree. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { busy, failed, finding, GiB, gpu, host, lost, NOW, process, snapshot } from './fixtures.mjs';
import { figure, goTo, harness, panel, row, until } from './harness.mjs';
import { modules } from './modules.mjs';

const { facetsOf, foldFindings, isOffered, NO_FILTER, peopleOf, rowsOf, Sieve, summaryOf, tallyOf: tallyBy, troublesOf, troublesOfGpu, isGrave, severityOf, useOf } =
	await modules('model/filter', 'model/findings', 'model/people', 'model/rows', 'model/tally', 'model/troubles', 'model/use');

const stage = harness();
const RULE = { memory_percent: 5, utilization_percent: 5 };
const CONNECTION = /ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY/;
const tallyOf = (it, fresh) => tallyBy(it, rowsOf(it, fresh, RULE), fresh);
const ecc = (index, more = {}) => finding('ecc-uncorrected', 'error', `GPU ${index}: 3 uncorrected ECC errors`, { gpu: index, ...more });

test('a GPU about which an error was found is free, and not offered', () => {
	const it = host('a', { gpus: [gpu(0), gpu(1), busy(2, 'bob', 'x')], findings: [ecc(1), ecc(2), finding('stuck', 'warning', 'GPU 0: x', { gpu: 0 })] });
	const rows = rowsOf(it, true, RULE);
	assert.deepEqual(rows.map(({ use }) => use), ['free', 'free', 'busy']);
	assert.deepEqual(rows.map(isOffered), [true, false, false]);
	assert.deepEqual(rows.map(({ ails }) => ails?.gpu ?? null), [null, 1, 2]);
	assert.deepEqual(rowsOf(it, false, RULE).map(isOffered), [false, false, false], 'nothing old is');
	const { uses, ailing, gpus } = tallyOf(it, true);
	assert.deepEqual([uses.free, uses.busy, ailing, gpus], [1, 1, 1, 3]);
	assert.equal(facetsOf(rows, new Sieve({ ...NO_FILTER, wanted: 'free' })).fitting, 1);
	const [, moved] = rowsOf({ ...it, findings: [ecc(0, { uuid: gpu(1).uuid })] }, true, RULE);
	assert.equal(moved.ails?.kind, 'ecc-uncorrected', 'a UUID is surer than an index');
});

test('a GPU is not free where its host does not tell all processes', () => {
	const at = (it, more) => useOf(it, host('a', more), RULE);
	assert.equal(at(gpu(0), { process_problem: 'Insufficient Permissions' }), 'unknown');
	assert.equal(at(gpu(0, { process_problem: 'Not Supported' }), {}), 'unknown');
	assert.equal(at(gpu(0, { memory_used: 40 * GiB }), { process_problem: 'no' }), 'held', 'memory tells');
	assert.equal(at(gpu(0, { processes: [process('bob', 'x', 1, 1)] }), { process_problem: 'no' }), 'held');
	assert.equal(at(gpu(0), {}), 'free');
});

test('who holds a GPU without being seen is somebody not known', () => {
	const rows = rowsOf(host('a', { gpus: [gpu(0, { memory_used: 40 * GiB, processes: null }), gpu(1)] }), true, RULE);
	assert.deepEqual(peopleOf(rows).map(({ user, gpus, held }) => [user, gpus, held]), [[null, 1, 1]]);
});

test('a broken GPU is a trouble, found or not, and once', () => {
	const untold = host('a', { gpus: [gpu(0), lost(1, 'GPU is lost', { problem_since: 70 })] });
	const [trouble, ...others] = troublesOf(untold, true);
	assert.deepEqual([trouble.finding.message, trouble.since, isGrave(trouble), others.length], ['GPU 1: GPU is lost', 70, true, 0]);
	assert.equal(troublesOfGpu(untold, 1, true).length, 1);
	assert.equal(troublesOfGpu(untold, 0, true).length, 0);
	assert.equal(troublesOf({ ...untold, findings: [finding('gpu-problem', 'error', 'GPU 1: GPU is lost', { gpu: 1 })] }, true).length, 1);
	assert.equal(foldFindings(untold.findings).length, 0, 'the host is as it was');
});

test('late is neither down nor up, and can wait', () => {
	const late = host('b', { state: 'stale', since: 7 });
	const [trouble] = troublesOf(late, false);
	assert.deepEqual([severityOf(trouble), isGrave(trouble)], ['late', false]);
	const { hostsOk, hostsDown, hostsLate, all, gpus } = summaryOf([host('a'), late, failed('c', {})].map((it) => tallyOf(it, it.state === 'ok')));
	assert.deepEqual([hostsOk, hostsDown, hostsLate, all, gpus], [1, 1, 1, 3, 1]);
});

test('models are counted where they answer', () => {
	const h100 = { name: 'NVIDIA H100 80GB HBM3' };
	const hosts = [host('a', { gpus: [gpu(0), gpu(1, h100)] }), host('b', { state: 'stale', gpus: [gpu(0, h100)] })];
	const { models } = facetsOf(hosts.flatMap((it) => rowsOf(it, it.state === 'ok', RULE)), new Sieve(NO_FILTER));
	assert.deepEqual(models, [{ value: 'H100', count: 1 }, { value: 'A100', count: 1 }]);
});

test('what ails is marked in words in cards, table and map, and nobody is sent there', () =>
	stage.withPage(
		snapshot([host('node1', { gpus: [gpu(0), gpu(1), gpu(2), busy(3, 'bob', 'x')], findings: [ecc(1), ecc(3)] }), host('node2')]),
		async (page) => {
			assert.match(await row(page, 'node1', 1).locator('.who').textContent(), /free.*3 uncorrected ECC errors/);
			assert.equal(await row(page, 'node1', 1).locator('.copy').count(), 0);
			assert.match(await row(page, 'node1', 3).locator('.who').textContent(), /bob.*3 uncorrected ECC errors/);
			assert.equal(await row(page, 'node1', 0).locator('.ails').count(), 0);
			assert.equal(await panel(page, 'node1').locator('.kinds .copy').textContent(), 'copy 2 free');
			assert.equal(await figure(page, 'GPUs free').textContent(), '3');
			assert.match(await page.locator('.whole').textContent(), /5 GPUs · 1 free but with an error/);
			await page.locator('.chip', { hasText: 'free now' }).click();
			await page.locator('.finder p', { hasText: '3 free GPUs' }).waitFor();
			assert.match(await page.locator('.finder code').textContent(), /CUDA_VISIBLE_DEVICES=0,2 /);
			await page.locator('.chip', { hasText: 'free now' }).click();
			await goTo(page, 'Table');
			const line = page.locator('tbody tr').nth(1);
			await line.waitFor();
			assert.match(await line.textContent(), /free.*3 uncorrected ECC errors/);
			assert.equal(await line.locator('.copy').count(), 0);
			await goTo(page, 'Map');
			await page.locator('.sq.free.ailing[aria-label="node1 GPU 1: free · 3 uncorrected ECC errors"]').waitFor();
		},
	));

test('every number of troubles is the same, and counts what the list has', () =>
	stage.withPage(
		snapshot([
			host('node1', { gpus: [gpu(0), lost(1), gpu(2), gpu(3)], findings: [ecc(2), ecc(3)] }),
			failed('node2', {}),
			host('node3', { state: 'stale', since: NOW() - 30 }),
		]),
		async (page) => {
			await page.waitForFunction(() => document.title.startsWith('(3!) 1 free'));
			assert.match(await page.locator('.summary li', { hasText: 'in trouble' }).textContent(), /^3in trouble · 1 host · 2 errors$/);
			assert.match(await page.locator('.badge').textContent(), /^3/);
			assert.match(await page.locator('.whole').textContent(), /^1 host up · 1 down · 1 late · 6 GPUs, 4 of them answering/);
			await goTo(page, 'Trouble');
			const headings = page.locator('.trouble-list h2');
			await headings.first().waitFor();
			assert.deepEqual(await headings.allTextContents(), ['1 host does not answer', '2 errors', '1 host is late']);
			assert.equal(await page.locator('.chip', { hasText: /^(free now|held idle|busy|trouble)/ }).count(), 0, 'what does nothing here');
			await page.goto(`${stage.mock.url}?view=trouble&show=free`);
			await headings.first().waitFor();
			assert.equal(await page.locator('.finder, .no-match').count(), 0);
		},
	));

test('once the connection is lost no figure is said, and nobody is said to be away', () =>
	stage.withPage(
		snapshot([host('node1', { gpus: [gpu(0), busy(1, 'bob', 'x')] }), host('node2')]),
		async (page) => {
			const NOW_UNKNOWN = /^No word from the server since \d\d:\d\d:\d\d: what is there now is not known\./;
			await stage.mock.down();
			try {
				await page.locator('.link.lost').waitFor();
				await page.clock.fastForward(11_000);
				await page.locator('.whole', { hasText: NOW_UNKNOWN }).waitFor();
				assert.deepEqual([...new Set(await page.locator('.summary b').allTextContents())], ['–']);
				assert.equal(await page.locator('.summary i').count(), 0);
				await goTo(page, 'People');
				await page.locator('.waiting', { hasText: NOW_UNKNOWN }).waitFor();
				await goTo(page, 'Cards');
				await page.locator('.chip', { hasText: 'free now' }).click();
				await page.locator('.no-match', { hasText: NOW_UNKNOWN }).waitFor();
				assert.doesNotMatch(await page.locator('.no-match').textContent(), /No GPU is/);
			} finally {
				await stage.mock.up();
			}
			await page.locator('.finder p', { hasText: '2 free GPUs' }).waitFor();
		},
		{ allowed: CONNECTION, clock: true },
	));

test('people whom the filter takes away are not gone', () =>
	stage.withPage(snapshot([host('node1', { gpus: [busy(0, 'bob', 'x')] })]), async (page) => {
		await page.goto(`${stage.mock.url}?view=people&show=held`);
		await page.locator('.waiting', { hasText: 'Nobody is on what the filter shows.' }).getByRole('button').click();
		await page.locator('.people th', { hasText: 'bob' }).waitFor();
	}));

test('who is asked for a name has done nothing wrong', () =>
	stage.withPage(snapshot([host('node1')]), async (page) => {
		await page.goto(`${stage.mock.url}?user=me`);
		await page.locator('.who-are-you').waitFor();
		assert.equal(await page.locator('.no-match').count(), 0);
	}));

test('a held GPU of nobody known says so, and for how long', () =>
	stage.withPage(
		snapshot([host('node1', { gpus: [gpu(0, { memory_used: 40 * GiB, processes: null, idle_since: NOW() - 7200 })] })]),
		async (page) => assert.match(await row(page, 'node1', 0).locator('.who').textContent(), /^held by somebody not known idle 2 h/),
	));

test('what is offered is gone from the offer as soon as from its card', () =>
	stage.withPage(snapshot([host('node1', { gpus: [gpu(0), gpu(1)] }), host('node2')]), async (page) => {
		await page.locator('.chip', { hasText: 'free now' }).click();
		await page.locator('.finder code', { hasText: 'CUDA_VISIBLE_DEVICES=0,1 ' }).waitFor();
		await page.evaluate(() => {
			window.lies = 0;
			new MutationObserver(() => {
				const offered = /VISIBLE_DEVICES=([\d,]+)/.exec(document.querySelector('.finder code')?.textContent ?? '')?.[1].split(',').length;
				const there = document.querySelectorAll('.host:first-child .gpu.free, .card:first-child .gpu.free').length;
				if (offered > there) window.lies++;
			}).observe(document.body, { subtree: true, childList: true, characterData: true });
		});
		stage.mock.change(host('node1', { gpus: [gpu(0), busy(1, 'bob', 'x')] }));
		await page.locator('.finder code', { hasText: 'CUDA_VISIBLE_DEVICES=0 ' }).waitFor();
		await until(async () => (await panel(page, 'node1').locator('.gpu').count()) === 1, 'the card has one');
		assert.equal(await page.evaluate(() => window.lies), 0);
	}));

test('where no host answers nothing is said of now: not that nobody computes, and no figure', () =>
	stage.withPage(snapshot([failed('node1', {}, { gpus: [gpu(0)] }), host('node2', { state: 'stale', gpus: [busy(0, 'bob', 'x')] })]), async (page) => {
		for (const title of ['free', 'busy', 'held but idle', 'active', 'drawn now']) assert.equal(await figure(page, title).textContent(), '–', title);
		assert.equal(await figure(page, 'in trouble').textContent(), '1');
		await page.goto(`${stage.mock.url}?view=people`);
		await page.getByText('No host answers: who computes there is not known.').waitFor();
		await page.goto(`${stage.mock.url}?view=cards&show=free`);
		await page.locator('.no-match').waitFor();
		assert.doesNotMatch(await page.locator('.no-match').textContent(), /But there are/);
	}));

test('GPUs that are broken are counted', () =>
	stage.withPage(snapshot([host('node1', { gpus: [lost(0), lost(1), gpu(2)] })]), async (page) => {
		await page.locator('.whole', { hasText: '3 GPUs · 2 broken' }).waitFor();
	}));

test('details never say ok of what is not fresh, and that the connection is lost', () =>
	stage.withPage(
		snapshot([host('node1', { gpus: [gpu(0)] })]),
		async (page) => {
			await page.goto(`${stage.mock.url}?view=cards&host=node1`);
			const state = page.locator('.details .heading .state');
			await until(async () => (await state.textContent()) === 'ok', 'it is well');
			const ground = () => page.locator('.details .heading .mark').evaluate((it) => getComputedStyle(it).backgroundColor);
			const green = await ground();
			await stage.mock.down();
			try {
				await page.locator('.details .lost', { hasText: 'connection lost since' }).waitFor();
				await page.clock.fastForward(12_000);
				await until(async () => (await state.textContent()) === 'not fresh', 'it is not');
				assert.notEqual(await ground(), green);
			} finally {
				await stage.mock.up();
			}
		},
		{ clock: true, allowed: /ERR_|net::/ },
	));

test('nobody is said to compute nowhere where that is not known; a free GPU’s details lead there', () =>
	stage.withPage(snapshot([host('node1', { address: 'node1', process_problem: 'it took too long', gpus: [gpu(0)] }), host('node2', { gpus: [lost(0)] }), host('node3', { address: 'node3', gpus: [gpu(0)] })]), async (page) => {
		const details = page.locator('.details');
		const open = async (name, index) => {
			await page.goto(`${stage.mock.url}?view=cards&host=${name}${index === undefined ? '' : `&gpu=${gpu(index).uuid}`}`);
			await details.locator('h3', { hasText: 'Processes' }).waitFor();
			return details.textContent();
		};
		assert.doesNotMatch(await open('node1'), /Nobody computes here/);
		assert.doesNotMatch(await open('node2'), /Nobody computes here/);
		assert.match(await open('node3'), /Nobody computes here/);
		assert.match(await open('node1', 0), /it took too long/);
		assert.doesNotMatch(await details.textContent(), /Nobody computes here|ssh node1/);
		assert.match(await open('node3', 0), /ssh node3 -t 'env .*CUDA_VISIBLE_DEVICES=0/);
	}));

test('what one host says wrongly takes no other from any view, nor any list of what there is', () => {
	const bad = [
		host('bad1', { gpus: [gpu(0, { name: 7 })] }),
		host('bad2', { findings: [finding('ecc', 'error', null, { gpu: 0, uuid: gpu(0).uuid })] }),
		host('bad3', { findings: [finding('disk-full', 'error', null)] }),
		failed('bad4', { kind: null }),
	];
	return stage.withPage(
		snapshot([...bad, host('good', { gpus: [gpu(0), busy(1, 'alice', 'x')] })]),
		async (page) => {
			for (const [path, there] of [
				['?view=cards', '.host[aria-label="good"] .gpu'],
				['?view=table', 'tbody tr :text("good")'],
				['?view=map', '[data-host="good"] .sq'],
				['?view=people', '.people :text("alice")'],
				['?view=trouble', '.trouble-view :text("bad3")'],
				['?view=wall', '.tile .name:text("good")'],
			]) {
				await page.goto(stage.mock.url + path);
				await page.locator(there).first().waitFor();
				if (path !== '?view=wall') await page.locator('.chip').first().waitFor();
			}
		},
		{ allowed: /cannot be|bad/ },
	);
});
