/* Search, filters and sort: what they show, and that an address says it all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { busy, cut, failed, GiB, gpu, host, NOW, part, process as proc, snapshot } from './fixtures.mjs';
import { goTo, harness, until } from './harness.mjs';

const stage = harness();

const h100 = { name: 'NVIDIA H100 80GB HBM3' };
const rtx = { name: 'NVIDIA GeForce RTX 3090', memory_total: 24 * GiB };
const a40 = { name: 'NVIDIA A100-PCIE-40GB', memory_total: 40 * GiB };
const idle = (index, user) => gpu(index, { memory_used: 34 * GiB, processes: [{ ...busy(0, user, 'jupyter').processes[0] }] });

const fleet = (more = {}) =>
	snapshot([
		host('node1', { gpus: [gpu(0), gpu(1), gpu(2), busy(3, 'alice', 'python train.py --cfg vit')], ...more }),
		host('node10', { gpus: [gpu(0, rtx), busy(1, 'bob', 'vllm serve', { ...rtx, memory_used: 20 * GiB })], ...more }),
		host('node2', { gpus: [busy(0, 'bob', 'eval.py', h100), idle(1, 'dora'), gpu(2, a40)], ...more }),
		failed('node3', {}, { gpus: [gpu(0), gpu(1)], ...more }),
		host('node4', { state: 'stale', sampled: NOW() - 60, gpus: [gpu(0, h100)], ...more }),
	]);

const shownHosts = (page) => page.locator('.host .name').allTextContents();
const shows = (page, ...names) => until(async () => (await shownHosts(page)).join() === names.join(), `the hosts ${names}`);
const chip = (page, text) => page.locator('.find .chip', { hasText: new RegExp(`^${text}( \\d+)?$`) });
const query = (page) => new URL(page.url()).search;
const box = (page) => page.getByRole('searchbox');
const all = ['node1', 'node10', 'node2', 'node3', 'node4'];

test('the slash leads to the search; what is typed is one step back; Escape clears, then leaves', () =>
	stage.withPage(fleet(), async (page) => {
		await page.keyboard.press('/');
		await page.keyboard.type('alice');
		await shows(page, 'node1');
		assert.equal(query(page), '?view=cards&q=alice');
		await page.goBack();
		await shows(page, ...all);
		assert.equal(await box(page).inputValue(), '');
		await page.goForward();
		await shows(page, 'node1');
		assert.equal(await box(page).inputValue(), 'alice');
		await box(page).focus();
		await page.keyboard.press('Escape');
		await shows(page, ...all);
		assert.equal(await box(page).evaluate((element) => element === document.activeElement), true);
		await page.keyboard.press('Escape');
		assert.equal(await box(page).evaluate((element) => element === document.activeElement), false);
		await page.keyboard.type('/a/b');
		assert.equal(await box(page).inputValue(), 'a/b', 'in the box it is a letter');
	}));

test('the search finds host, model, person, command and comment', () =>
	stage.withPage(fleet(), async (page) => {
		for (const [words, ...found] of [
			['node10', 'node10'],
			['3090', 'node10'],
			['BOB', 'node10', 'node2'],
			['vit train', 'node1'],
			['nowhere'],
		]) {
			await box(page).fill(words);
			await shows(page, ...found);
		}
	}));

test('free now shows what is free and fresh, where most of it is, and the line that leads there', () =>
	stage.withPage(fleet(), async (page) => {
		await chip(page, 'free now').click();
		await shows(page, 'node1', 'node10', 'node2');
		assert.equal(await page.locator('.gpu').count(), 5);
		assert.equal(await chip(page, 'free now').getAttribute('aria-pressed'), 'true');
		assert.equal(await chip(page, 'free now').textContent(), 'free now 5');
		assert.equal(query(page), '?view=cards&show=free');
		assert.equal(await page.locator('.finder p').textContent(), '5 free GPUs on 3 hosts; 3 on node1');
		assert.match(await page.locator('.finder code').textContent(), /^ssh node1\.lab\.example .*CUDA_VISIBLE_DEVICES=0,1,2 /);
		const [node1] = stage.mock.snapshot.hosts;
		stage.mock.change({ ...node1, state: 'stale' });
		await shows(page, 'node10', 'node2');
		await page.locator('.finder p', { hasText: '2 free GPUs on 2 hosts' }).waitFor();
	}));

test('filters add up, stand in the address, and the back button takes them back one by one', () =>
	stage.withPage(fleet(), async (page) => {
		await chip(page, 'busy').click();
		await chip(page, 'H100').click();
		await shows(page, 'node2');
		assert.equal(query(page), '?view=cards&show=busy&model=H100');
		await goTo(page, 'Map');
		assert.equal(query(page), '?view=map&show=busy&model=H100');
		const other = await page.context().newPage();
		await other.goto(page.url().replace('view=map', 'view=cards'));
		await shows(other, 'node2');
		assert.equal(await chip(other, 'H100').getAttribute('aria-pressed'), 'true');
		await other.close();
		await page.goBack();
		await shows(page, 'node2');
		await page.goBack();
		await shows(page, 'node1', 'node10', 'node2');
		await page.goBack();
		await shows(page, ...all);
		assert.equal(query(page), '?view=cards');
	}));

test('memory is offered in the sizes that tell GPUs apart', () =>
	stage.withPage(fleet(), async (page) => {
		assert.deepEqual(await page.locator('.chip', { hasText: '≥' }).allTextContents(), ['≥ 40 GB 7', '≥ 80 GB 6']);
		await chip(page, '≥ 40 GB').click();
		await shows(page, 'node1', 'node2', 'node3', 'node4');
		await chip(page, '≥ 40 GB').click();
		await shows(page, ...all);
		stage.mock.show(snapshot([host('one'), host('two')]));
		await shows(page, 'one', 'two');
		await until(async () => (await page.locator('.chip', { hasText: /≥|A100/ }).count()) === 0, 'nothing to choose from');
	}));

test('groups are offered when there are any', async () => {
	await stage.withPage(fleet(), async (page) => assert.equal(await page.locator('.chip', { hasText: 'rack' }).count(), 0));
	const { hosts, ...rest } = fleet();
	const grouped = hosts.map((it, place) => ({ ...it, group: `rack ${place < 2 ? 1 : 2}` }));
	await stage.withPage({ ...rest, hosts: grouped }, async (page) => {
		await chip(page, 'rack 1').click();
		await shows(page, 'node1', 'node10');
		assert.equal(query(page), '?view=cards&group=rack+1');
	});
});

test('mine asks once who one is, keeps it, and the link shows others the same', () =>
	stage.withPage(fleet(), async (page) => {
		await chip(page, 'mine').click();
		const name = page.getByLabel('Your name on the hosts:');
		await until(() => name.evaluate((element) => element === document.activeElement), 'the field to be entered');
		assert.deepEqual(await page.locator('#people-seen option').evaluateAll((options) => options.map(({ value }) => value)), ['alice', 'bob', 'dora']);
		await name.fill('bob');
		await page.keyboard.press('Enter');
		await shows(page, 'node10', 'node2');
		assert.equal(query(page), '?view=cards&user=bob');
		await page.goto(stage.mock.url);
		await shows(page, ...all);
		await chip(page, 'mine').click();
		await shows(page, 'node10', 'node2');
		await page.getByRole('button', { name: 'not bob?' }).click();
		await name.fill('alice');
		await page.getByRole('button', { name: 'remember' }).click();
		await shows(page, 'node1');
		await chip(page, 'mine').click();
		await shows(page, ...all);
	}));

test('a person stands among the filters, to be taken out again', () =>
	stage.withPage(fleet(), async (page) => {
		await page.goto(`${stage.mock.url}?user=dora`);
		await shows(page, 'node2');
		await page.locator('.chip.person', { hasText: 'dora' }).click();
		await shows(page, ...all);
	}));

test('nothing found says what was asked for, and what to loosen', () =>
	stage.withPage(fleet(), async (page) => {
		await page.goto(`${stage.mock.url}?show=free&model=RTX+3090&memory=80`);
		const none = page.locator('.no-match');
		await none.waitFor();
		assert.equal(await none.locator('p').first().textContent(), 'No GPU is all of this: free now · RTX 3090 · ≥ 80 GB');
		assert.equal(await none.locator('p').nth(1).textContent(), 'But there are 3 of other models · 1 with less memory');
		await none.getByRole('link', { name: '1 with less memory' }).click();
		await shows(page, 'node10');

		await page.goto(`${stage.mock.url}?show=free&model=A100&memory=80&q=node2`);
		await none.getByRole('link', { name: '1 with at least 40 GB' }).click();
		await shows(page, 'node2');
		await page.goto(`${stage.mock.url}?q=nowhere`);
		await none.getByRole('button', { name: 'Show all' }).click();
		await shows(page, ...all);
		assert.equal(await box(page).inputValue(), '');
	}));

test('all of it is cleared at once', () =>
	stage.withPage(fleet(), async (page) => {
		await page.goto(`${stage.mock.url}?show=free&q=node1&model=A100`);
		await shows(page, 'node1');
		await page.getByRole('button', { name: 'Clear', exact: true }).click();
		await shows(page, ...all);
		assert.equal(await page.locator('.chip[aria-pressed="true"]').count(), 0);
		assert.equal(await page.getByRole('button', { name: 'Clear', exact: true }).count(), 0);
	}));

test('what an address says and nobody understands does no harm', () =>
	stage.withPage(fleet(), async (page) => {
		await page.goto(`${stage.mock.url}?view=none&show=all&memory=much&sort=%00&colour=x&what=that&host=&gpu=%F0%9F%A4%96`);
		await shows(page, ...all);
		await page.goto(`${stage.mock.url}?model=TPU&group=attic&user=%E2%80%AEnobody&memory=7`);
		await page.locator('.no-match').waitFor();
		assert.equal(await chip(page, 'TPU').getAttribute('aria-pressed'), 'true', 'what is set can be taken back');
	}));

test('cards are sorted as the viewer likes, and each view by its own', () =>
	stage.withPage(fleet(), async (page) => {
		const sort = page.getByLabel('sort');
		await sort.selectOption('by name');
		await shows(page, 'node1', 'node2', 'node3', 'node4', 'node10');
		await sort.selectOption('most used first');
		assert.equal((await shownHosts(page)).length, 5);
		await until(async () => (await shownHosts(page))[0] === 'node10', 'the one of which half is busy');
		await sort.selectOption('most free first');
		assert.equal(query(page), '?view=cards&sort=most-free');
		await shows(page, 'node1', 'node10', 'node2', 'node3', 'node4');
		await goTo(page, 'People');
		assert.equal(query(page), '?view=people');
		await goTo(page, 'Cards');
		assert.equal(query(page), '?view=cards&sort=most-free', 'it is found again');
		await page.reload();
		assert.equal(await sort.inputValue(), 'most-free');
	}));

test('who listens hears how many are left, after each change of the filter', () =>
	stage.withPage(fleet(), async (page) => {
		await chip(page, 'free now').click();
		await page.locator('.find [role="status"]', { hasText: /^5 GPUs shown$/ }).waitFor();
		await chip(page, 'free now').click();
		await page.locator('.find [role="status"]', { hasText: /^$/ }).waitFor({ state: 'attached' });
	}));

test('the view is kept for the next time, unless an address says another', () =>
	stage.withPage(fleet(), async (page) => {
		await goTo(page, 'People');
		await page.locator('.people').waitFor();
		await page.goto(stage.mock.url);
		await page.locator('.people').waitFor();
		assert.equal(query(page), '?view=people');
		await page.goto(`${stage.mock.url}?show=free`);
		await shows(page, 'node1', 'node10', 'node2');
	}));

test('the address of the cards says so, whatever view was used last, here or elsewhere', () =>
	stage.withPage(fleet(), async (page) => {
		await until(() => query(page) === '?view=cards', 'the view in the address');
		await page.evaluate(() => localStorage.setItem('nvwebmon.view', 'table')); // as another tab does
		await page.reload();
		await shows(page, ...all);
		assert.equal(query(page), '?view=cards');
	}));

test('a free part of a GPU is found, counted, and led to', () => {
	const uuid = 'MIG-11111111-2222-3333-4444-555555555555';
	const parts = [part(0, '3g.40gb', 20, [proc('erin', 'x', 20, 60)]), part(1, '2g.20gb', 0.1, [], { uuid }), part(2, '2g.20gb', 0.1)];
	const hosts = [host('node1', { address: 'node1', gpus: [cut(0, parts, { processes: [{ ...proc('erin', 'x', 20, 60), mig: 0 }] })] }), host('node2', { gpus: [busy(0, 'bob', 'x')] })];
	return stage.withPage(snapshot(hosts), async (page) => {
		await page.locator('.whole', { hasText: '2 GPUs · 2 free parts of GPUs' }).waitFor();
		await chip(page, 'free now').click();
		await shows(page, 'node1');
		await page.locator('.finder', { hasText: '1 GPU with free parts on node1' }).waitFor();
		assert.match(await page.locator('.finder code').textContent(), new RegExp(`^ssh node1 -t 'env .*=${uuid} `));
		stage.mock.change({ ...hosts[0], process_problem: 'it took too long' });
		await page.locator('.no-match').waitFor();
	});
});

test('an address that makes no sense shows what there is', () =>
	stage.withPage(fleet(), async (page) => {
		for (const [wrong, right] of [
			['view=cards&sort=__proto__', '.card'],
			['view=people&sort=__proto__', '.people tbody tr'],
			['view=table&sort=constructor', 'tbody tr'],
			['view=map&colour=__proto__', '.sq'],
			['view=nothing', '.card'],
			['memory=1e999', '.card'],
			['memory=-3&show=all&host=', '.card'],
		]) {
			await page.goto(`${stage.mock.url}?${wrong}`);
			await page.locator(right).first().waitFor();
			assert.equal(await page.locator('.chip', { hasText: 'Infinity' }).count(), 0);
			assert.equal(await page.locator('.details').count(), 0, wrong);
		}
	}));
