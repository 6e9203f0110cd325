/* Layout, colours, keyboard, and what those get who do not see the page. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { axe } from './chromium.mjs';
import { failed, host, lab, snapshot } from './fixtures.mjs';
import { goTo, harness, openAll, panel, row, until } from './harness.mjs';

const stage = harness();
const background = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

const VIEWS = ['Cards', 'Table', 'Map', 'People', 'Trouble'];

/* Every view, and the details of a host and of a GPU: its address, and what is there when it has been drawn. */
const PLACES = [
	['cards', '?', '.host .gpu'],
	['cards of busy GPUs', '?view=cards&show=busy', '.chip[aria-pressed="true"]'],
	['table', '?view=table', 'td'],
	['map', '?view=map', '.mosaic .sq'],
	['map of large GPUs', '?view=map&memory=48', '.mosaic .out'],
	['people', '?view=people', '.people td'],
	['trouble', '?view=trouble', '.finding'],
	['wall', '?view=wall', '.tile'],
	['details of a host', '?host=node7', '.details canvas'],
	['details of a GPU', `?view=map&host=node7&gpu=${lab().hosts[1].gpus[1].uuid}`, '.details canvas'],
];

async function goToPlace(page, [, address, ready]) {
	await page.goto(stage.mock.url + address);
	await page.locator(ready).first().waitFor();
}

test('nothing scrolls sideways, on a desk or on a phone', () =>
	stage.withPage(lab(), async (page) => {
		for (const place of PLACES) {
			const [view] = place;
			await goToPlace(page, place);
			for (const width of [320, 390, 768, 1024, 1440, 2560]) {
				await page.setViewportSize({ width, height: 800 });
				const wide = await page.evaluate(() =>
					[...document.querySelectorAll('header *, main *')]
						.filter((element) => !element.closest('.scroller, .chips, .sr') && element.getBoundingClientRect().right > innerWidth + 0.5)
						.map((element) => element.className),
				);
				assert.deepEqual(wide, [], `${view} at ${width} px`);
				assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${view} at ${width} px`);
			}
		}
	}));

test('on a phone the figures stand in three columns, a host is in sight, and the bar keeps all its ways', () =>
	stage.withPage(
		lab(),
		async (page) => {
			const lefts = await page.locator('.summary li').evaluateAll((all) => all.map((it) => it.getBoundingClientRect().left));
			assert.equal(new Set(lefts).size, 3);
			const { y } = await page.locator('.host').first().boundingBox();
			assert.ok(y < 520, `the first host begins at ${y} px`);
			await page.getByRole('button', { name: 'mine' }).focus();
			const inSight = () =>
				page.getByRole('button', { name: 'mine' }).evaluate((it) => it.getBoundingClientRect().left >= 0 && it.getBoundingClientRect().right <= innerWidth);
			await until(inSight, 'the chip that the keyboard came to');
			const targets = await page.locator('.host :is(button, .index a), .chip').evaluateAll((all) => all.map((it) => it.getBoundingClientRect()).filter(({ height, width }) => height > 0 && (height < 24 || width < 24)));
			assert.deepEqual(targets, [], 'large enough for a finger');
			for (const view of VIEWS) await page.locator('.views a', { hasText: view }).click({ trial: true });
			await page.getByRole('searchbox').click({ trial: true });
		},
		{ viewport: { width: 320, height: 700 } },
	));

test('how many troubles cannot wait stands at their view, in words for who listens', () =>
	stage.withPage(lab(), async (page) => {
		const name = await page.locator('.views a', { hasText: 'Trouble' }).innerText();
		assert.match(name.replace(/\s+/g, ' '), /^Trouble [1-9]\d* that cannot wait$/);
		stage.mock.show(snapshot([host('node1')]));
		await page.locator('.views .badge').waitFor({ state: 'detached' });
	}));

test('another language is chosen, kept, and its catalogue comes then', () =>
	stage.withPage(lab(), async (page) => {
		const choice = page.getByLabel('Language');
		await choice.selectOption('zh');
		await page.locator('html[lang="zh"]').waitFor();
		assert.ok(stage.mock.requests.includes('/assets/zh.json'));
		await page.reload();
		await page.locator('html[lang="zh"] .views').waitFor();
		await page.locator('select.language').selectOption('en');
		await page.locator('html[lang="en"] .views').waitFor();
	}));

test('the wall has a way in from the bar, and no bar', () =>
	stage.withPage(lab(), async (page) => {
		await page.getByRole('link', { name: 'wall' }).click();
		await page.locator('.wall').waitFor();
		assert.equal(await page.locator('.top').count(), 0);
		await page.goBack();
		await page.locator('.top').waitFor();
	}));

test('on paper it is black on white, with all cards and nothing to press', () =>
	stage.withPage(
		snapshot(Array.from({ length: 100 }, (_, i) => host(`node${i}`))),
		async (page) => {
			await page.evaluate(() => {
				localStorage.setItem('nvwebmon.theme', 'dark');
				document.documentElement.dataset.theme = 'dark';
				dispatchEvent(new Event('beforeprint'));
			});
			await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
			assert.equal(await background(page), 'rgb(255, 255, 255)');
			assert.equal(await page.evaluate(() => getComputedStyle(document.body).color), 'rgb(0, 0, 0)');
			await until(async () => (await page.locator('.host .gpu').count()) === 100, 'all cards');
			assert.equal(await page.locator('button:visible, input:visible, select:visible').count(), 0);
		},
		{ colorScheme: 'dark' },
	));

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
				for (const place of PLACES) {
					await goToPlace(page, place);
					await page.evaluate(readFileSync(axe, 'utf8'));
					for (const width of [1440, 390]) {
						await page.setViewportSize({ width, height: 900 });
						await openAll(page);
						const violations = await page.evaluate(async () => (await window.axe.run({ rules: { 'target-size': { enabled: true } } })).violations);
						const told = violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html).join(' | ')}`);
						assert.deepEqual(told, [], `${place[0]} at ${width} px`);
					}
				}
			},
			{ colorScheme },
		));
}

test('what axe lets pass for the room around it is large enough, too', () =>
	stage.withPage(lab(), async (page) => {
		const small = async (selector) => {
			const sizes = await page.locator(selector).evaluateAll((all) => all.map((it) => it.getBoundingClientRect().height));
			assert.ok(sizes.length > 0 && Math.min(...sizes) >= 24, `${selector}: ${sizes}`);
		};
		await small('.theme');
		for (const summary of ['.process > summary', '.gpu .more > summary', '.finding summary']) await small(summary);
		await goToPlace(page, PLACES.find(([name]) => name === 'people'));
		for (const target of ['.people thead button', '.people .at a']) await small(target);
		await goToPlace(page, PLACES.at(-1));
		await small('.siblings a');
	}));

test('where the box of the search is narrow, what it is for ends in an ellipsis', () =>
	stage.withPage(lab(), async (page) => {
		await page.setViewportSize({ width: 720, height: 900 });
		const box = page.getByRole('searchbox');
		assert.equal(await box.evaluate((it) => getComputedStyle(it).textOverflow), 'ellipsis');
	}));

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
		const focused = () =>
			page.evaluate(() => {
				const { textContent, placeholder, value } = document.activeElement;
				return textContent && value === undefined ? textContent : placeholder || value || textContent;
			});
		for (let i = 0; i < 24; i++) {
			await page.keyboard.press('Tab');
			reached.push(await focused());
			assert.equal(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), 'solid', reached.at(-1));
		}
		assert.deepEqual(reached.slice(0, 10), [
			'Skip to the content',
			...['Cards', 'Table', 'Map', 'People', 'Trouble 1 that cannot wait'],
			'host, model, person, command …',
			...['wall', 'en', 'auto'],
		]);
		for (const stop of ['free now 1', 'mine', 'node1', 'copy ssh line']) assert.ok(reached.includes(stop), stop);
		await page.locator('.views').getByRole('link', { name: 'Table' }).focus();
		await page.keyboard.press('Enter');
		await page.locator('table').first().waitFor();
	}));

test('the first stop leads past the bar', () =>
	stage.withPage(lab(), async (page) => {
		await page.keyboard.press('Tab');
		assert.ok((await page.locator('.skip').boundingBox()).y >= 0, 'it is seen');
		await page.keyboard.press('Enter');
		assert.equal(await page.evaluate(() => document.activeElement.id), 'content');
		assert.equal(new URL(page.url()).hash, '');
		await page.keyboard.press('Tab');
		assert.equal(await page.evaluate(() => document.activeElement.closest('main') !== null), true);
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
	const size = (...names) => names.reduce((sum, name) => sum + gzipSync(stage.mock.files[name], { level: 9 }).length, 0);
	const first = size('index.html', 'app.js', 'app.css', 'favicon.svg');
	assert.ok(first < 60_000, `${first} bytes, gzipped, before anything can be seen`);
});

/* The sources of the page whose names end so: their names and, but for comments, their texts. */
function sources(end) {
	const home = new URL('../../web/src/', import.meta.url);
	const rooms = readdirSync(home, { withFileTypes: true }).filter((it) => it.isDirectory());
	const names = rooms.flatMap((room) => readdirSync(new URL(room.name, home)).map((name) => `${room.name}/${name}`));
	const text = (name) => readFileSync(new URL(name, home), 'utf8').replace(/\/\*[^]*?\*\/|(?<=\s)\/\/.*/g, '');
	return names.filter((name) => end.test(name)).map((name) => [name, text(name)]);
}

test('colours and type sizes stand in tokens.css, and nowhere else', () => {
	const found = (end, pattern) =>
		sources(end)
			.filter(([name]) => name !== 'design/tokens.css')
			.flatMap(([name, text]) => (text.match(pattern) ?? []).map((what) => `${name}: ${what}`));
	assert.deepEqual(
		[
			...found(/\.css$/, /\bfont(-size)?: [^;/]*\d(px|pt|rem|vw|vh)\b/g),
			...found(/\.css$/, /(?<=: [^;{]*)(#[\da-f]{3,8}\b|\b(rgba?|hsla?|hwb|lab|lch|oklab|oklch)\(|\b(black|white|red|green|blue|gr[ae]y)\b)/gi),
			...found(/\.tsx?$/, /['"`]#[\da-f]{3,8}\b/gi),
		],
		[],
	);
});

test('no rule is for a class that nothing has, and no token for nothing', () => {
	const all = (end) => sources(end).map(([, text]) => text).join('');
	const rules = all(/\.css$/);
	const code = all(/\.tsx?$/);
	const strings = code.replace(/\b[nt]\([^']*('[^']*'(, )?)+/g, '').match(/(['"`]).*?\1/g).join(' '); // but for what is said
	const made = /^(is-|[vhp]\d$|u-)/; // by a column's name, by a number, by uPlot
	const classes = new Set(rules.replace(/\{[^{}]*\}|@import.*/g, '').match(/(?<=\.)[a-z][\w-]*/g));
	assert.deepEqual([...classes].filter((it) => !made.test(it) && !new RegExp(`(?<![\\w-])${it}(?![\\w-])`).test(strings)), []);
	const tokens = new Set(rules.match(/--[\w-]+(?=:)/g));
	assert.deepEqual([...tokens].filter((it) => !rules.includes(`var(${it}`) && !code.includes(it)), []);
});

for (const colorScheme of ['dark', 'light'])
	test(`where the system says all colours, states are told apart and what is chosen shows, ${colorScheme}`, () =>
		stage.withPage(
			lab(),
			async (page) => {
				const picture = async (locator) => (await locator.screenshot()).toString('base64');
				const ground = (locator) => locator.evaluate((it) => getComputedStyle(it).backgroundColor);
				const side = (name, index) =>
					row(page, name, index).evaluate((it) => `${getComputedStyle(it).borderLeftStyle} ${getComputedStyle(it).borderLeftColor}`);
				const sides = [await side('node4', 0), await side('node4', 4), await side('node7', 6)];
				assert.equal(new Set(sides).size, 3, sides.join(' / '));
				const marks = [];
				for (const name of ['node4', 'node7', 'node2', 'node12']) marks.push(await picture(panel(page, name).locator('.heading .mark')));
				assert.equal(new Set(marks).size, 4, 'marks of hosts');
				const bar = row(page, 'node4', 4).locator('.bar').first();
				const filled = await picture(bar);
				await bar.evaluate((it) => (it.querySelector('i').style.width = 0));
				assert.notEqual(await picture(bar), filled, 'a bar that is empty');
				assert.notEqual(await ground(page.locator('.views [aria-current]')), await ground(page.locator('.views a').last()));
				const chip = page.locator('.chip', { hasText: /^busy/ });
				const before = await ground(chip);
				await chip.click();
				await page.locator('.chip[aria-pressed="true"]').waitFor();
				assert.notEqual(await ground(chip), before, 'a chip that is pressed');

				await goToPlace(page, PLACES[3]);
				const looks = await page.locator('.legend .sq').evaluateAll((all) => all.map(({ className }) => className));
				const square = page.locator('.mosaic .sq').first();
				const squares = [];
				for (const look of [...looks, 'sq v7 ailing', 'sq v7 out']) {
					await square.evaluate((it, name) => (it.className = name), look);
					squares.push(await picture(square));
				}
				assert.equal(new Set(squares).size, squares.length, 'squares of the map');
			},
			{ forcedColors: 'active', colorScheme, reducedMotion: 'reduce' },
		));
