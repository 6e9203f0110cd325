/* Layout, colours, keyboard, and what those get who do not see the page. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { axe } from './chromium.mjs';
import { failed, host, lab, snapshot } from './fixtures.mjs';
import { goTo, harness, openAll, panel } from './harness.mjs';

const stage = harness();
const background = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

test('nothing scrolls sideways, on a desk or on a phone', () =>
	stage.withPage(lab(), async (page) => {
		for (const view of ['Cards', 'Table']) {
			await goTo(page, view);
			for (const width of [320, 390, 768, 1024, 1440, 2560]) {
				await page.setViewportSize({ width, height: 800 });
				const wide = await page.evaluate(() =>
					[...document.querySelectorAll('main *')]
						.filter((element) => !element.closest('.scroller, .sr') && element.getBoundingClientRect().right > innerWidth + 0.5)
						.map((element) => element.className),
				);
				assert.deepEqual(wide, [], `${view} at ${width} px`);
				assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${view} at ${width} px`);
			}
		}
	}));

test('dark and light follow the system until the viewer chooses, and the choice is kept', () =>
	stage.withPage(
		lab(),
		async (page) => {
			const dark = await background(page);
			await page.emulateMedia({ colorScheme: 'light' });
			const light = await background(page);
			assert.notEqual(dark, light);
			const button = page.locator('button.theme');
			await button.click();
			assert.equal(await background(page), light);
			await button.click();
			assert.equal(await background(page), dark);
			await page.reload();
			await page.locator('.host').first().waitFor();
			assert.equal(await background(page), dark);
			await button.click();
			assert.equal(await background(page), light, 'the system’s again');
		},
		{ colorScheme: 'dark' },
	));

for (const colorScheme of ['dark', 'light']) {
	test(`axe finds no violation, ${colorScheme}`, () =>
		stage.withPage(
			{ ...lab(), demo: true },
			async (page) => {
				for (const [view, width] of [
					['Cards', 1440],
					['Table', 1440],
					['Cards', 390],
					['Table', 390],
				]) {
					await page.setViewportSize({ width, height: 900 });
					await goTo(page, view);
					await openAll(page);
					await page.evaluate(readFileSync(axe, 'utf8'));
					const violations = await page.evaluate(async () => (await window.axe.run()).violations);
					assert.deepEqual(
						violations.map(
							({ id, nodes }) =>
								`${id}: ${nodes
									.map((node) => node.html)
									.slice(0, 3)
									.join(' | ')}`,
						),
						[],
						`${view} at ${width} px`,
					);
				}
			},
			{ colorScheme },
		));
}

test('text on a bar can be read on the bare track and on every fill', () =>
	stage.withPage(lab(), async (page) => {
		for (const colorScheme of ['dark', 'light']) {
			await page.emulateMedia({ colorScheme });
			const worst = await page.evaluate(() => {
				const rgb = (colour) => {
					const canvas = new OffscreenCanvas(1, 1).getContext('2d');
					canvas.fillStyle = colour;
					canvas.fillRect(0, 0, 1, 1);
					return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
				};
				const luminance = (colour) =>
					rgb(colour)
						.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
						.reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
				const contrast = (a, b) => (Math.max(luminance(a), luminance(b)) + 0.05) / (Math.min(luminance(a), luminance(b)) + 0.05);
				const pairs = [...document.querySelectorAll('.bar')].flatMap((bar) => {
					const grounds = [getComputedStyle(bar).backgroundColor, getComputedStyle(bar.querySelector('i')).backgroundColor];
					return [...bar.querySelectorAll('.amount, .of')].flatMap((text) =>
						grounds.map((ground) => contrast(getComputedStyle(text).color, ground)),
					);
				});
				return Math.min(...pairs);
			});
			assert.ok(worst >= 4.5, `${colorScheme}: ${worst.toFixed(2)} : 1`);
		}
	}));

test('state is told by shape and by word, not by colour alone', () =>
	stage.withPage(lab(), async (page) => {
		const mark = (name) =>
			panel(page, name)
				.locator('.heading .mark')
				.evaluate((element) => {
					const { borderRadius, transform, borderTopWidth } = getComputedStyle(element);
					return [borderRadius, transform, borderTopWidth].join(' ');
				});
		const shapes = await Promise.all(['node4', 'node7', 'node2', 'node12'].map(mark));
		assert.equal(new Set(shapes).size, 4, shapes.join(' / '));
		const words = await page.locator('.state b:first-child').allTextContents();
		assert.deepEqual([...new Set(words)], ['ok', 'in trouble', 'late', 'connecting …']);
	}));

test('all of it by keyboard, and one sees where one is', () =>
	stage.withPage(snapshot([host('node1'), failed('node2', { hint: 'ssh-copy-id node2' })]), async (page) => {
		const reached = [];
		for (let i = 0; i < 5; i++) {
			await page.keyboard.press('Tab');
			reached.push(await page.evaluate(() => document.activeElement.textContent));
			assert.equal(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), 'solid');
		}
		assert.deepEqual(reached, ['Cards', 'Table', 'auto', 'copy ssh line', 'copy']);
		await page.keyboard.press('Shift+Tab');
		await page.keyboard.press('Shift+Tab');
		await page.keyboard.press('Shift+Tab');
		await page.keyboard.press('Enter');
		await page.locator('table').first().waitFor();
	}));

test('the hint is copied, with and without a clipboard that the browser gives', async () => {
	const hosts = snapshot([failed('node2', { hint: 'ssh-copy-id bob@node2' })]);
	const pasted = async (page) => {
		await page.evaluate(() => document.body.append(Object.assign(document.createElement('textarea'), { id: 'paste' })));
		await page.locator('#paste').focus();
		await page.keyboard.press('Control+V');
		return page.locator('#paste').inputValue();
	};
	const copy = async (page) => {
		await page.locator('.line .copy').click();
		await page.locator('.line .copy', { hasText: 'copied' }).waitFor();
		assert.equal(await pasted(page), 'ssh-copy-id bob@node2');
		await page.locator('.line .copy', { hasText: /^copy$/ }).waitFor();
	};
	await stage.withPage(hosts, copy, { permissions: ['clipboard-read', 'clipboard-write'] });
	await stage.withPage(hosts, async (page) => {
		await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
		await copy(page);
	});
});

test('the whole page is small', async () => {
	const { gzipSync } = await import('node:zlib');
	const total = Object.values(stage.mock.files).reduce((sum, content) => sum + gzipSync(content).length, 0);
	assert.ok(total < 40_000, `${total} bytes, gzipped`);
});
