/* Who works by keyboard is never thrown back to the top of the page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { busy, gpu, host, snapshot } from './fixtures.mjs';
import { harness, row, until } from './harness.mjs';

const stage = harness();

const two = () => snapshot([host('node1', { gpus: [gpu(0), busy(1, 'alice', 'train.py')] }), host('node2', { gpus: [busy(0, 'bob', 'x')] })]);
const at = (page) => page.evaluate(() => document.activeElement.textContent || document.activeElement.getAttribute('aria-label') || document.activeElement.localName);
const isAt = (page, selector) => until(() => page.evaluate((it) => document.activeElement.matches(it), selector), `the focus on ${selector}`);
const press = async (locator, key = 'Enter') => {
	await locator.focus();
	await locator.press(key);
};

test('a button that goes when it has done its work leaves the focus beside it', () =>
	stage.withPage(two(), async (page) => {
		await press(page.locator('.chip', { hasText: 'free now' }));
		await press(page.getByRole('button', { name: 'Clear' }));
		await isAt(page, '.chips *');
		await page.getByRole('searchbox').fill('nowhere');
		await press(page.getByRole('button', { name: 'Show all' }));
		await isAt(page, 'main, main *');
		await press(page.getByRole('button', { name: 'mine' }));
		await isAt(page, '.who-are-you input');
		await page.keyboard.press('Escape');
		await isAt(page, '.chips *');
	}));

test('another view or language leaves it in the view or at the switch', () =>
	stage.withPage(two(), async (page) => {
		await page.goto(`${stage.mock.url}?view=people`);
		await press(page.getByRole('link', { name: 'alice' }));
		await isAt(page, 'main');
		await page.getByRole('combobox', { name: 'Language' }).focus();
		await page.getByRole('combobox', { name: 'Language' }).selectOption('zh');
		await page.getByRole('link', { name: '卡片' }).or(page.locator('.views a').first()).waitFor();
		await until(() => page.evaluate(() => document.documentElement.lang === 'zh'), 'Chinese');
		await isAt(page, '.language');
		await page.locator('.language').selectOption('en');
		await isAt(page, '.language');
		await press(page.getByRole('link', { name: 'wall' }));
		await page.locator('.wall').waitFor();
		await isAt(page, 'main');
		await page.keyboard.press('Escape');
		await page.locator('.card').first().waitFor();
		await isAt(page, 'main');
	}));

test('a GPU that is free no more takes its button, and not the focus from its host', () =>
	stage.withPage(two(), async (page) => {
		await row(page, 'node1', 0).getByRole('button', { name: 'copy ssh line' }).focus();
		stage.mock.change(host('node1', { gpus: [busy(0, 'carol', 'x'), busy(1, 'alice', 'train.py')] }));
		await row(page, 'node1', 0).getByText('carol').waitFor();
		await isAt(page, '.host[aria-label="node1"] *');
		assert.notEqual(await at(page), '');
	}));

test('details that are closed give it back, but to who has gone on behind them', () =>
	stage.withPage(two(), async (page) => {
		const link = row(page, 'node2', 0).locator('.index a');
		await press(link);
		await isAt(page, '.details h2');
		await page.keyboard.press('Escape');
		await until(() => link.evaluate((it) => it === document.activeElement), 'back at its link');
		await press(link);
		await isAt(page, '.details h2');
		const other = row(page, 'node1', 1).locator('.index a');
		await other.focus();
		await page.keyboard.press('Escape');
		await page.locator('.details').waitFor({ state: 'detached' });
		assert.ok(await other.evaluate((it) => it === document.activeElement), 'what lay under the panel is seen, and has the focus still');
		await page.goto(`${stage.mock.url}?host=node1`);
		await isAt(page, '.details h2');
		await page.keyboard.press('Escape');
		await isAt(page, 'main, main *');
	}));
