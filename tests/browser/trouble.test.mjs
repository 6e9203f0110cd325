/* All that is wrong, in one place. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { axe } from './chromium.mjs';
import { failed, finding, gpu, host, lab, lost, NOW, snapshot } from './fixtures.mjs';
import { goTo, harness, until } from './harness.mjs';

const stage = harness();
const lists = (page) => page.locator('.trouble-list');
const list = (page, heading) => lists(page).filter({ has: page.locator('h2', { hasText: heading }) });
const items = (page) => page.locator('.trouble-view .finding');

/* Several hosts, where there was one: when the bar on top counts them, they have come. */
async function see(page, snapshot) {
	stage.mock.show(snapshot);
	await page.locator('.link', { hasText: `${snapshot.hosts.length} hosts` }).waitFor();
	await goTo(page, 'Trouble');
	await page.locator('.trouble-view').waitFor();
}

const SINCE = NOW() - 7200; // the same for all, as the newest come first

const off = (name, seconds = '2.1') =>
	host(name, {
		findings: [
			finding('persistence-off', 'warning', `GPU 0: persistence mode is off; a query takes ${seconds} s`, {
				gpu: 0,
				remedy: '`sudo nvidia-smi -pm 1`',
				since: SINCE,
			}),
		],
	});

test('what, where, since when, and what mends it; who does not answer first, notes folded at the end', () =>
	stage.withPage(snapshot([host('node1')]), async (page) => {
		const broken = finding('gpu-problem', 'error', 'GPU 1: GPU is lost', {
			gpu: 1,
			since: NOW() - 7260,
			remedy: 'see why in `sudo dmesg | grep -i xid`, then `sudo reboot`',
		});
		await see(
			page,
			snapshot([
				host('node1', { findings: [finding('clock-off', 'note', 'its clock is 41 s ahead')] }),
				off('node2'),
				host('node3', { gpus: [gpu(0), lost(1)], findings: [broken] }),
				failed('node4', {}),
				host('node5', { state: 'stale', since: NOW() - 30 }),
			]),
		);
		assert.deepEqual(await lists(page).locator('h2, .notes > summary').allTextContents(), [
			'1 host does not answer',
			'1 error',
			'1 host is late',
			'1 warning',
			'1 note',
		]);
		const late = list(page, 'is late').locator('.finding');
		assert.match(await late.textContent(), /^late node5 Its values are late since .* \(\d\d s\)/);
		const away = list(page, 'does not answer').locator('.finding');
		assert.match(
			await away.textContent(),
			/^no answer node4 Login refused since .* \(3 min\) · next try in \d s.*Permission denied/,
		);
		assert.equal(await away.locator('.copy').getAttribute('title'), 'ssh-copy-id node4');
		const error = list(page, 'error').locator('.finding');
		assert.match(await error.textContent(), /^error node3 GPU 1: GPU is lost since .* \(2 h 1 min\)/);
		assert.deepEqual(await error.locator('.copy').evaluateAll((buttons) => buttons.map(({ title }) => title)), [
			'sudo dmesg | grep -i xid',
			'sudo reboot',
		]);
		assert.equal(await page.getByText('its clock is 41 s ahead').count(), 0);
		await page.locator('.notes > summary').click();
		await page.getByText('its clock is 41 s ahead').waitFor();
	}));

test('where it is leads to the details: of the GPU, where it is about one alone', () =>
	stage.withPage(snapshot([host('node1')]), async (page) => {
		const broken = finding('gpu-problem', 'error', 'GPU 1: GPU is lost', { gpu: 1 });
		await see(page, snapshot([host('node3', { gpus: [gpu(0), lost(1)], findings: [broken] }), failed('node4', {})]));
		await page.locator('.where', { hasText: 'node3' }).click();
		await page.locator('.details h2', { hasText: 'GPU 1 on node3' }).waitFor();
		await page.locator('.where', { hasText: 'node4' }).click();
		await page.locator('.details h2 .name', { hasText: /^node4$/ }).waitFor();
	}));

test('what many hosts have is one item, which opens to the list', () =>
	stage.withPage(snapshot([host('node1')]), async (page) => {
		const many = Array.from({ length: 120 }, (_, place) => off(`n${place}`, (1 + place / 10).toFixed(1)));
		await see(page, snapshot([...many, failed('node4', {})]));
		assert.equal(await items(page).count(), 2);
		const group = page.locator('.finding.group');
		assert.match(
			await group.textContent(),
			/^warning Persistence mode is off: on 120 hosts since .*n0, n1, n2, n3, n4, n5 and 114 more$/,
		);
		assert.deepEqual(
			await group.locator('code').allTextContents(),
			['sudo nvidia-smi -pm 1'],
			'the remedy of all of them, once',
		);
		await group.locator('.more > summary').click();
		await until(async () => (await group.locator('li').count()) === 50, 'as many as fit');
		await group.getByText('a query takes 1.3 s').waitFor();
		await group.getByRole('button', { name: 'show 70 more' }).click();
		await until(async () => (await group.locator('li').count()) === 120, 'all');
	}));

test('two hosts of one trouble are said one by one', () =>
	stage.withPage(snapshot([host('node1')]), async (page) => {
		await see(page, snapshot([off('node1'), off('node2'), host('node3')]));
		assert.equal(await items(page).count(), 2);
		assert.equal(await page.locator('.finding.group').count(), 0);
	}));

test('what is open stays open when values come', () =>
	stage.withPage(snapshot([host('node1')]), async (page) => {
		await see(page, snapshot([off('a'), off('b'), off('c')]));
		await page.locator('.finding.group .more > summary').click();
		await page.getByText('a query takes 2.1 s').first().waitFor();
		stage.mock.change(off('b', '7.7'));
		await page.getByText('a query takes 7.7 s').waitFor();
		assert.equal(await page.locator('.finding.group .more').getAttribute('open'), '');
	}));

test('the words of the search are looked for in what is said, in the host, and in its models', () =>
	stage.withPage(snapshot([host('node1')]), async (page) => {
		await see(page, snapshot([off('node2'), failed('node4', { message: 'Permission denied' }), host('node5')]));
		for (const [words, shown] of [
			['persistence', ['node2']],
			['permission NODE4', ['node4']],
			['a100', ['node4', 'node2']],
			['node5', []],
		]) {
			await page.goto(`${stage.mock.url}?view=trouble&q=${encodeURIComponent(words)}`);
			await page.locator('.trouble-view > *').first().waitFor();
			assert.deepEqual(await page.locator('.where').allTextContents(), shown, words);
		}
		await page.getByText('Nothing is wrong with what you are looking for').waitFor();
		await page.getByRole('button', { name: 'look everywhere' }).click();
		await until(async () => (await page.locator('.where').count()) === 2, 'all of it');
	}));

test('where nothing is wrong it says so kindly', () =>
	stage.withPage(snapshot([host('node1')]), async (page) => {
		await see(
			page,
			snapshot([
				host('node1', { gpus: [gpu(0), gpu(1)] }),
				host('node2', { state: 'connecting', sampled: null, gpus: [] }),
			]),
		);
		assert.match(
			await page.locator('.well').textContent(),
			/Nothing is wrong.*1 host and 2 GPUs are well.*1 host is still being asked/,
		);
		stage.mock.change(failed('node1', {}));
		await page.locator('.where', { hasText: 'node1' }).waitFor();
		assert.equal(await page.locator('.well').count(), 0);
	}));

test('nothing scrolls sideways, and axe finds no violation, dark or light', () =>
	stage.withPage(lab(), async (page) => {
		await goTo(page, 'Trouble');
		await lists(page).first().waitFor();
		await page.locator('.notes > summary').click();
		for (const [width, colorScheme] of [
			[320, 'dark'],
			[390, 'light'],
			[1440, 'dark'],
			[2560, 'light'],
		]) {
			await page.setViewportSize({ width, height: 900 });
			await page.emulateMedia({ colorScheme });
			const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
			assert.ok(over <= 0, `${over} px too wide at ${width} px`);
			await page.evaluate(readFileSync(axe, 'utf8'));
			const violations = await page.evaluate(async () => (await window.axe.run('.trouble-view', { rules: { 'target-size': { enabled: true } } })).violations);
			assert.deepEqual(
				violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`),
				[],
				`${width} px, ${colorScheme}`,
			);
		}
	}));
