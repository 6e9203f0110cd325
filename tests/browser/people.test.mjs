/* Who uses what now. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { axe } from './chromium.mjs';
import { busy, failed, GiB, gpu, host, lab, NOW, process as proc, snapshot } from './fixtures.mjs';
import { goTo, harness, until } from './harness.mjs';

const stage = harness();

const idle = (index, user, since) =>
	gpu(index, { memory_used: 30 * GiB, idle_since: since, processes: [proc(user, 'python -m ipykernel', 30, 90_000)] });

const fleet = () =>
	snapshot([
		host('node1', { gpus: [0, 1, 2].map((i) => busy(i, 'alice', 'train.py', { utilization: 90 })).concat(gpu(3)) }),
		host('node2', { gpus: [busy(0, 'bob', 'eval.py', { utilization: 40 }), idle(1, 'dora', NOW() - 7230), busy(2, null, 'what')] }),
		failed('node3', {}, { gpus: [busy(0, 'erin', 'x')] }),
	]);

const cells = (page, name) =>
	page
		.locator('.people tbody tr', { has: page.locator('.person', { hasText: name }) })
		.locator('td')
		.allInnerTexts();
const people = (page) => page.locator('.people tbody .person').evaluateAll((all) => all.map((it) => it.firstElementChild.textContent));
const order = (page, ...names) => until(async () => (await people(page)).join() === names.join(), `the people ${names}`);
const withPeople = (work, options) =>
	stage.withPage(
		fleet(),
		async (page) => {
			await goTo(page, 'People');
			await page.locator('.people').waitFor();
			await work(page);
		},
		options,
	);

test('each person has a line: GPUs, what is held idle and for how long, busy share, memory, the longest, processes', () =>
	withPeople(async (page) => {
		assert.deepEqual(await people(page), ['alice', 'bob', 'dora', 'not known']);
		assert.deepEqual(await cells(page, 'alice'), ['3\n43 %', '0', '90 %', '213 GiB', '3 d 4 h', '3']);
		assert.deepEqual(await cells(page, 'dora'), ['1\n14 %', '1 · for 2 h', '0 %', '30 GiB', '1 d 1 h', '1']);
		assert.match(await page.locator('.people .nobody').getAttribute('title'), /containers/);
		assert.equal(await page.locator('.people', { hasText: 'erin' }).count(), 0, 'of a host that does not answer nothing is known');
	}));

test('a bar is as long as the share of all GPUs that answer', () =>
	withPeople(async (page) => {
		const share = await page
			.locator('.people tbody tr')
			.first()
			.locator('.share .bar')
			.evaluate((bar) => bar.firstElementChild.getBoundingClientRect().width / bar.getBoundingClientRect().width);
		assert.ok(Math.abs(share - 3 / 7) < 0.02, `${share}`);
	}));

test('sorted by a heading, and the other way round by the same; it stands in the address', () =>
	withPeople(async (page) => {
		const heading = (name) => page.getByRole('columnheader', { name });
		assert.equal(await heading('GPUs').getAttribute('aria-sort'), 'descending');
		await heading('Person').getByRole('button').click();
		await order(page, 'alice', 'bob', 'dora', 'not known');
		assert.equal(await heading('Person').getAttribute('aria-sort'), 'ascending');
		await heading('Person').getByRole('button').click();
		await order(page, 'dora', 'bob', 'alice', 'not known');
		assert.match(page.url(), /\?view=people&sort=-person$/);
		await heading('held idle').getByRole('button').click();
		await order(page, 'dora', 'alice', 'bob', 'not known');
		await page.reload();
		await order(page, 'dora', 'alice', 'bob', 'not known');
		await page.goBack();
		await order(page, 'dora', 'bob', 'alice', 'not known');
	}));

test('a click on a person shows what they have; a host leads to its details', () =>
	withPeople(async (page) => {
		await page.locator('.people').getByRole('link', { name: 'bob' }).click();
		await until(async () => (await page.locator('.host .name').allTextContents()).join() === 'node2', 'the host of bob');
		assert.match(page.url(), /\/\?view=cards&user=bob$/);
		await page.goBack();
		await page.locator('.people').getByRole('link', { name: 'node1' }).first().click();
		await page.locator('.details').waitFor();
		assert.match(page.url(), /host=node1/);
	}));

test('it follows what happens', () =>
	withPeople(async (page) => {
		const node2 = stage.mock.snapshot.hosts[1];
		stage.mock.change({ ...node2, gpus: [busy(0, 'frida', 'x'), ...node2.gpus.slice(1)] });
		await order(page, 'alice', 'frida', 'dora', 'not known');
	}));

test('the filters count here, too', () =>
	withPeople(async (page) => {
		await page.getByRole('searchbox').fill('node2');
		await order(page, 'bob', 'dora', 'not known');
		await page.getByRole('searchbox').fill('node1');
		await order(page, 'alice');
		await page.locator('.chip', { hasText: 'held idle' }).click();
		await page.locator('.waiting', { hasText: 'Nobody is on what the filter shows.' }).waitFor();
	}));

test('nobody there is said so', () =>
	stage.withPage(snapshot([host('node1')]), async (page) => {
		await goTo(page, 'People');
		await page.getByText('Nobody computes here now.').waitFor();
	}));

for (const colorScheme of ['dark', 'light'])
	test(`axe finds no violation among the people, ${colorScheme}`, () =>
		stage.withPage(
			lab(),
			async (page) => {
				await goTo(page, 'People');
				await page.locator('.people').waitFor();
				for (const width of [1440, 390]) {
					await page.setViewportSize({ width, height: 900 });
					await page.evaluate(readFileSync(axe, 'utf8'));
					const violations = await page.evaluate(async () => (await window.axe.run({ rules: { 'target-size': { enabled: true } } })).violations);
					assert.deepEqual(
						violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`),
						[],
						`${width} px`,
					);
				}
			},
			{ colorScheme },
		));

test('a name that turns the text around stays in its place', () =>
	stage.withPage(snapshot([host('node1', { gpus: [busy(0, '\u202eecila<b>', 'x')] })]), async (page) => {
		await goTo(page, 'People');
		await page.locator('.people bdi', { hasText: 'ecila<b>' }).waitFor();
	}));
