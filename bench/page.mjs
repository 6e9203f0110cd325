// make bench-page: what the page costs whoever leaves it open: Chromium, headless, with so many hosts of 8 GPUs that each change every 5 s.
//
//     node bench/page.mjs [--hosts 1000] [--seconds 10 | --minutes 10] [--views cards,map] [--profile DIRECTORY]
//
// For each view: the share of its time that the page's main thread is busy, and in script; its longest task, which is how long a click or a letter may
// have to wait, while one looks and while one types into the search box; what a letter costs until all that it finds is on the screen, usually and
// at most; the heap after a collection, at the beginning and at the end. All of it is CPU time of that thread and not time on the clock, so that a
// busy machine does not count as a slow page; and where fewer events came through than were due, the shares are of the time for which they stand.
// With --profile, V8's profile of each view, for DevTools.
//
// The hosts are make-believe, and their server is a process of its own: see serve() below.
import { fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { constants, createGzip, gzipSync } from 'node:zlib';
import { launch } from '../tests/browser/chromium.mjs';
import { fleet, machine, session } from '../tests/browser/fixtures.mjs';
import { builtPage, MockServer } from '../tests/browser/mock-server.mjs';
import { median, printTable, sleep } from './measure.mjs';

const INTERVAL = 5; // seconds between two samples of a host
const EVENT = 0.25; // seconds between two events, as the server sends them
const WORD = 'alice train';
const LETTER = 0.15; // seconds between two letters of somebody who types fast

/** What is looked at: its name, and its address. */
const VIEWS = {
	cards: '?',
	table: '?view=table',
	sorted: '?view=table&sort=-utilization',
	map: '?view=map',
	'map-people': '?view=map&colour=user',
	people: '?view=people',
	trouble: '?view=trouble',
	wall: '?view=wall',
	details: '?host=node7',
	'details-gpu': '?view=map&host=node7&gpu=', // the GPU is filled in
};

const { values: options } = parseArgs({
	options: {
		hosts: { type: 'string', default: '1000' },
		seconds: { type: 'string', default: '10' },
		minutes: { type: 'string' },
		views: { type: 'string', default: Object.keys(VIEWS).join() },
		profile: { type: 'string' },
	},
});
const count = Number(options.hosts);
const seconds = options.minutes ? 60 * Number(options.minutes) : Number(options.seconds);

/**
 * @param {number} value
 * @param {number} step
 * @param {number} low
 * @param {number} high
 */
const wander = (value, step, low, high) => Math.round(Math.min(high, Math.max(low, value + (Math.random() - 0.5) * step)));

/** The next sample of a host: what works wanders, and now and then a process ends or one begins. */
function next(/** @type {any} */ host) {
	const gpus = host.gpus.map((/** @type {any} */ gpu) => {
		if (!(gpu.utilization > 0) || Math.random() < 0.01) return { ...gpu, temperature: gpu.temperature && wander(gpu.temperature, 2, 25, 40) };
		const it = {
			...gpu,
			utilization: wander(gpu.utilization, 20, 1, 100),
			power: wander(gpu.power, 40, 60, 400),
			temperature: wander(gpu.temperature, 3, 35, 88),
			memory_used: wander(gpu.memory_used, 2 ** 31, 2 ** 33, gpu.memory_total),
			processes: gpu.processes.map((/** @type {any} */ process) => ({ ...process, elapsed: process.elapsed + INTERVAL, cpu: wander(100, 9, 0, 900) })),
		};
		return { ...it, cells: it.cells.map((/** @type {string} */ cell, /** @type {number} */ i) => (i === 2 ? String(it.temperature) : cell)) };
	});
	return { ...host, sampled: Date.now() / 1000, gpus, machine: { ...host.machine, load: [wander(12, 8, 0, 64), 10, 8] } };
}

/** The server: all hosts change within an interval, as many with each event as must. */
async function serve() {
	const mock = await new MockServer(await builtPage()).up();
	const { hosts, ...rest } = fleet(count);
	mock.show({ ...rest, interval: INTERVAL, hosts: hosts.map((/** @type {any} */ host) => ({ ...host, machine: machine(), session: session() })) });
	const each = Math.ceil((count * EVENT) / INTERVAL);
	let place = 0;
	const stream = createGzip();
	let bytes = 0;
	let events = 0;
	stream.on('data', (piece) => (bytes += piece.length));
	let paused = false;
	setInterval(() => {
		if (paused) return;
		const turn = Array.from({ length: each }, (_, i) => mock.snapshot.hosts[(place + i) % count]).filter(({ state }) => state === 'ok');
		place = (place + each) % count;
		const changed = turn.map(next);
		mock.change(...changed);
		if (events++ > 20) return;
		stream.write(JSON.stringify(changed));
		stream.flush(constants.Z_SYNC_FLUSH);
	}, 1000 * EVENT);
	const packed = (/** @type {string | Buffer} */ it) => gzipSync(it, { level: 6 }).length;
	process.on('message', (message) => {
		paused = message === 'pause';
		if (message !== 'sizes') return process.send?.('done');
		const sizes = Object.fromEntries(Object.entries(mock.files).map(([name, file]) => [name, packed(file)]));
		const json = JSON.stringify(mock.snapshot);
		process.send?.({ sizes, snapshot: [json.length, packed(json)], perSecond: bytes / Math.min(events, 21) / EVENT });
	});
	process.on('disconnect', () => process.exit());
	process.send?.({ url: mock.url, gpu: mock.snapshot.hosts[6]?.gpus[1]?.uuid });
}

/** The CPU seconds of the main thread so far, by kind. */
async function metricsOf(/** @type {any} */ cdp) {
	const { metrics } = await cdp.send('Performance.getMetrics');
	return Object.fromEntries(metrics.map((/** @type {any} */ { name, value }) => [name, value]));
}

async function heapOf(/** @type {any} */ cdp) {
	await cdp.send('HeapProfiler.collectGarbage');
	return (await metricsOf(cdp)).JSHeapUsedSize;
}

/** The longest task of the main thread while `work` goes on, in CPU seconds. */
async function longestTask(/** @type {any} */ browser, /** @type {any} */ page, /** @type {() => Promise<void>} */ work) {
	await browser.startTracing(page, { categories: ['toplevel'] });
	await work();
	const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
	const threads = new Set();
	for (const { name, args, pid, tid } of traceEvents) if (name === 'thread_name' && args.name === 'CrRendererMain') threads.add(`${pid} ${tid}`);
	let most = 0;
	for (const { ph, pid, tid, tdur } of traceEvents) if (ph === 'X' && threads.has(`${pid} ${tid}`)) most = Math.max(most, tdur ?? 0);
	return most / 1e6;
}

const frames = (/** @type {any} */ page, /** @type {number} */ count) =>
	page.evaluate(
		(/** @type {number} */ left) =>
			new Promise((done) => {
				const frame = () => requestAnimationFrame(() => setTimeout(() => (--left > 0 ? frame() : done(null))));
				frame();
			}),
		count,
	);

/** Types a word and takes it back; `typed` after each letter. */
async function typeInto(/** @type {any} */ page, /** @type {() => Promise<void>} */ typed) {
	await page.getByRole('searchbox').focus();
	for (const letter of [...WORD, ...Array.from(WORD, () => 'Backspace')]) {
		await page.keyboard.press(letter === ' ' ? 'Space' : letter);
		await typed();
	}
}

const SETTLED = 30; // frames: what a letter finds may come in steps

/** What each letter costs until it and what it finds is on the screen, while nothing else happens: of the rest, see the longest task. */
async function lettersOf(/** @type {any} */ page, /** @type {any} */ cdp) {
	/** @type {number[]} */
	const costs = [];
	let before = (await metricsOf(cdp)).TaskDuration;
	await typeInto(page, async () => {
		await frames(page, SETTLED);
		const after = (await metricsOf(cdp)).TaskDuration;
		costs.push(after - before);
		before = after;
	});
	return costs;
}

async function startProfile(/** @type {any} */ cdp) {
	if (!options.profile) return;
	await cdp.send('Profiler.enable');
	await cdp.send('Profiler.start');
}

async function endProfile(/** @type {any} */ cdp, /** @type {string} */ name) {
	if (!options.profile) return;
	const { profile } = await cdp.send('Profiler.stop');
	mkdirSync(options.profile, { recursive: true });
	writeFileSync(join(options.profile, `${name}.cpuprofile`), JSON.stringify(profile));
}

const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(1)} %`;
const ms = (/** @type {number} */ value) => `${(1000 * value).toFixed(0)} ms`;
const mb = (/** @type {number} */ value) => `${(value / 1e6).toFixed(1)} MB`;
const kb = (/** @type {number} */ value) => `${(value / 1e3).toFixed(1)} KB`;

/** Counts, in the page, the events that come from the worker. */
function countEvents() {
	const scope = /** @type {any} */ (globalThis);
	const { SharedWorker } = scope;
	scope.eventsSeen = 0;
	scope.SharedWorker = function (/** @type {string} */ script, /** @type {object} */ rest) {
		const worker = new SharedWorker(script, rest);
		worker.port.addEventListener('message', (/** @type {any} */ { data }) => (scope.eventsSeen += Number(data.type === 'hosts')));
		return worker;
	};
}

/** One row of the table. */
async function look(/** @type {any} */ browser, /** @type {any} */ server, /** @type {string} */ url, /** @type {string} */ name) {
	const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
	/** @type {string[]} */
	const faults = [];
	page.setDefaultTimeout(120_000);
	page.on('pageerror', (/** @type {Error} */ error) => faults.push(error.message));
	await page.addInitScript(countEvents);
	await page.goto(url);
	const cdp = await page.context().newCDPSession(page);
	await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
	await page.locator('.link b, .wall .age', { hasText: /live|old/ }).waitFor();
	await page.locator('main li, main tr, main .sq').first().waitFor();
	await sleep(2);
	const heap = await heapOf(cdp);
	await startProfile(cdp);
	const events = () => page.evaluate(() => /** @type {any} */ (globalThis).eventsSeen);
	const [before, first] = [await metricsOf(cdp), await events()];
	await sleep(seconds);
	const [after, last] = [await metricsOf(cdp), await events()];
	await endProfile(cdp, name);
	const heapAfter = await heapOf(cdp);
	const during = Math.min(seconds, (last - first) * EVENT);
	const share = (/** @type {string[]} */ ...metrics) => percent(metrics.reduce((sum, name) => sum + after[name] - before[name], 0) / during);
	const hasBox = (await page.getByRole('searchbox').count()) > 0;
	const task = await longestTask(browser, page, () => sleep(INTERVAL));
	const typing = hasBox ? await longestTask(browser, page, () => typeInto(page, () => sleep(LETTER))) : null;
	await ask(server, 'pause');
	await sleep(1);
	await startProfile(cdp);
	const letters = hasBox ? await lettersOf(page, cdp) : [];
	await ask(server, 'go on');
	await endProfile(cdp, `${name}-typing`);
	await page.context().close();
	if (faults.length > 0) throw new Error(`${name}: ${faults.join('\n')}`);
	const typed = letters.length > 0 ? `${ms(median(letters))}, ${ms(Math.max(...letters))}` : '-';
	const came = `${(last - first).toFixed(0)} of ${seconds / EVENT}`;
	return [name, came, share('TaskDuration'), share('ScriptDuration'), share('LayoutDuration', 'RecalcStyleDuration'), ms(task), typing === null ? '-' : ms(typing), typed, mb(heap), mb(heapAfter)];
}

function once(/** @type {import('node:child_process').ChildProcess} */ child) {
	return new Promise((done, fail) => {
		const ended = () => fail(new Error('the server of the bench ended'));
		child.once('exit', ended);
		child.once('message', (message) => {
			child.off('exit', ended);
			done(message);
		});
	});
}

function ask(/** @type {import('node:child_process').ChildProcess} */ server, /** @type {string} */ what) {
	const answered = once(server);
	server.send(what);
	return answered;
}

async function measure() {
	const server = fork(fileURLToPath(import.meta.url), ['--hosts', String(count)], { env: { ...process.env, BENCH_SERVES: '1' } });
	const browser = await launch();
	try {
		const { url, gpu } = /** @type {any} */ (await once(server));
		const rows = [['view', 'events', 'busy', 'script', 'layout', 'longest task', 'typing', 'a letter: median, worst', 'heap', `after ${seconds} s`]];
		for (const name of options.views.split(',')) {
			const path = VIEWS[/** @type {keyof typeof VIEWS} */ (name)];
			if (path === undefined) throw new Error(`no view ${name}; there are ${Object.keys(VIEWS).join(', ')}`);
			rows.push(await look(browser, server, url + path + (path.endsWith('gpu=') ? gpu : ''), name));
		}
		rows.push(['aim', '', '20 %', '', '', '', '50 ms', '', 'bounded', '']);
		console.log(`${count} hosts of 8 GPUs, each changes every ${INTERVAL} s; CPU time of the main thread over ${seconds} s`);
		printTable(rows);
		const { sizes, snapshot, perSecond } = /** @type {any} */ (await ask(server, 'sizes'));
		console.log('\nOver the wire, gzipped');
		const code = sizes['index.html'] + sizes['app.js'] + sizes['app.css'] + sizes['favicon.svg'];
		printTable([
			['page and code, for the first view', kb(code), 'aim: 60 KB'],
			['code of the charts, with the first details', kb(sizes['charts.js'])],
			['another language', kb(sizes['zh.json'])],
			['the snapshot', `${kb(snapshot[1])} (${kb(snapshot[0])} before)`],
			['the events, each second', kb(perSecond)],
		]);
	} finally {
		await browser.close();
		server.disconnect();
	}
}

await (process.env.BENCH_SERVES ? serve() : measure());
