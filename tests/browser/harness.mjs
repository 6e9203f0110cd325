/* harness: one browser and one mock server for a test file, a fresh page for each test. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { launch, openPage } from './chromium.mjs';
import { builtPage, MockServer } from './mock-server.mjs';

/* What is true of every page, whatever a test does with it: no error, no violation of the policy, no request to anywhere else. */
export function assertClean(page, allowed = /$^/) {
	assert.deepEqual(
		page.faults.filter((fault) => !allowed.test(fault)),
		[],
	);
}

export function harness(options) {
	const stage = {};

	before(async () => {
		stage.mock = await new MockServer(await builtPage(), options).up();
		stage.browser = await launch();
	});
	after(async () => {
		await stage.browser?.close();
		await stage.mock?.down();
	});

	/* Shows `snapshot` to a new page and gives it to `work`; the page must be clean at the end, but for faults that `allowed` names. */
	stage.withPage = async (snapshot, work, { allowed, ...context } = {}) => {
		stage.mock.show(snapshot);
		const page = await openPage(stage.browser, stage.mock.url, context);
		try {
			await page.locator('.link b', { hasText: 'live' }).waitFor();
			await work(page);
			assertClean(page, allowed);
		} finally {
			await page.context().close();
		}
	};
	return stage;
}

/* Waits until `condition` (a function of the test, not of the page) holds. */
export async function until(condition, what) {
	const end = Date.now() + 15_000;
	while (!(await condition())) {
		if (Date.now() > end) assert.fail(`waited in vain: ${what}`);
		await new Promise((done) => setTimeout(done, 20));
	}
}

/* Opens all that folds, and waits for what is drawn only then. */
export async function openAll(page) {
	await page.evaluate(() => document.querySelectorAll('details').forEach((details) => (details.open = true)));
	await page.waitForFunction(() =>
		[...document.querySelectorAll('.process, .about')].every((details) => details.open && details.children.length > 1),
	);
}

export const panel = (page, name) => page.locator('.host', { has: page.locator('.name', { hasText: new RegExp(`^${name}$`) }) });
export const row = (page, name, index) =>
	panel(page, name).locator('.gpu', { has: page.locator('.index', { hasText: new RegExp(`^GPU ${index}$`) }) });
export const figure = (page, title) => page.locator('.summary li', { hasText: title }).locator('b');

/* Goes to a view by its link in the bar on top. */
export const goTo = (page, view) => page.locator('.views').getByRole('link', { name: new RegExp(`^${view}`) }).click();
