/* The page in another language than English. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { axe, openPage } from './chromium.mjs';
import { asleep, busy, failed, gpu, host, lab, lost, machine, NOW, pastError, process, session, snapshot } from './fixtures.mjs';
import { assertClean, harness } from './harness.mjs';

const stage = harness();
const VIEWS = ['卡片', '表格', '热图', '用户', '故障'];
const langOf = (page) => page.evaluate(() => document.documentElement.lang);

/* Where the page is in Chinese, the harness waits in vain for "live". */
async function withPage(shown, context, work, allowed) {
	stage.mock.show(shown);
	const page = await openPage(stage.browser, stage.mock.url, context);
	try {
		await page.locator('.link b[role="status"]').waitFor();
		await work(page);
		assertClean(page, allowed);
	} finally {
		await page.context().close();
	}
}
const inChinese = (shown, work, context = {}) => withPage(shown, { locale: 'zh-CN', ...context }, work);

/* What is written in Latin letters on the page and is no value: neither from the server, nor a name, nor a unit. */
const latinOf = (page) =>
	page.evaluate(() => {
		const THEIRS = 'code, bdi, .name, .label, .models, .command, .user, .who-are-you, .person a, .where, .said, .remedy, .copy[title], .siblings, h1, option';
		const SAID = /node\d|missing|GPUs?|CPU|MIG|KVM|PID|ECC|PCIe|UUID|ID|ssh|nvidia-smi|NVIDIA|Slurm|[kMGT]i?B|MHz|kW|ms|°C/g;
		const found = new Set();
		const walk = document.createTreeWalker(document.querySelector('#page'), NodeFilter.SHOW_TEXT);
		while (walk.nextNode()) {
			const { parentElement, data } = walk.currentNode;
			if (!parentElement.closest(THEIRS) && /[A-Za-z]{3}/.test(data.replace(SAID, ''))) found.add(data.trim());
		}
		return [...found];
	});

test('a browser that prefers Chinese gets a page in Chinese', () =>
	inChinese(snapshot([host('node1'), failed('node2', { message: 'Permission denied.' })]), async (page) => {
		assert.equal(await langOf(page), 'zh');
		assert.equal(await page.locator('.link b').textContent(), '实时');
		assert.deepEqual(
			await page.locator('.summary li span').allTextContents(),
			['GPU 空闲', '占用', '闲置占用', '故障', '活跃用户', '当前功耗'],
		);
		assert.match(await page.locator('.trouble').textContent(), /^登录被拒绝（.*\u00a0起）Permission denied\./);
		assert.match(await page.title(), /^\(1!\) 1 张空闲 · NVIDIA Web Monitor$/);
		assert.equal(await page.getByRole('searchbox').getAttribute('placeholder'), '主机、型号、用户、命令…');
	}));

function everything() {
	const late = { state: 'stale', sampled: NOW() - 60, machine: machine(), session: session() };
	const user = process('alice', 'python train.py', 30, 9000);
	const gpus = [gpu(0), busy(1, 'bob', 'python'), gpu(2, { processes: [user] }), gpu(3, { processes: null }), asleep(4), lost(5, 'missing')];
	return [
		host('node1', { gpus, machine: machine(), session: session({ last_error: pastError() }) }),
		host('node2', late),
		host('node3', { state: 'connecting', sampled: null, gpus: [] }),
		failed('node4', { message: null }),
	];
}

test('nothing of the page’s own is left in English', () =>
	inChinese(snapshot(everything(), { columns: [] }), async (page) => {
		for (const view of VIEWS) {
			await page.locator('.views a', { hasText: view }).click();
			assert.deepEqual(await latinOf(page), [], view);
		}
		await page.getByRole('link', { name: '大屏' }).click();
		await page.locator('.wall').waitFor();
		assert.deepEqual(await latinOf(page), [], 'wall');
	}));

test('what is counted has its measure word: cards for GPUs, machines for hosts', () => {
	const catalogue = JSON.parse(readFileSync(new URL('../../web/src/lang/zh.json', import.meta.url), 'utf8'));
	const counts = Object.entries(catalogue).filter(([, text]) => /\{n\}[\s\u00a0]*(个[\s\u00a0]*GPU|空闲|延迟|离线|休眠)/.test(text));
	assert.deepEqual(counts, []);
});

test('the switch changes the language at once, and it is remembered', () =>
	withPage(snapshot([host('node1')]), { locale: 'en-US' }, async (page) => {
		assert.equal(await langOf(page), 'en');
		await page.getByLabel('Language').selectOption('zh');
		await page.locator('.views a', { hasText: '卡片' }).waitFor();
		assert.equal(await langOf(page), 'zh');
		await page.reload();
		await page.locator('.views a', { hasText: '卡片' }).waitFor();
		await page.getByLabel('语言').selectOption('en');
		await page.locator('.views a', { hasText: 'Cards' }).waitFor();
		assert.equal(await langOf(page), 'en');
	}));

test('who reads a language that there is not gets English, and no catalogue', () => {
	stage.mock.requests.length = 0;
	return withPage(snapshot([host('node1')]), { locale: 'tlh' }, async (page) => {
		assert.equal(await langOf(page), 'en');
		assert.equal(await page.locator('.link b').textContent(), 'live');
		assert.ok(!stage.mock.requests.some((path) => path.endsWith('.json')));
	});
});

test('where the catalogue cannot be had, the page comes in English and says so', async () => {
	const context = await stage.browser.newContext({ locale: 'zh-CN' });
	await context.route('**/zh.json*', (route) => route.fulfill({ status: 503, body: '' }));
	const page = await context.newPage();
	try {
		await page.goto(stage.mock.url);
		await page.locator('.views a', { hasText: 'Cards' }).waitFor();
		assert.equal(await langOf(page), 'en');
	} finally {
		await context.close();
	}
});

test('in Chinese nothing scrolls sideways, and axe finds nothing', () =>
	inChinese(lab(), async (page) => {
		const fits = async (what) => {
			const wide = await page.evaluate(() =>
				[...document.querySelectorAll('header *, main *')]
					.filter((element) => !element.closest('.scroller, .chips, .sr') && element.getBoundingClientRect().right > innerWidth + 0.5)
					.map((element) => element.className),
			);
			assert.deepEqual(wide, [], what);
			assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), what);
		};
		const widths = async (what) => {
			for (const width of [320, 390, 1440]) {
				await page.setViewportSize({ width, height: 900 });
				await fits(`${what} at ${width} px`);
			}
			await page.evaluate(readFileSync(axe, 'utf8'));
			const violations = await page.evaluate(async () => (await window.axe.run({ rules: { 'target-size': { enabled: true } } })).violations.map(({ id }) => id));
			assert.deepEqual(violations, [], what);
		};
		for (const view of VIEWS) {
			await page.locator('.views a', { hasText: view }).click();
			await widths(view);
		}
		for (const query of ['?host=node7', '?host=node7&gpu=GPU-00000000-aaaa-bbbb-cccc-000000000000']) {
			await page.goto(new URL(query, stage.mock.url).href);
			await page.locator('.details h2').waitFor();
			await widths(query);
		}
	}));

test('times are in the viewer’s zone, with the date as it is written there', () =>
	inChinese(
		snapshot([failed('node1', { since: Date.UTC(2026, 2, 5, 16, 30) / 1000 })]),
		async (page) => {
			const time = page.locator('.trouble time');
			assert.equal(await time.textContent(), '3月6日 00:30');
			assert.match(await time.getAttribute('title'), /^2026年3月6日.*00:30/);
		},
		{ timezoneId: 'Asia/Shanghai' },
	));
