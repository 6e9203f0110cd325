/* What the browser's tab tells of the page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failed, finding, gpu, host, lost, snapshot } from './fixtures.mjs';
import { harness, until } from './harness.mjs';

const stage = harness();
const icon = async (page) => decodeURIComponent((await page.locator('link[rel="icon"]').getAttribute('href')) ?? '');
const titled = (page, title) => page.waitForFunction((text) => document.title === text, title);
const RED = /#ff5c5c/;
const GREEN = /#3ddc97/;
const CONNECTION = /ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY/;

test('the title says how many GPUs are free, and the icon shows it', () =>
	stage.withPage(snapshot([host('node1', { gpus: [gpu(0), gpu(1), gpu(2)] })]), async (page) => {
		await titled(page, '3 free · NVIDIA Web Monitor');
		assert.match(await icon(page), />3<\/text>/);
		assert.match(await icon(page), GREEN);
		assert.doesNotMatch(await icon(page), RED);
		stage.mock.show(snapshot([host('node1', { gpus: Array.from({ length: 12 }, (_, index) => gpu(index)) })]));
		await titled(page, '12 free · NVIDIA Web Monitor');
		assert.match(await icon(page), />12<\/text>/);
	}));

test('the icon is a picture that the browser may load', () =>
	stage.withPage(snapshot([host('node1')]), async (page) => {
		await titled(page, '1 free · NVIDIA Web Monitor');
		const size = await page.evaluate(async () => {
			const image = new Image();
			image.src = document.querySelector('link[rel="icon"]').href;
			await image.decode();
			return image.width;
		});
		assert.ok(size > 0);
	}));

test('trouble is marked in both, in red', () =>
	stage.withPage(snapshot([host('node1', { gpus: [gpu(0), lost(1)] }), failed('node2', {})]), async (page) => {
		await titled(page, '(2!) 1 free · NVIDIA Web Monitor');
		assert.match(await icon(page), RED);
		stage.mock.show(
			snapshot([host('node1'), host('node2', { findings: [finding('remap-failure', 'error', 'GPU 0: worn out')] })]),
		);
		await titled(page, '(1!) 2 free · NVIDIA Web Monitor');
		assert.match(await icon(page), RED, 'what is found to be broken, though it works');
		stage.mock.show(
			snapshot([host('node1'), host('node2', { findings: [finding('persistence-off', 'warning', 'it is off')] })]),
		);
		await until(async () => !RED.test(await icon(page)), 'no red for a warning');
	}));

test('without a connection the title says so, and the icon is grey', () =>
	stage.withPage(
		snapshot([failed('node1', {}), host('node2')]),
		async (page) => {
			await stage.mock.down();
			try {
				await page.locator('.link.lost').waitFor();
				await page.clock.fastForward(11_000);
				await titled(page, 'connection lost · NVIDIA Web Monitor');
				await until(async () => !RED.test(await icon(page)) && !GREEN.test(await icon(page)), 'a grey icon');
			} finally {
				await stage.mock.up();
			}
			await titled(page, '(1!) 1 free · NVIDIA Web Monitor');
			await until(async () => GREEN.test(await icon(page)), 'the colours to come back');
		},
		{ allowed: CONNECTION, clock: true },
	));

test('a tab that nobody looks at hears nothing, so it says of when it speaks', () =>
	stage.withPage(snapshot([host('node1')]), async (page) => {
		const set = (value) =>
			page.evaluate((state) => {
				Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
				document.dispatchEvent(new Event('visibilitychange'));
			}, value);
		await titled(page, '1 free · NVIDIA Web Monitor');
		await set('hidden');
		await page.waitForFunction(() => /^1 free at \d\d:\d\d · NVIDIA Web Monitor$/.test(document.title));
		assert.doesNotMatch(await icon(page), GREEN);
		await set('visible');
		await titled(page, '1 free · NVIDIA Web Monitor');
	}));
