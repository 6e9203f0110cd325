/* The table: its columns, its order, and that only what is in sight is drawn. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { axe } from './chromium.mjs';
import { busy, cut, failed, finding, fleet, gpu, GiB, host, lab, lost, NOW, part, process as proc, snapshot } from './fixtures.mjs';
import { goTo, harness, until } from './harness.mjs';
import { modules } from './modules.mjs';

const stage = harness();
const model = await modules('model/order', 'model/columns');

const line = (page, name) => page.locator('tbody tr', { has: page.locator('th a', { hasText: new RegExp(`^${name}$`) }) });
const headings = (page) => page.locator('thead th').allTextContents();
const heading = (page, title) => page.locator('thead th', { has: page.getByRole('button', { name: title, exact: true }) });
const column = async (page, title) => {
	const place = (await headings(page)).findIndex((text) => text.replace(/[▲▼]/, '') === title);
	assert.notEqual(place, -1, title);
	return page.locator('tbody tr').evaluateAll((rows, at) => rows.map((row) => row.children[at]?.textContent ?? ''), place);
};
const NONE = { columns: [] };
const showTable = async (page) => {
	await goTo(page, 'Table');
	await page.locator('tbody tr').first().waitFor();
};

test('numbers are sorted as numbers, names as people count, what is not known comes last either way, equals stay', () => {
	const sorted = (values, down) => model.inOrder(values.map((value, place) => ({ value, place })), ({ value }) => value, down);
	const order = (values, down) => sorted(values, down).map(({ value }) => value);
	assert.deepEqual(order([10, null, 9, 100, undefined, 0]), [0, 9, 10, 100, null, undefined]);
	assert.deepEqual(order([10, null, 9, 100, NaN, 0], true), [100, 10, 9, 0, null, NaN]);
	assert.deepEqual(order(['node10', 'node9', '', 'Node1']), ['Node1', 'node9', 'node10', '']);
	for (const down of [false, true])
		assert.deepEqual(sorted([1, 1, null, 1, null], down).map(({ place }) => place), [0, 1, 3, 2, 4], 'stable');
	const cells = ['54 %', '9 %', '[N/A]', 'P8', '100', '81920 MiB', '00000000:07:00.0', null];
	assert.deepEqual(cells.map(model.valueOfCell), [54, 9, null, 'P8', 100, 81920, '00000000:07:00.0', null]);
});

test('a click on a heading: up, down, as it was', () => {
	assert.deepEqual([null, 'power', '-power', 'fan', '-fan'].map((sort) => model.nextSort(sort, 'power')), ['power', '-power', null, 'power', 'power']);
	assert.deepEqual(model.readSort('-memory.used'), { name: 'memory.used', down: true });
});

test('the usual columns: the configured ones where somebody configured them; what was chosen, as far as it is there', () => {
	const unnamed = 'timestamp,index,pci.bus_id,name,temperature.gpu,memory.total,memory.used,memory.free,utilization.gpu';
	const fields = (text) => text.split(',').map((field) => ({ field, title: field }));
	assert.deepEqual(model.usualNames(fields(unnamed)), model.usualNames([]), 'the server’s own nine are nobody’s choice');
	assert.deepEqual(model.chosenNames('', fields('fan.speed,pstate')), ['host', 'gpu', 'fan.speed', 'pstate', 'who']);
	assert.deepEqual(model.chosenNames('', fields('index,uuid')).slice(0, 2), ['host', 'index'], 'it tells the GPU itself');
	assert.deepEqual(model.chosenNames('power,gone,gpu,power', []), ['host', 'power', 'gpu']);
	const names = model.columnsOf(fields('uuid,uuid,x')).map(({ name }) => name);
	assert.equal(new Set(names).size, names.length, 'each has a name of its own');
});

test('the configured headings, the cells as nvidia-smi printed them; the view is remembered', () => {
	const some = ['temperature.gpu', 'fan.speed', 'x'].map((field, place) => ({ field, title: ['Temperature', 'Fan', 'X'][place] }));
	const gpus = [gpu(0, { cells: ['61', '[N/A]', null] }), busy(1, 'alice', 'train.py', { cells: ['62', '54 %', ''] })];
	return stage.withPage(snapshot([host('node1', { gpus })], { columns: some }), async (page) => {
		await showTable(page);
		assert.deepEqual(await headings(page), ['Host', 'GPU', 'Temperature', 'Fan', 'X', 'In use by']);
		const cells = await page.locator('tbody tr').first().locator('th, td').allTextContents();
		assert.deepEqual(cells.slice(0, 5), ['node1', '0', '61', '[N/A]', '–']);
		assert.match(cells[5], /^free/);
		assert.match(await page.locator('tbody tr').nth(1).textContent(), /^node116254 %alicetrain\.py/);
		await page.reload();
		await page.locator('tbody tr').first().waitFor();
		await goTo(page, 'Cards');
		await page.locator('.gpu').first().waitFor();
	});
});

test('one table over all hosts: sorted by a click, in the address, and back', () => {
	const hosts = [
		host('node9', { gpus: [gpu(0, { utilization: 9 }), gpu(1, { utilization: null })] }),
		host('node10', { gpus: [gpu(0, { utilization: 100 }), gpu(1, { utilization: 10 })] }),
	];
	return stage.withPage(snapshot(hosts, NONE), async (page) => {
		await showTable(page);
		assert.equal(await page.locator('table').count(), 1);
		const configured = ['9 %', '–', '100 %', '10 %'];
		assert.deepEqual(await column(page, 'Utilization'), configured);
		const click = () => heading(page, 'Utilization').getByRole('button').click();
		const order = (wanted, what) => until(async () => String(await column(page, 'Utilization')) === String(wanted), what);
		await click();
		await order(['9 %', '10 %', '100 %', '–'], 'up');
		assert.equal(await heading(page, 'Utilization').getAttribute('aria-sort'), 'ascending');
		assert.equal(new URL(page.url()).searchParams.get('sort'), 'utilization');
		await click();
		await order(['100 %', '10 %', '9 %', '–'], 'down, what is not known still last');
		assert.equal(await heading(page, 'Utilization').getAttribute('aria-sort'), 'descending');
		assert.equal(new URL(page.url()).searchParams.get('sort'), '-utilization');
		await click();
		await order(configured, 'as configured');
		assert.equal(await page.locator('[aria-sort]').count(), 0);
		await page.goBack();
		await order(['100 %', '10 %', '9 %', '–'], 'one step back');
		await heading(page, 'Host').getByRole('button').focus();
		await page.keyboard.press('Enter');
		await until(async () => String(await column(page, 'Host')) === 'node9,node9,node10,node10', 'by keyboard, as people count');
	});
});

test('every column of the list can be shown and sorted by', () =>
	stage.withPage(lab(), async (page) => {
		await showTable(page);
		await page.getByRole('button', { name: 'Columns', exact: true }).click();
		const left = page.locator('.choices input:not(:checked)');
		while ((await left.count()) > 0) await left.first().click();
		for (const button of await page.locator('thead button').all()) {
			await button.click();
			assert.equal(await button.locator('xpath=..').getAttribute('aria-sort'), 'ascending');
		}
		assert.doesNotMatch(await page.locator('table').textContent(), /undefined|NaN|null|object/);
	}));

test('new values show at once, and the order follows', () => {
	const at = (utilization) => host('node2', { gpus: [busy(0, 'bob', 'x', { utilization })] });
	const hosts = [host('node1', { gpus: [busy(0, 'alice', 'x', { utilization: 50 })] }), at(20)];
	return stage.withPage(snapshot(hosts, NONE), async (page) => {
		await showTable(page);
		await heading(page, 'Utilization').getByRole('button').click();
		await until(async () => String(await column(page, 'Host')) === 'node2,node1', 'sorted');
		stage.mock.change(at(90));
		await line(page, 'node2').getByText('90 %').waitFor();
		await until(async () => String(await column(page, 'Host')) === 'node1,node2', 'sorted anew');
	});
});

test('trouble has its place: what spans a row of a broken GPU, of a host without one, and what is old says so', () => {
	const hosts = [
		host('node1', { gpus: [lost(0, 'GPU is lost', { problem_since: NOW() - 7200 })] }),
		failed('node2', {}, { sampled: NOW() - 200, gpus: [gpu(0), busy(1, 'alice', 'train.py')] }),
		failed('node3', { kind: 'nvidia-smi-hangs', message: 'no answer for 15 s' }, { sampled: null, gpus: [] }),
		host('node4', { state: 'connecting', sampled: null, gpus: [] }),
		host('node5', { gpus: [] }),
	];
	return stage.withPage(snapshot(hosts, NONE), async (page) => {
		await showTable(page);
		const cells = async (name, place = 0) => (await line(page, name).nth(place).locator('th, td').allTextContents()).map(String);
		assert.match((await cells('node1')).at(-1), /^GPU is lost since .* \(2 h\): it fell off the bus/);
		assert.deepEqual((await cells('node1')).slice(0, 2), ['node1', '0']);
		const spans = await line(page, 'node1').locator('td').last().getAttribute('colspan');
		assert.equal(Number(spans) + (await cells('node1')).length - 1, (await headings(page)).length, 'to the end of the row');
		assert.match((await cells('node2'))[0], /^node23 min old$/);
		assert.match((await cells('node2'))[2], /^was free$/);
		assert.equal(await line(page, 'node2').locator('.copy').count(), 0, 'stale is never free');
		assert.match((await cells('node3'))[1], /^nvidia-smi hangs for .*: no answer for 15 s · next try in/);
		assert.match((await cells('node4'))[1], /^connecting/);
		assert.equal((await cells('node5'))[1], 'It answers, and lists no GPU.');
		await page.locator('thead button', { hasText: 'Utilization' }).click();
		await until(async () => (await column(page, 'Host')).at(-1) === 'node5', 'they come last');
	});
});

test('states stand in words; a GPU that is cut says into what', () => {
	const cutOne = cut(1, [part(0, '3g.40gb', 31, [proc('erin', 'serve', 31, 60)]), part(1, '1g.10gb', 0.1)]);
	const held = gpu(2, { memory_used: 34 * GiB, processes: [proc('dora', 'jupyter', 34, 60)], idle_since: NOW() - 7300 });
	const concluded = busy(3, '', '', { processes: [proc('gina', 'x', 1, 60, { inferred: 'home' })] });
	const gpus = [gpu(0), cutOne, held, concluded];
	return stage.withPage(snapshot([host('node1', { gpus })]), async (page) => {
		await showTable(page);
		assert.match((await column(page, 'In use by'))[2], /^doraidle 2 h 1 minjupyter/, 'without a column of states');
		assert.match((await column(page, 'In use by'))[0], /^free/);
		assert.match((await column(page, 'In use by'))[3], /^gina\?x/, 'concluded, not told');
		stage.mock.show(snapshot([host('node1', { gpus })], NONE));
		await heading(page, 'State').and(page.locator('.is-state')).waitFor();
		assert.equal(await page.locator('td .who :is(.tag, b.free):visible').count(), 0, 'nothing is said twice');
		assert.deepEqual(await column(page, 'State'), ['free', 'busy · 2 parts, 1 free', 'idle 2 h 1 min', 'busy']);
		const shapes = await page.locator('tbody .sq').evaluateAll((marks) =>
			marks.map((mark) => [getComputedStyle(mark).borderTopWidth, getComputedStyle(mark).backgroundImage.slice(0, 6), mark.className].join()),
		);
		assert.equal(new Set(shapes).size, 3, shapes.join(' / '));
	});
});

test('the viewer chooses columns and their order by keyboard; it is remembered, and can be as usual again', () =>
	stage.withPage(lab(), async (page) => {
		await showTable(page);
		const usual = await headings(page);
		const opener = page.getByRole('button', { name: 'Columns', exact: true });
		await opener.focus();
		await page.keyboard.press('Enter');
		await page.getByRole('checkbox', { name: 'Power power.draw' }).focus();
		await page.keyboard.press('Space');
		await page.getByRole('checkbox', { name: 'Idle for' }).focus();
		await page.keyboard.press('Space');
		await until(async () => (await headings(page)).at(-1) === 'Idle for', 'a new one at the end');
		assert.ok(!(await headings(page)).includes('Power'));
		const front = page.getByRole('button', { name: 'Idle for: further to the front' });
		await front.focus();
		await page.keyboard.press('Enter');
		await until(async () => (await headings(page)).at(-2) === 'Idle for', 'one further');
		await page.waitForFunction(() => document.activeElement.getAttribute('aria-label')?.startsWith('Idle for'));
		await page.keyboard.press('Escape');
		assert.equal(await page.locator('.choices').count(), 0);
		assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Columns');
		const chosen = await headings(page);
		await page.reload();
		await page.locator('tbody tr').first().waitFor();
		assert.deepEqual(await headings(page), chosen);
		await opener.click();
		await page.getByRole('button', { name: 'as usual' }).click();
		await until(async () => String(await headings(page)) === String(usual), 'as usual');
	}));

test('a host and a GPU lead to all that is known of them', () =>
	stage.withPage(snapshot([host('node1', { gpus: [gpu(0), gpu(1)] })], NONE), async (page) => {
		await showTable(page);
		await page.getByRole('link', { name: 'GPU 1 of node1' }).click();
		const query = new URL(page.url()).searchParams;
		assert.equal(query.get('host'), 'node1');
		assert.equal(query.get('gpu'), gpu(1).uuid);
		assert.equal(await line(page, 'node1').first().locator('th a').getAttribute('href'), '?view=table&host=node1');
	}));

test('of many lines only those in sight are drawn, and each knows its place', () =>
	stage.withPage(fleet(100), async (page) => {
		await showTable(page);
		assert.equal(await page.locator('table').getAttribute('aria-rowcount'), '801');
		const drawn = () => page.locator('tbody tr:not(.gap)').count();
		assert.ok((await drawn()) < 80, `${await drawn()} lines drawn`);
		await page.locator('.scroller').evaluate((element) => (element.scrollTop = element.scrollHeight));
		const end = page.locator('tbody tr[aria-rowindex="801"]');
		await end.waitFor();
		assert.equal(await end.locator('th a').textContent(), 'node100');
		assert.ok((await drawn()) < 80);
		const { top, bottom } = await page.locator('.scroller').evaluate((element) => element.getBoundingClientRect().toJSON());
		const head = await heading(page, 'Host').boundingBox();
		assert.ok(Math.abs(head.y - top) < 3, 'the heading stays in sight');
		const last = await end.boundingBox();
		assert.ok(last.y + last.height <= bottom + 1 && last.y + last.height > bottom - 20, 'and the end is at the end');
		assert.equal(Math.round(last.height), 32, 'as high as is reckoned with');
		await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
		await until(async () => (await drawn()) === 800, 'all of them on paper');
		await page.evaluate(() => dispatchEvent(new Event('afterprint')));
		await until(async () => (await drawn()) < 80, 'and only there');
	}));

test('at 1440 px the usual columns are all in sight, and what does not fit ends in an ellipsis', () => {
	const one = (user) => proc(user, 'python train.py --config configs/vit_huge_patch14.yaml --epochs 300', 9, 273_600);
	const many = gpu(0, { memory_used: 54 * GiB, processes: ['alexandra', 'bob', 'chen', 'dora', 'erin', 'frida'].map(one) });
	const long = { name: 'NVIDIA RTX PRO 6000 Blackwell Server Edition of the lab' };
	return stage.withPage(snapshot([host('node1', { gpus: [many, busy(1, 'alice', 'train.py', long)] })], NONE), async (page) => {
		await showTable(page);
		assert.ok(await page.locator('.scroller').evaluate((it) => it.scrollWidth <= it.clientWidth));
		const cell = page.locator('td.is-who').first();
		const [right, last] = await cell.evaluate((it) => [it.getBoundingClientRect().right, it.querySelector('.who').lastElementChild.getBoundingClientRect().right]);
		assert.ok(right - last >= 16, `${right - last} px to the edge`);
		const whole = await page.locator('td.is-who .amounts').evaluateAll((all) => all.every((it) => it.scrollWidth <= it.clientWidth));
		assert.ok(whole, 'memory and time are told');
		const more = cell.locator('.amounts', { hasText: '+5 more' });
		assert.ok(await more.evaluate((it) => it.scrollWidth <= it.clientWidth), 'how many more is told');
		assert.equal(await page.locator('td.is-model').nth(1).getAttribute('title'), long.name);
	});
});

/* Names that differ in their last letter, and an error that is told at length. */
function longWinded() {
	const name = 'gpu-server-with-a-very-long-name-in-rack-seventeen-of-room-b1';
	const error = finding('ecc', 'error', `GPU 1: ${'uncorrected error of a memory '.repeat(12)}`, { gpu: 1 });
	return { ...lab(), ...NONE, hosts: [host(`${name}2`, { gpus: [gpu(0), gpu(1)], findings: [error] }), failed(`${name}3`, {}), ...lab().hosts] };
}

test('what is long is shortened: the usual columns are in sight at 1440 px, and hosts are told apart', () =>
	stage.withPage(longWinded(), async (page) => {
		await showTable(page);
		assert.ok(await page.locator('.scroller').evaluate((it) => it.scrollWidth <= it.clientWidth), 'all columns');
		assert.match(await page.locator('tbody tr').nth(1).locator('.is-state').getAttribute('title'), /^free · uncorrected error of .* a memory/);
		for (const width of [1440, 390]) {
			await page.setViewportSize({ width, height: 900 });
			for (const line of [0, 2]) {
				const head = page.locator('tbody th').nth(line);
				const whole = longWinded().hosts[line / 2].name;
				assert.equal(await head.locator('a').getAttribute('title'), whole);
				assert.equal(await head.locator('a').textContent(), whole);
				const [edge, end] = await head.evaluate((it) => {
					const letters = document.createRange();
					letters.selectNodeContents(it.querySelector('bdi').lastChild);
					return [it.getBoundingClientRect().right, letters.getBoundingClientRect().right];
				});
				assert.ok(end <= edge, `the name ends at ${end} px, its cell at ${edge}, at ${width} px`);
			}
		}
		const left = (selector) => page.locator(selector).first().evaluate((it) => {
			const letters = document.createRange();
			letters.selectNodeContents(it);
			return letters.getBoundingClientRect().left;
		});
		assert.equal(await left('thead th button'), await left('tbody th a'), 'the heading over its column');
	}));

test('on paper all columns are on the sheet, upright and across', () =>
	stage.withPage(longWinded(), async (page) => {
		await showTable(page);
		await page.emulateMedia({ media: 'print' });
		for (const width of [717, 1045]) {
			await page.setViewportSize({ width, height: 900 }); // A4 with Chromium's margins
			const cut = await page.locator('.scroller').evaluate((it) =>
				[it, ...it.querySelectorAll('th, td, td *')]
					.filter((part) => !part.closest('.bar, .sr'))
					.filter((part) => part.getBoundingClientRect().right > innerWidth + 0.5 || part.scrollWidth > part.clientWidth + 1)
					.filter((part) => part.clientWidth > 0)
					.map((part) => `${part.className}: ${part.textContent.slice(0, 40)}`),
			);
			assert.deepEqual(cut, [], `at ${width} px`);
		}
	}));

test('on a phone the table scrolls in itself, and the host stays in sight', () =>
	stage.withPage(
		lab(),
		async (page) => {
			await showTable(page);
			assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
			const home = page.locator('.scroller');
			assert.ok(await home.evaluate((element) => element.scrollWidth > element.clientWidth));
			await home.evaluate((element) => (element.scrollLeft = 200));
			const box = await line(page, 'node4').first().locator('th').boundingBox();
			assert.ok(box.x >= 0 && box.x < 30, `the host at ${box.x}`);
		},
		{ viewport: { width: 390, height: 844 } },
	));

test('a line that cannot be drawn stops no other', () =>
	stage.withPage(
		snapshot([host('good1'), host('bad', { gpus: [gpu(0, { processes: [{ ...proc('a', 'x', 1, 1), command: 7 }] })] }), host('good2')], NONE),
		async (page) => {
			await showTable(page);
			await page.locator('tr', { hasText: 'cannot be drawn' }).waitFor();
			await line(page, 'good2').waitFor();
			stage.mock.change(host('bad'));
			await line(page, 'bad').getByText('free').first().waitFor();
		},
		{ allowed: /cannot be/ },
	));

for (const colorScheme of ['dark', 'light'])
	test(`axe finds no violation in the table, ${colorScheme}`, () =>
		stage.withPage(
			{ ...lab(), ...NONE },
			async (page) => {
				await showTable(page);
				await page.getByRole('button', { name: 'Columns', exact: true }).click();
				await page.evaluate(readFileSync(axe, 'utf8'));
				const violations = await page.evaluate(async () => (await window.axe.run({ rules: { 'target-size': { enabled: true } } })).violations);
				assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), []);
			},
			{ colorScheme },
		));
