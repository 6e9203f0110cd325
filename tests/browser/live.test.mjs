/* How what is new reaches the page, and what it does when nothing does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPage } from './chromium.mjs';
import { busy, failed, gpu, host, NOW, snapshot } from './fixtures.mjs';
import { assertClean, figure, harness, panel, row, until } from './harness.mjs';

const stage = harness();
const CONNECTION = /ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|net::/; // what Chromium itself writes when a server goes

const two = () => [host('node1', { gpus: [gpu(0), busy(1, 'alice', 'train.py', { utilization: 50 })] }), host('node2')];

test('new values appear without a reload', () =>
	stage.withPage(snapshot(two()), async (page) => {
		await page.evaluate(() => (window.stillTheSame = true));
		assert.equal(await row(page, 'node1', 1).locator('.bar').first().textContent(), 'utilization 50 %');
		const [node1] = stage.mock.snapshot.hosts;
		stage.mock.change({ ...node1, gpus: [node1.gpus[0], { ...node1.gpus[1], utilization: 77 }] });
		await row(page, 'node1', 1).getByText('77 %').waitFor();
		assert.equal(await page.evaluate(() => window.stillTheSame), true);
	}));

test('only what changed is touched in the page', () =>
	stage.withPage(snapshot(two()), async (page) => {
		await page.evaluate(() => {
			window.touched = [];
			const name = (node) =>
				node.nodeType === Node.TEXT_NODE ? `text of ${node.parentElement.className}` : `${node.localName} ${node.className}`;
			new MutationObserver((records) => {
				for (const { type, target, attributeName, addedNodes, removedNodes } of records) {
					const element = target.nodeType === Node.TEXT_NODE ? target.parentElement : target;
					if (element.closest('.link')) continue; // the age of the data, each second
					window.touched.push(`${type} ${attributeName ?? ''} ${name(target)} +${addedNodes.length} -${removedNodes.length}`);
				}
			}).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
		});
		const [node1] = stage.mock.snapshot.hosts;
		stage.mock.change({ ...node1, sampled: NOW(), gpus: [{ ...node1.gpus[0], temperature: 44 }, { ...node1.gpus[1] }] });
		await row(page, 'node1', 0).getByText('44°').waitFor();
		assert.deepEqual(await page.evaluate(() => window.touched), ['characterData  text of  +0 -0']);
	}));

test('a new snapshot keeps the panels of hosts that stay, drops those that went, adds those that came, in their order', () =>
	stage.withPage(snapshot(two()), async (page) => {
		await panel(page, 'node2').evaluate((element) => (element.dataset.kept = 'yes'));
		stage.mock.show(snapshot([host('node3'), host('node2')]));
		await panel(page, 'node3').waitFor();
		assert.deepEqual(await page.locator('.host .name').allTextContents(), ['node3', 'node2']);
		assert.equal(await panel(page, 'node2').getAttribute('data-kept'), 'yes');
	}));

test('a dropped stream comes back by itself', () =>
	stage.withPage(
		snapshot(two()),
		async (page) => {
			const before = stage.mock.streamsEver;
			stage.mock.dropStreams();
			await page.locator('.link b', { hasText: 'connection lost' }).waitFor();
			stage.mock.snapshot = snapshot([host('node1', { gpus: [gpu(0, { temperature: 52 })] }), host('node2')]);
			await page.locator('.link b', { hasText: 'live' }).waitFor();
			await row(page, 'node1', 0).getByText('52°').waitFor();
			assert.equal(stage.mock.streamsEver, before + 1);
		},
		{ allowed: CONNECTION },
	));

test('while the server is gone the page says since when, and calls nothing free any more', () =>
	stage.withPage(
		snapshot(two()),
		async (page) => {
			await stage.mock.down();
			try {
				await page.locator('.link.lost', { hasText: /connection lost since \d\d:\d\d:\d\d · trying again/ }).waitFor();
				await page.clock.fastForward(11_000);
				await panel(page, 'node1')
					.locator('.note', { hasText: /^No word from the server\. Last values, \d+ s old$/ })
					.waitFor();
				assert.equal(await row(page, 'node1', 0).locator('.who').textContent(), 'was free');
				assert.equal(await figure(page, 'free').textContent(), '–');
			} finally {
				await stage.mock.up();
			}
			await page.locator('.link b', { hasText: 'live' }).waitFor();
			await row(page, 'node1', 0).locator('.who b', { hasText: 'free' }).waitFor();
		},
		{ allowed: CONNECTION, clock: true },
	));

test('an event that cannot be read makes the page begin anew', () =>
	stage.withPage(
		snapshot(two()),
		async (page) => {
			const before = stage.mock.streamsEver;
			stage.mock.say('hosts', '[{"name": "node1", ');
			await until(() => stage.mock.streamsEver > before, 'a new stream');
			await page.locator('.link b', { hasText: 'live' }).waitFor();
		},
		{ allowed: /an event that cannot be read/ },
	));

test('many tabs share one stream, and the last one open keeps it', async () => {
	stage.mock.show(snapshot(two()));
	await until(() => stage.mock.streams.size === 0, 'earlier pages to be gone');
	const before = stage.mock.streamsEver;
	const first = await openPage(stage.browser, stage.mock.url);
	const context = first.context();
	try {
		await first.locator('.link b', { hasText: 'live' }).waitFor();
		const tabs = [first];
		for (let i = 0; i < 9; i++) {
			const tab = await context.newPage();
			await tab.goto(stage.mock.url);
			await tab.locator('.link b', { hasText: 'live' }).waitFor();
			tabs.push(tab);
		}
		assert.equal(stage.mock.streams.size, 1);
		assert.equal(stage.mock.streamsEver, before + 1);

		const last = tabs.pop();
		for (const tab of tabs) await tab.close();
		const [node1] = stage.mock.snapshot.hosts;
		stage.mock.change({ ...node1, gpus: [{ ...node1.gpus[0], temperature: 63 }, node1.gpus[1]] });
		await row(last, 'node1', 0).getByText('63°').waitFor();
		assert.equal(stage.mock.streams.size, 1);
		await last.close();
		await until(() => stage.mock.streams.size === 0, 'the stream to end with the last tab');
		assertClean(first);
	} finally {
		await context.close();
	}
});

/* The browser does not hide a page on demand, so the page is told that it is hidden. */
const setVisibility = (page, state) =>
	page.evaluate((value) => {
		Object.defineProperty(document, 'visibilityState', { value, configurable: true });
		document.dispatchEvent(new Event('visibilitychange'));
	}, state);

test('a tab that nobody looks at does nothing, and is up to date when somebody does', () =>
	stage.withPage(snapshot(two()), async (page) => {
		const other = await page.context().newPage();
		await other.goto(stage.mock.url);
		await other.locator('.link b', { hasText: 'live' }).waitFor();
		await setVisibility(page, 'hidden');
		const [node1] = stage.mock.snapshot.hosts;
		stage.mock.change({ ...node1, gpus: [{ ...node1.gpus[0], temperature: 71 }, node1.gpus[1]] });
		await row(other, 'node1', 0).getByText('71°').waitFor();
		assert.equal(await row(page, 'node1', 0).getByText('71°').count(), 0);
		await setVisibility(page, 'visible');
		await row(page, 'node1', 0).getByText('71°').waitFor();
	}));

test('a browser without shared workers has a stream for each page, open only while it is looked at', async () => {
	await until(() => stage.mock.streams.size === 0, 'earlier pages to be gone');
	stage.mock.show(snapshot(two()));
	const context = await stage.browser.newContext();
	await context.addInitScript(() => delete window.SharedWorker);
	const page = await context.newPage();
	await page.goto(stage.mock.url);
	try {
		await page.locator('.link b', { hasText: 'live' }).waitFor();
		assert.equal(stage.mock.streams.size, 1);
		await setVisibility(page, 'hidden');
		await until(() => stage.mock.streams.size === 0, 'the stream to be closed');
		await setVisibility(page, 'visible');
		await page.locator('.link b', { hasText: 'live' }).waitFor();
		assert.equal(stage.mock.streams.size, 1);
	} finally {
		await context.close();
	}
});

test('a connection that died without a word is given up when a sample is overdue by the server’s own rule, and nothing is free till it is made anew', async () => {
	Object.assign(stage.mock, { mute: true });
	stage.mock.show(snapshot([host('node1', { sample_ms: 2000, gpus: [gpu(0)] }), host('node2', { gpus: [gpu(0)] })]));
	const context = await stage.browser.newContext();
	await context.addInitScript(() => delete window.SharedWorker); // a worker's clock cannot be wound from here
	const page = await context.newPage();
	await page.clock.install();
	await page.goto(stage.mock.url);
	try {
		await page.locator('.link b', { hasText: 'live' }).waitFor();
		const before = stage.mock.streamsEver;
		await until(async () => (await figure(page, 'free').textContent()) === '2', '2 free');
		await page.clock.runFor(20_000);
		assert.equal(stage.mock.streamsEver, before, 'twice the interval, the grace and the slowest sample');
		await until(async () => (await figure(page, 'free').textContent()) === '2', '2 free');
		stage.mock.holds = true;
		await page.clock.runFor(6000);
		await page.locator('.link', { hasText: 'connection lost' }).waitFor();
		await until(async () => (await figure(page, 'free').textContent()) === '–', '– free');
		assert.equal(await page.getByRole('button', { name: 'copy ssh line' }).count(), 0, 'nobody is sent anywhere');
		await until(() => stage.mock.streamsEver > before, 'a new stream');
		stage.mock.holds = false;
		stage.mock.show(stage.mock.snapshot);
		await page.locator('.link b', { hasText: 'live' }).waitFor();
		await until(async () => (await figure(page, 'free').textContent()) === '2', '2 free');
	} finally {
		Object.assign(stage.mock, { mute: false, holds: false });
		await context.close();
	}
});

test('where no host answers a minute of silence is nothing', async () => {
	Object.assign(stage.mock, { mute: true });
	stage.mock.show(snapshot([failed('node1', {})]));
	const context = await stage.browser.newContext();
	await context.addInitScript(() => delete window.SharedWorker);
	const page = await context.newPage();
	await page.clock.install();
	await page.goto(stage.mock.url);
	try {
		await page.locator('.link b', { hasText: 'live' }).waitFor();
		const before = stage.mock.streamsEver;
		await page.clock.runFor(70_000);
		assert.equal(stage.mock.streamsEver, before);
		await page.clock.runFor(10_000);
		await until(() => stage.mock.streamsEver > before, 'a new stream');
	} finally {
		stage.mock.mute = false;
		await context.close();
	}
});

test('a shared worker that does not answer is done without', async () => {
	stage.mock.show(snapshot(two()));
	const context = await stage.browser.newContext();
	await context.addInitScript(() => {
		window.SharedWorker = class {
			port = { postMessage() {}, close() {} };
		};
	});
	const page = await context.newPage();
	await page.clock.install();
	await page.goto(stage.mock.url);
	try {
		await page.locator('.link', { hasText: 'connecting' }).waitFor();
		await page.clock.fastForward(6000);
		await page.locator('.link b', { hasText: 'live' }).waitFor();
	} finally {
		await context.close();
	}
});

test('ages are told by the server’s clock when the viewer’s is wrong', async () => {
	stage.mock.show(snapshot([host('node1', { sampled: NOW() - 4 })]));
	const context = await stage.browser.newContext();
	await context.addInitScript(() => delete window.SharedWorker); // a worker's clock cannot be set from here
	const page = await context.newPage();
	await page.clock.install({ time: Date.now() + 3_600_000 });
	await page.goto(stage.mock.url);
	try {
		await page.locator('.link', { hasText: /^live · data \d+ s old · 1 host$/ }).waitFor();
	} finally {
		await context.close();
	}
});

const link = (page) => page.locator('.link');

test('a server that was restarted is said to be, for a while', () =>
	stage.withPage(
		snapshot(two()),
		async (page) => {
			stage.mock.snapshot = { ...stage.mock.snapshot, generation: 1 };
			stage.mock.dropStreams();
			await link(page)
				.getByText(/the server was restarted at \d\d:\d\d:\d\d/)
				.waitFor();
			await page.clock.fastForward(61_000);
			await link(page).getByText('restarted').waitFor({ state: 'detached' });
		},
		{ allowed: CONNECTION, clock: true },
	));

test('a stream that merely broke off is no restart', () =>
	stage.withPage(
		snapshot(two()),
		async (page) => {
			stage.mock.dropStreams();
			await page.locator('.link b', { hasText: 'connection lost' }).waitFor();
			await page.locator('.link b', { hasText: 'live' }).waitFor();
			assert.equal(await link(page).getByText('restarted').count(), 0);
			assert.equal(await page.locator('.newer').count(), 0);
		},
		{ allowed: CONNECTION },
	));

test('a server that came back with another page says so, and the page can be had or left', async () => {
	const kept = stage.mock.files['index.html'];
	const other = String(kept).replace(/app\.js\?v=\w+/, 'app.js?v=another');
	try {
		await stage.withPage(
			snapshot(two()),
			async (page) => {
				stage.mock.files['index.html'] = Buffer.from(other);
				stage.mock.dropStreams();
				const notice = page.locator('.newer[role="status"]', { hasText: 'The server has a newer page than this one.' });
				await notice.getByRole('button', { name: 'later' }).click();
				await notice.waitFor({ state: 'detached' });
				await page.reload();
				await page.locator('.link b', { hasText: 'live' }).waitFor();
				stage.mock.files['index.html'] = kept;
				stage.mock.dropStreams();
				await Promise.all([page.waitForEvent('load'), notice.getByRole('button', { name: 'reload' }).click()]);
				await page.locator('.link b', { hasText: 'live' }).waitFor();
				assert.equal(await notice.count(), 0);
			},
			{ allowed: CONNECTION },
		);
	} finally {
		stage.mock.files['index.html'] = kept;
	}
});

test('a screen on a wall takes the newer page by itself', async () => {
	const kept = stage.mock.files['index.html'];
	try {
		await stage.withPage(
			snapshot(two()),
			async (page) => {
				await page.getByRole('link', { name: 'wall' }).click();
				await page.locator('.wall').waitFor();
				await page.evaluate(() => (window.old = true));
				stage.mock.files['index.html'] = Buffer.from(String(kept).replace(/app\.js\?v=\w+/, 'app.js?v=another'));
				stage.mock.dropStreams();
				await page.waitForFunction(() => !window.old);
				await page.locator('.wall').waitFor();
			},
			{ allowed: CONNECTION },
		);
	} finally {
		stage.mock.files['index.html'] = kept;
	}
});

test('a server that speaks a newer version is understood as far as it goes, and the page says so', () =>
	stage.withPage(snapshot(two(), { version: 2 }), async (page) => {
		await page.locator('.newer').waitFor();
		await row(page, 'node1', 0).waitFor();
	}));

test('what came with the page is shown before the stream says anything, as old as it is', async () => {
	const context = await stage.browser.newContext();
	Object.assign(stage.mock, { encloses: true, holds: true });
	stage.mock.show(snapshot(two(), { time: NOW() }));
	try {
		const page = await context.newPage();
		await page.addInitScript(() => (performance.getEntriesByType = () => [{ transferSize: 0 }])); // it was kept
		await page.goto(stage.mock.url);
		await row(page, 'node1', 0).locator('.who b', { hasText: 'free' }).waitFor();
		assert.match(await link(page).textContent(), /^connecting … · data \d+ s old$/);
		assert.equal(await page.locator('.link b', { hasText: 'live' }).count(), 0);

		stage.mock.show(snapshot(two(), { time: NOW() - 3600 }));
		await page.reload();
		await row(page, 'node1', 0).locator('.who', { hasText: 'was free' }).waitFor();
		assert.equal(await figure(page, 'free').textContent(), '–', 'an hour old');

		stage.mock.holds = false;
		stage.mock.show(snapshot(two(), { time: NOW() }));
		await page.locator('.link b', { hasText: 'live' }).waitFor();
		await row(page, 'node1', 0).locator('.who b', { hasText: 'free' }).waitFor();
	} finally {
		Object.assign(stage.mock, { encloses: false, holds: false });
		await context.close();
	}
});

test('what came with the page is as fresh as it is, whatever the viewer’s clock says', async () => {
	for (const hours of [5, -5]) {
		const context = await stage.browser.newContext();
		Object.assign(stage.mock, { encloses: true, holds: true });
		stage.mock.show(snapshot(two(), { time: NOW() }));
		try {
			await context.addInitScript(() => delete window.SharedWorker); // whose clock would be another one
			const page = await context.newPage();
			await page.clock.install({ time: Date.now() + 3_600_000 * hours });
			await page.addInitScript(() => (performance.getEntriesByType = () => [{ transferSize: 1000, encodedBodySize: 900 }])); // a wound clock knows of no visit
			await page.goto(stage.mock.url);
			await row(page, 'node1', 0).locator('.who b', { hasText: 'free' }).waitFor();
			assert.match(await link(page).textContent(), /^connecting … · data \d+ s old$/);
			assert.equal(await figure(page, 'free').textContent(), '2');
		} finally {
			Object.assign(stage.mock, { encloses: false, holds: false });
			await context.close();
		}
	}
});

test('what came with the page grows old while nothing follows', async () => {
	const context = await stage.browser.newContext();
	Object.assign(stage.mock, { encloses: true, holds: true });
	stage.mock.show(snapshot(two(), { time: NOW() }));
	try {
		const page = await context.newPage();
		await page.clock.install();
		await page.goto(stage.mock.url);
		await row(page, 'node1', 0).locator('.who b', { hasText: 'free' }).waitFor();
		await page.clock.fastForward(12_000);
		await row(page, 'node1', 0).locator('.who', { hasText: 'was free' }).waitFor();
		await page.locator('.link.lost', { hasText: 'connecting …' }).waitFor();
	} finally {
		Object.assign(stage.mock, { encloses: false, holds: false });
		await context.close();
	}
});

test('hostile text in what came with the page ends no script, and a broken one is done without', async () => {
	Object.assign(stage.mock, { encloses: true });
	try {
		await stage.withPage(snapshot([host('node1', { comment: '</script><b id="out">' })]), async (page) => {
			await page.getByText('</script><b id="out">').first().waitFor();
			assert.equal(await page.locator('#out').count(), 0);
		});
		const { enclosed } = stage.mock;
		stage.mock.enclosed = () => enclosed.call(stage.mock).replace('{"version"', '{"version');
		await stage.withPage(snapshot(two()), (page) => row(page, 'node1', 0).waitFor());
	} finally {
		Object.assign(stage.mock, { encloses: false });
		delete stage.mock.enclosed;
	}
});

test('no host that answers is said so', () =>
	stage.withPage(snapshot([host('node1', { state: 'stale' })]), async (page) => {
		await link(page)
			.getByText(/^live · no host answers · 0 of 1 host$/)
			.waitFor();
	}));
