/* The map: every GPU on one screen, and what its square says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { axe } from './chromium.mjs';
import { busy, failed, fleet, gpu, GiB, host, lab, lost, NOW, process as proc, snapshot } from './fixtures.mjs';
import { goTo, harness, until } from './harness.mjs';
import { modules } from './modules.mjs';

const stage = harness();
const model = await modules('model/mosaic');

const squares = (page, name) => page.getByRole('group', { name, exact: true }).getByRole('button');
const look = (page, name, place) => squares(page, name).nth(place).getAttribute('class');
const held = (index) => gpu(index, { memory_used: 34 * GiB, processes: [proc('dora', 'jupyter', 34, 60)], idle_since: NOW() - 7300 });
const showMap = async (page) => {
	await goTo(page, 'Map');
	await page.locator('.mosaic .sq').first().waitFor();
};
const query = (page, name) => new URL(page.url()).searchParams.get(name);

test('squares are as large as the room allows, with names where there is room for them', () => {
	const eight = (hosts) => Array.from({ length: hosts }, () => 8);
	const few = model.layOut(eight(8), 1392, 600);
	assert.ok(few.named && few.square > 24, JSON.stringify(few));
	const thousand = model.layOut(eight(1000), 1392, 560);
	assert.ok(!thousand.named && thousand.square >= 6, JSON.stringify(thousand));
	assert.ok(model.layOut(eight(120), 1392, 560).named);
	assert.ok(model.layOut([1], 280, 10).square >= 6, 'no room at all');
	assert.equal(model.layOut([], 1392, 600).across, 1);
});

test('people have colours of their own, the same ones the next day', () => {
	const users = Array.from({ length: 24 }, (_, i) => `user${i}`);
	const slots = model.personSlots(users);
	assert.equal(new Set(slots.values()).size, 24);
	assert.deepEqual([...model.personSlots([...users].reverse())], [...slots], 'in whichever order they come');
	assert.equal(model.personSlots([...users, 'one more', 'and another']).size, 26);
});

test('lightness tells how much', () => {
	const level = (measure, more) => model.levelOf(gpu(0, more), measure);
	assert.deepEqual([0, 50, 100, null].map((utilization) => level('utilization', { utilization })), [0, 4, 7, null]);
	assert.equal(level('memory', { memory_used: 80 * GiB }), 7);
	assert.deepEqual([10, 30, 95].map((temperature) => level('temperature', { temperature })), [0, 0, 7]);
	assert.equal(level('power', { power: 800, power_limit: 400 }), 7);
	assert.equal(level('power', { power: 300, power_limit: null }), null);
});

test('every GPU of a thousand hosts is on one screen', () =>
	stage.withPage(fleet(1000), async (page) => {
		await showMap(page);
		await page.waitForFunction(() => document.querySelectorAll('.mosaic .sq').length === 8000);
		const { least, lowest, rightmost } = await page.evaluate(() => {
			const boxes = [...document.querySelectorAll('.mosaic .sq')].map((square) => square.getBoundingClientRect());
			return {
				least: Math.min(...boxes.map(({ width, height }) => Math.min(width, height))),
				lowest: Math.max(...boxes.map(({ bottom }) => bottom)),
				rightmost: Math.max(...boxes.map(({ right }) => right)),
			};
		});
		assert.ok(least >= 6, `${least} px`);
		assert.ok(lowest <= 900 && rightmost <= 1440, `${rightmost} x ${lowest}`);
		assert.equal(await page.evaluate(() => document.documentElement.scrollHeight), 900);
	}));

test('the state is told by shape, not by colour alone, and in words to those who listen', () => {
	const gpus = [gpu(0), busy(1, 'alice', 'train.py', { utilization: 88 }), held(2), lost(3), gpu(4, { processes: null, memory_used: null })];
	const hosts = [host('node1', { gpus }), failed('node2', {}, { gpus: [gpu(0)] }), failed('node3', {}, { sampled: null, gpus: [] })];
	return stage.withPage(snapshot(hosts), async (page) => {
		await showMap(page);
		assert.deepEqual(await squares(page, 'node1').evaluateAll((all) => all.map((square) => square.getAttribute('aria-label'))), [
			'node1 GPU 0: free',
			'node1 GPU 1: alice, 88 %',
			'node1 GPU 2: held, idle, dora',
			'node1 GPU 3: broken',
			'node1 GPU 4: not known',
		]);
		assert.equal(await squares(page, 'node2: down').getAttribute('aria-label'), 'node2 GPU 0: was free, not up to date');
		assert.equal(await squares(page, 'node3: down').getAttribute('aria-label'), 'node3: Login refused');
		const shapes = await squares(page, 'node1').evaluateAll((all) =>
			all.map((square) => {
				const { borderTopWidth, backgroundImage, backgroundColor } = getComputedStyle(square);
				const filled = !/\b0\)$|transparent/.test(backgroundColor);
				return [borderTopWidth, backgroundImage.replace(/rgba?\([^)]*\)|color\([^)]*\)/g, ''), filled].join(' ');
			}),
		);
		assert.equal(new Set(shapes).size, 5, shapes.join('\n'));
	});
});

test('the colour is chosen, stands in the address, and people get letters and a legend', () =>
	stage.withPage(
		snapshot([host('node1', { gpus: [busy(0, 'alice', 'x', { temperature: 90, utilization: 10 }), busy(1, 'bob', 'x')] })]),
		async (page) => {
			await showMap(page);
			assert.match(await look(page, 'node1', 0), /v1/);
			await page.getByLabel('colour by').selectOption('temperature');
			await until(async () => /v7/.test(await look(page, 'node1', 0)), 'hot');
			assert.equal(query(page, 'colour'), 'temperature');
			await page.getByLabel('colour by').selectOption('user');
			await until(async () => (await squares(page, 'node1').allTextContents()).join('') === 'AB', 'letters');
			assert.notEqual((await look(page, 'node1', 0)).match(/p\d h\d/)[0], (await look(page, 'node1', 1)).match(/p\d h\d/)[0]);
			await page.locator('.legend').getByRole('link', { name: 'bob' }).click();
			assert.equal(query(page, 'user'), 'bob');
			await until(async () => /out/.test(await look(page, 'node1', 0)), 'alice dimmed');
			assert.doesNotMatch(await look(page, 'node1', 1), /out/);
			await page.goBack();
			await page.goBack();
			await until(async () => /v7/.test(await look(page, 'node1', 0)), 'back to the temperature');
		},
	));

test('a host that was never reached has no broken GPU; the legend tells every look', () =>
	stage.withPage(snapshot([failed('never', {}, { gpus: [], sampled: null }), host('node1', { gpus: [held(0)] })]), async (page) => {
		await showMap(page);
		const square = page.getByRole('group', { name: 'never: down' }).getByRole('button');
		assert.deepEqual(await square.evaluate((it) => [getComputedStyle(it).borderTopStyle, getComputedStyle(it).backgroundImage]), ['dashed', 'none']);
		const legend = page.locator('.legend');
		for (const look of ['untold', 'held', 'asleep', 'old', 'none']) assert.equal(await legend.locator(`.sq.${look}`).count(), 1, look);
		await legend.getByRole('combobox').selectOption('user');
		await legend.locator('.sq.theirs').waitFor();
		assert.equal(await legend.locator('.sq.held').count(), 0, 'no one colour, where each has that of its person');
	}));

test('the filter dims and moves nothing', () =>
	stage.withPage(lab(), async (page) => {
		await showMap(page);
		const places = () =>
			page.locator('.mosaic .sq').evaluateAll((all) => all.map((square) => square.dataset.key + square.getBoundingClientRect().left));
		const before = await places();
		const colourOf = () => squares(page, 'node4').nth(4).evaluate((square) => getComputedStyle(square).backgroundColor);
		const bright = await colourOf();
		await page.goto(`${stage.mock.url}?view=map&show=free`);
		await page.locator('.mosaic .sq.out').first().waitFor();
		assert.deepEqual(await places(), before);
		assert.notEqual(await colourOf(), bright);
		assert.equal(await page.locator('.mosaic .sq.free:not(.out)').count(), await page.locator('.mosaic .sq:not(.out)').count());
	}));

test('the keyboard: one stop, arrows in all directions, Enter opens, Escape hides the tip', () => {
	const hosts = Array.from({ length: 24 }, (_, i) => host(`node${i + 1}`, { gpus: [0, 1, 2, 3, 4, 5, 6, 7].map((index) => gpu(index)) }));
	return stage.withPage(snapshot(hosts), async (page) => {
		await showMap(page);
		assert.equal(await page.locator('.mosaic [tabindex="0"]').count(), 1);
		const at = () => page.evaluate(() => document.activeElement.getAttribute('aria-label'));
		await page.getByLabel('colour by').focus();
		await page.keyboard.press('Tab');
		assert.equal(await at(), 'node1 GPU 0: free');
		for (let i = 0; i < 9; i++) await page.keyboard.press('ArrowRight');
		assert.equal(await at(), 'node2 GPU 1: free');
		const x = await page.evaluate(() => document.activeElement.getBoundingClientRect().left);
		await page.keyboard.press('ArrowDown');
		assert.match(await at(), /GPU 1/);
		assert.equal(await page.evaluate(() => document.activeElement.getBoundingClientRect().left), x, 'straight down');
		await page.keyboard.press('ArrowUp');
		await page.keyboard.press('ArrowLeft');
		assert.equal(await at(), 'node2 GPU 0: free');
		await page.locator('.tip', { hasText: 'node2 · GPU 0' }).waitFor();
		assert.equal(await page.locator('.mosaic [tabindex="0"]').count(), 1);
		await page.keyboard.press('Escape');
		await page.locator('.tip').waitFor({ state: 'detached' });
		await page.keyboard.press('Tab');
		assert.ok(!(await page.evaluate(() => document.activeElement.matches('.sq'))), 'one stop');
		await page.keyboard.press('Shift+Tab');
		assert.equal(await at(), 'node2 GPU 0: free', 'where one was');
		await page.keyboard.press('Enter');
		assert.equal(query(page, 'host'), 'node2');
		assert.equal(query(page, 'gpu'), gpu(0).uuid);
	});
});

test('the tip says which, what, and who; it stays in sight, and a click opens the details', () =>
	stage.withPage(
		snapshot([host('node1', { gpus: [busy(0, 'bob', 'vllm serve Qwen2.5-72B', { utilization: 88, memory_used: 62 * GiB, temperature: 58, power: 311 })] })]),
		async (page) => {
			await showMap(page);
			const square = squares(page, 'node1').first();
			await square.hover();
			const tip = page.locator('.tip');
			assert.deepEqual(await tip.locator('> *').allTextContents(), [
				'node1 · GPU 0',
				'NVIDIA A100-SXM4-80GB',
				'88 % · 62 of 80 GiB · 58° · 311 W',
				'bob · vllm serve Qwen2.5-72B · 3 d 4 h',
			]);
			stage.mock.change(host('node1', { gpus: [busy(0, 'bob', 'x', { utilization: 12 })] }));
			await tip.getByText(/^12 %/).waitFor();
			const box = await tip.boundingBox();
			assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= 1440 && box.y + box.height <= 900);
			await square.click();
			assert.equal(query(page, 'host'), 'node1');
		},
	));

test('only squares that changed are touched', () =>
	stage.withPage(snapshot([host('node1', { gpus: [gpu(0), busy(1, 'alice', 'x')] }), host('node2', { gpus: [gpu(0)] })]), async (page) => {
		await showMap(page);
		await page.evaluate(() => {
			window.touched = [];
			new MutationObserver((records) => records.forEach(({ target }) => window.touched.push(target.dataset?.key ?? target.className))).observe(
				document.querySelector('.mosaic'),
				{ subtree: true, childList: true, characterData: true, attributes: true },
			);
		});
		stage.mock.change(host('node2', { sampled: NOW(), gpus: [gpu(0, { temperature: 44 })] }));
		stage.mock.change(host('node1', { sampled: NOW(), gpus: [gpu(0), busy(1, 'alice', 'x', { utilization: 5 })] }));
		await until(async () => (await page.evaluate(() => window.touched.length)) > 0, 'a change');
		assert.deepEqual([...new Set(await page.evaluate(() => window.touched))], [`node1/${gpu(1).uuid}`]);
	}));

for (const [colorScheme, width] of [
	['dark', 1440],
	['light', 390],
])
	test(`axe finds no violation in the map, ${colorScheme}, and nothing is wider than ${width} px`, () =>
		stage.withPage(
			lab(),
			async (page) => {
				await showMap(page);
				await page.evaluate(readFileSync(axe, 'utf8'));
				for (const colour of ['utilization', 'user']) {
					await page.getByLabel('colour by').selectOption(colour);
					const violations = await page.evaluate(async () => (await window.axe.run({ rules: { 'target-size': { enabled: true } } })).violations);
					assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), []);
				}
				assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
			},
			{ colorScheme, viewport: { width, height: 844 } },
		));
