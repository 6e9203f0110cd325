// What it takes to answer four questions with the page: keys, clicks, screens, lines to read, and from these the seconds of a practised person.
//
//     node bench/questions.mjs [--lab]     --lab: the truth as CSV instead, to feed another page with
//
// The lab is made: 20 hosts of 8 GPUs. Each answer is looked for in the page as it stands then, so the figures are of a way that leads there.
// docs/comparison.md says what the seconds are made of, and how other pages fare.
import assert from 'node:assert/strict';
import { launch, openPage } from '../tests/browser/chromium.mjs';
import { busy, failed, finding, GiB, gpu, host, lost, machine, NOW, process as job, session, snapshot } from '../tests/browser/fixtures.mjs';
import { builtPage, MockServer } from '../tests/browser/mock-server.mjs';
import { printTable } from './measure.mjs';

/* The Keystroke-Level Model: a key or a click, pointing, a hand that changes place, a thought before one acts; and a line that is read. */
const [KEY, POINT, HAND, THOUGHT, LINE] = [0.28, 1.1, 0.4, 1.35, 0.25];
const LOADS = 8;

const PEOPLE = 'alice bob chen dora erin frida gina hugo ines jan kim lena'.split(' ');
/** @type {Record<number, number[]>} */
const FREE = { 5: [2, 3, 6], 11: [0, 1], 16: [7] };
const [DOWN, LOST, HELD, PAUSED] = [13, [18, 4], [7, [2, 3]], [14, 5]];

/** What GPU `index` of the `n`th host is at. Two neighbours are one person's. */
function gpuOf(/** @type {number} */ n, /** @type {number} */ index) {
	const uuid = `GPU-${n}-${index}`;
	if (FREE[n]?.includes(index)) return gpu(index, { uuid, memory_used: 4 * 2 ** 20 });
	if (n === LOST[0] && index === LOST[1]) return lost(index, 'GPU is lost', { uuid, problem_since: NOW() - 10_800 });
	if (n === HELD[0] && HELD[1].includes(index)) {
		const processes = [job('dora', 'python3 -m ipykernel_launcher -f kernel-7.json', 33.5, 440_000)];
		return gpu(index, { uuid, memory_used: 34 * GiB, idle_since: NOW() - 9 * 3600, processes });
	}
	const user = n === 7 ? (index < 2 ? 'bob' : 'chen') : PEOPLE[(n * 5 + (index >> 1) * 3) % PEOPLE.length];
	const memory = 20 + ((n * 31 + index * 17) % 50);
	const processes = [job(user, `python train.py --seed ${index}`, memory - 0.5, 3600 * (1 + ((n * 7 + index) % 60)))];
	if (n === 7 && index === 4) processes.push(job('gina', 'python eval.py', 3, 620));
	const paused = n === PAUSED[0] && index === PAUSED[1];
	const utilization = paused ? 0 : 55 + ((n * 13 + index * 29) % 45);
	return busy(index, user, '', { uuid, utilization, memory_used: memory * GiB, idle_since: paused ? NOW() - 8 : null, processes });
}

function hostOf(/** @type {number} */ n) {
	const gpus = Array.from({ length: 8 }, (_, index) => gpuOf(n, index));
	const refused = { kind: 'refused', message: `ssh: connect to host node${n} port 22: Connection refused`, hint: `ssh node${n}` };
	if (n === DOWN) return failed(`node${n}`, refused, { gpus });
	const remedy = 'see why in `sudo dmesg | grep -i -e xid -e nvrm`, then reboot the host';
	const findings = n === LOST[0] ? [finding('gpu-problem', 'error', `GPU ${LOST[1]}: GPU is lost`, { gpu: LOST[1], remedy })] : [];
	return host(`node${n}`, { gpus, findings, machine: machine({ disk: null }), session: session() });
}

const truth = snapshot(Array.from({ length: 20 }, (_, place) => hostOf(place + 1)));

function tellTruth() {
	console.log('host,state,gpu,utilization,memory used MiB,people');
	for (const { name, state, gpus } of truth.hosts)
		for (const { index, problem, utilization, memory_used, processes } of gpus) {
			const people = processes.map((/** @type {any} */ it) => it.user).join(' ');
			console.log([name, state, index, problem ?? utilization, problem ? '' : Math.round(memory_used / 2 ** 20), people].join());
		}
}

/** Somebody who uses the page, and counts. */
class Viewer {
	keys = 0;
	clicks = 0;
	hands = 0;
	thoughts = 1;
	lines = 0;

	constructor(/** @type {any} */ page) {
		this.page = page;
	}

	/* The hand is at the mouse to begin with. */
	async type(/** @type {string[]} */ ...keys) {
		this.hands++;
		this.keys += keys.length;
		for (const key of keys) await this.page.keyboard.press(key);
	}

	/** A figure on top is found by reading those before it. */
	async clickFigure(/** @type {string} */ title) {
		const figures = await this.page.locator('.summary li').allInnerTexts();
		const place = figures.findIndex((/** @type {string} */ text) => text.includes(title));
		this.lines += place + 1;
		this.clicks++;
		await this.page.locator('.summary li').nth(place).getByRole('link').click();
	}

	/** Reads all lines of what `selector` finds, which must say all of `answer` and end above the fold. */
	async read(/** @type {string} */ selector, /** @type {string[]} */ ...answer) {
		for (const text of answer) await this.page.locator(selector, { hasText: text }).first().waitFor();
		const { lines, bottom } = await this.page.evaluate(linesOf, selector);
		assert(bottom <= 900, `${selector} ends at ${bottom}: below the fold`);
		this.lines += lines;
	}

	get seconds() {
		return (this.keys + this.clicks) * KEY + this.clicks * POINT + this.hands * HAND + this.thoughts * THOUGHT + this.lines * LINE;
	}
}

/** In the page: how many lines of text there are in each thing that `selector` finds, summed, and where the last one ends. */
function linesOf(/** @type {string} */ selector) {
	let lines = 0;
	let bottom = 0;
	for (const element of document.querySelectorAll(selector)) {
		const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
		const boxes = [];
		while (walker.nextNode()) {
			const range = document.createRange();
			range.selectNodeContents(walker.currentNode);
			boxes.push(...[...range.getClientRects()].filter(({ width, height }) => width > 1 && height > 1));
		}
		let last = -Infinity;
		for (const middle of boxes.map(({ top, height }) => top + height / 2).sort((a, b) => a - b)) {
			if (middle > last + 9) lines++;
			last = Math.max(last, middle);
		}
		bottom = Math.max(bottom, ...boxes.map((box) => box.bottom));
	}
	return { lines, bottom };
}

/** @type {[string, (viewer: Viewer) => Promise<void>][]} */
const QUESTIONS = [
	[
		'a free GPU, and how to get there',
		async (viewer) => {
			await viewer.clickFigure('free');
			await viewer.read('.finder', 'node5', 'CUDA_VISIBLE_DEVICES=2,3,6');
		},
	],
	[
		'all free GPUs',
		async (viewer) => {
			await viewer.clickFigure('free');
			await viewer.read('.host', 'node5', 'node11', 'node16');
		},
	],
	[
		'who is on node7?',
		async (viewer) => {
			await viewer.type('/', ...'node7');
			await viewer.page.waitForFunction(() => document.querySelectorAll('.host').length === 1);
			await viewer.read('.host', 'bob', 'dora', 'chen', 'gina');
		},
	],
	[
		'what is broken?',
		async (viewer) => {
			await viewer.clickFigure('in trouble');
			await viewer.read('.trouble-list', `node${DOWN}`, `node${LOST[0]}`);
		},
	],
	[
		'who holds GPUs idle?',
		async (viewer) => {
			await viewer.clickFigure('held but idle');
			await viewer.page.waitForFunction(() => document.querySelectorAll('.host').length === 1);
			await viewer.read('.host', 'dora', 'idle 9 h');
		},
	],
];

/** From the address to the first GPU on the screen, in ms. */
function firstData(/** @type {any} */ page) {
	return page.waitForFunction(() => document.querySelector('.gpu') && performance.now()).then((/** @type {any} */ it) => it.jsonValue());
}

async function ask() {
	const mock = await new MockServer(await builtPage()).up();
	mock.encloses = true;
	mock.show(truth);
	const browser = await launch();
	const open = () => openPage(browser, mock.url);
	const times = [];
	for (let load = 0; load < LOADS; load++) {
		const page = await open();
		times.push(await firstData(page));
		await page.context().close();
	}
	const rows = [['question', 'keys', 'clicks', 'lines', 'seconds']];
	for (const [question, answer] of QUESTIONS) {
		const page = await open();
		await page.locator('.link b', { hasText: 'live' }).waitFor();
		const viewer = new Viewer(page);
		await answer(viewer);
		rows.push([question, ...[viewer.keys, viewer.clicks, viewer.lines].map(String), viewer.seconds.toFixed(1)]);
		await page.context().close();
	}
	await browser.close();
	await mock.down();
	printTable(rows);
	console.log(`\nbefore these: ${(Math.min(...times) / 1000).toFixed(2)} s from the address to the first GPU, the best of ${LOADS}`);
}

if (process.argv.includes('--lab')) tellTruth();
else await ask();
