/* The wall: read from afar, touched by nobody, and never wrong about its age. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { axe } from './chromium.mjs';
import { busy, cut, failed, finding, gpu, host, lab, NOW, part, snapshot } from './fixtures.mjs';
import { harness, until } from './harness.mjs';

const stage = harness();
const CONNECTION = /ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|net::/;

/* The harness waits for a page's bar, so the wall is gone to from there, as a viewer does. */
const toWall = async (page) => {
	await page.goto(new URL('?view=wall', page.url()).href);
	await page.locator('.wall .answers').waitFor();
};
const tiles = (page) => page.locator('.tile').allInnerTexts();
const words = (texts) => texts.map((text) => text.replace(/\s+/g, ' '));

const some = (count, free = () => 2) =>
	snapshot(
		Array.from({ length: count }, (_, i) =>
			host(`node${i}`, { gpus: [0, 1, 2, 3, 4, 5, 6, 7].map((index) => (index < free(i) ? gpu(index) : busy(index, 'alice', 'x'))) }),
		),
	);

test('who has most free GPUs stands first, with how many and which', () =>
	stage.withPage(
		snapshot([
			host('one'),
			host('none', { gpus: [busy(0, 'a', 'x')] }),
			host('three', { gpus: [gpu(0), gpu(1), gpu(2, { name: 'NVIDIA H100 80GB HBM3' })] }),
			failed('gone', {}, { gpus: [gpu(0), gpu(1), gpu(2), gpu(3)] }),
		]),
		async (page) => {
			await toWall(page);
			await page.locator('.tile').first().waitFor();
			assert.deepEqual(words(await tiles(page)), ['3 free three A100 80 GB and others', '1 free one A100 80 GB']);
			assert.deepEqual(words(await page.locator('.answers p').allInnerTexts()), [
				'4 GPUs free',
				'1 busy',
				'0 held but idle',
				'3 of 4 hosts up',
			]);
			assert.match(words(await page.locator('.ills li').allInnerTexts())[0], /^gone Login refused · 3 min$/);
			assert.match(await page.locator('.wall .age').textContent(), /^data \d s old$/);
		},
	));

test('it fits the screen, whatever there is and however large it is', () =>
	stage.withPage(snapshot([host('node0')]), async (page) => {
		for (const [count, free] of [
			[1, () => 8],
			[5, (i) => i],
			[90, () => 2],
			[1000, (i) => i % 8],
		]) {
			const hosts = some(count, free).hosts;
			const ill = hosts.map((it, i) => (i % 3 ? it : { ...it, findings: [finding('x', 'error', 'word '.repeat(200))] }));
			stage.mock.show(snapshot(ill));
			await toWall(page);
			await page.locator('.tile').first().waitFor();
			for (const [width, height] of [
				[1920, 1080],
				[3840, 2160],
				[1280, 1024],
				[390, 844],
			]) {
				await page.setViewportSize({ width, height });
				await page.waitForFunction(() => {
					const { bottom, right } = document.querySelector('.offers').getBoundingClientRect();
					const inside = [...document.querySelectorAll('.tile')].every((tile) => {
						const box = tile.getBoundingClientRect();
						return box.bottom <= bottom + 1 && box.right <= right + 1;
					});
					const ends = [...document.querySelectorAll('.wall > *')].every((part) => part.getBoundingClientRect().bottom <= innerHeight);
					const { scrollWidth, scrollHeight } = document.documentElement;
					return inside && ends && scrollWidth <= innerWidth && scrollHeight <= innerHeight;
				});
				if (width < 1920) continue;
				const size = await page.evaluate(() => {
					const texts = [...document.querySelectorAll('.tile .name, .tile .kind, .wall .age, .ills li')];
					return Math.min(...texts.map((text) => parseFloat(getComputedStyle(text).fontSize)));
				});
				assert.ok(size >= 0.014 * width, `${size} px of ${width}`);
			}
		}
	}));

test('what does not fit comes on the next page, by itself', () =>
	stage.withPage(
		some(90, (i) => 1 + (i % 7)),
		async (page) => {
			await toWall(page);
			await page.locator('.wall .page', { hasText: /^90 hosts with free GPUs · page 1 of \d$/ }).waitFor();
			const first = await tiles(page);
			assert.match(first[0], /^7/);
			await page.clock.fastForward(16_000);
			await page.locator('.wall .page', { hasText: 'page 2' }).waitFor();
			assert.equal((await tiles(page)).some((tile) => first.includes(tile)), false);
		},
		{ clock: true },
	));

test('nothing free is said, and so is nothing known', () =>
	stage.withPage(snapshot([host('node1', { gpus: [busy(0, 'a', 'x')] })]), async (page) => {
		await toWall(page);
		const none = page.locator('.wall .none', { hasText: 'No GPU is free' });
		await none.waitFor();
		const { y, height } = await none.boundingBox();
		assert.ok(y >= 0 && y + height <= page.viewportSize().height, 'on the screen');
		stage.mock.show(snapshot([failed('node1', {}, { gpus: [gpu(0)] })]));
		await page.locator('.wall .none', { hasText: 'No GPU answers' }).waitFor();
		await page.locator('.wall .age.stale', { hasText: 'no fresh data' }).waitFor();
	}));

test('data that grows old is marked', () =>
	stage.withPage(snapshot([host('node1', { sampled: NOW() - 40 })]), async (page) => {
		await toWall(page);
		await page.locator('.wall .age.stale', { hasText: /data \d+ s old/ }).waitFor();
	}));

test('a lost server is seen from afar, and nothing is offered any more', () =>
	stage.withPage(
		some(3),
		async (page) => {
			await toWall(page);
			await page.locator('.tile').first().waitFor();
			await stage.mock.down();
			try {
				await page.locator('.wall .age.lost', { hasText: /connection lost since/ }).waitFor();
				await page.clock.fastForward(11_000);
				await page.locator('.wall .gone', { hasText: /No word from the server.*not known/ }).waitFor();
				assert.equal(await page.locator('.tile, .answers').count(), 0);
				const size = await page.locator('.gone b').evaluate((age) => parseFloat(getComputedStyle(age).fontSize));
				assert.ok(size > 100, `${size} px`);
			} finally {
				await stage.mock.up();
			}
			await page.locator('.tile').first().waitFor();
		},
		{ allowed: CONNECTION, clock: true },
	));

test('no controls but the way out: the corner, or Escape', () =>
	stage.withPage(lab(), async (page) => {
		await toWall(page);
		assert.equal(await page.locator('button, input, select, summary').count(), 0);
		assert.equal(await page.locator('a').count(), 1);
		await page.keyboard.press('Escape');
		await page.locator('.hosts.cards').waitFor();
		await toWall(page);
		await page.locator('.wall .leave').click();
		await page.locator('.hosts.cards').waitFor();
		await until(() => new URL(page.url()).search === '?view=cards', 'the address of the cards');
	}));

test('axe finds no violation on it', () =>
	stage.withPage({ ...lab(), demo: true }, async (page) => {
		await toWall(page);
		await page.locator('.tile').first().waitFor();
		for (const colorScheme of ['dark', 'light']) {
			await page.emulateMedia({ colorScheme });
			await page.evaluate(readFileSync(axe, 'utf8'));
			const violations = await page.evaluate(async () => (await window.axe.run({ rules: { 'target-size': { enabled: true } } })).violations);
			assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`), [], colorScheme);
		}
	}));

test('a GPU that is cut into free parts counts, as everywhere', () =>
	stage.withPage(snapshot([host('node1', { gpus: [cut(0, [part(0, '1g.10gb', 0.1)])] })]), async (page) => {
		await toWall(page);
		await page.locator('.tile', { hasText: 'node1' }).waitFor();
	}));
