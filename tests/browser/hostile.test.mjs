/* Names that somebody else wrote, and answers that make no sense. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { busy, failed, host, process as proc, snapshot } from './fixtures.mjs';
import { goTo, harness, panel, row } from './harness.mjs';

const stage = harness();

const NASTY = [
	'<script>document.title = "taken"</script>',
	'"><img src=x onerror="document.title=\'taken\'">',
	'</code></p><h1>big</h1>',
	'javascript:alert(1)',
	'&lt;b&gt; &amp; \' " ` ${1} {{2}}',
	'\u202egnp.exe\u2066',
	'tab\there\nnewline',
	'',
];

test('hostile names stay text, wherever they stand', () => {
	const hosts = NASTY.map((name, i) =>
		host(`host${i} ${name}`, {
			address: name,
			people: name,
			kvm: name,
			comment: name,
			driver: name,
			gpus: [
				busy(0, name, name, {
					name,
					uuid: name,
					processes: [proc(name, name, 1, 1), proc(name, null, 1, 1, { name })],
					cells: [name],
				}),
			],
		}),
	);
	const all = snapshot(
		[
			...hosts,
			failed('broken', { kind: '<b>', message: NASTY[1], hint: NASTY[0] }),
			host('lost', { gpus: [busy(0, 'a', 'b', { problem: NASTY[1] })] }),
		],
		{ columns: [{ field: NASTY[0], title: NASTY[1] }] },
	);
	return stage.withPage(all, async (page) => {
		await panel(page, 'lost').waitFor();
		for (const view of ['Table', 'Cards']) {
			await goTo(page, view);
			assert.equal(await page.locator('main script, main img, main h1, main [onerror]').count(), 0);
			const links = await page.locator('main a').evaluateAll((all) => all.map(({ href }) => href));
			assert.deepEqual(links.filter((href) => !href.startsWith(stage.mock.url)), [], 'no link to anywhere else');
			assert.match(await page.title(), /NVIDIA Web Monitor/);
			assert.equal(await page.locator('.user', { hasText: NASTY[0] }).first().textContent(), NASTY[0]);
		}
		assert.equal(await page.locator('.line code').first().textContent(), NASTY[0]);
		assert.equal(await page.locator('.who .free .copy').count(), 0, 'no line to paste with such an address');
	});
});

test('names of 3,000 characters stay in their place', () => {
	const long = 'x'.repeat(3000);
	const spaced = 'word '.repeat(600);
	const hosts = [long, spaced].map((name, i) =>
		host(`node${i}`, {
			people: name,
			kvm: name,
			comment: name,
			gpus: [busy(0, name, name, { name, problem: i ? name : null, cells: [name] })],
		}),
	);
	return stage.withPage(
		snapshot([...hosts, failed(long, { message: long, hint: long }), host('last')], { columns: [{ field: 'f', title: long }] }),
		async (page) => {
			for (const width of [320, 390, 1440]) {
				await page.setViewportSize({ width, height: 800 });
				for (const view of ['Table', 'Cards']) {
					await goTo(page, view);
					assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${view} at ${width} px`);
				}
			}
			const box = await row(page, 'node0', 0).boundingBox();
			assert.ok(box.height < 60, `a row stays a row: ${box.height} px high`);
			const title = await row(page, 'node0', 0).locator('.process > summary').getAttribute('title');
			assert.ok(title.length < 700, 'a tooltip of bearable length');
		},
	);
});

test('a host that cannot be drawn does not stop the others, and comes back with sane values', () =>
	stage.withPage(
		snapshot([
			host('good1'),
			host('bad', { gpus: [{ index: 0, processes: [null] }] }),
			host('worse', { gpus: null }),
			host('good2'),
		]),
		async (page) => {
			assert.match(await panel(page, 'bad').textContent(), /cannot be drawn/);
			assert.match(await panel(page, 'worse').textContent(), /cannot be drawn/);
			await row(page, 'good2', 0).locator('.who', { hasText: 'free' }).waitFor();
			stage.mock.change(host('good1', { comment: 'still alive' }), host('worse', { gpus: 'none' }));
			await page.getByText('still alive').waitFor();
			stage.mock.change(host('bad', { comment: 'mended' }));
			await panel(page, 'bad').getByText('mended').waitFor();
			await row(page, 'bad', 0).locator('.who', { hasText: 'free' }).waitFor();
		},
		{ allowed: /cannot be (drawn|counted|taken apart)/ },
	));
