/*
 * screenshots: the pictures in docs/screenshots, taken of the demo; that of the map, of a make-believe fleet of 250 hosts.
 *
 *     node tests/browser/screenshots.mjs [--directory DIRECTORY] [--minutes 10] [NAME...]
 *
 * The demo is started here, from BUILD (build/release); or give the address of any running server in NVWEBMON_URL. The picture of the
 * details is the last one, when the demo has run for so many minutes that there is something to draw. Where pngquant is, the files are half
 * as large.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { launch, openPage } from './chromium.mjs';
import { fleet, GiB } from './fixtures.mjs';
import { builtPage, MockServer } from './mock-server.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values: options, positionals: wished } = parseArgs({
	allowPositionals: true,
	options: { directory: { type: 'string', default: join(root, 'docs/screenshots') }, minutes: { type: 'string', default: '10' } },
});

const DARK = { colorScheme: 'dark' };
const LIGHT = { colorScheme: 'light' };
const PHONE = { width: 390, height: 844 };

/*
 * name, address, colours, size (1440 x 900 when it is not said; height 0: all of the page), what must be there; `late`: only when the demo has
 * run for long enough; `fleet`: of the fleet; `columns`: of the table.
 */
const PICTURES = [
	{ name: 'cards-dark', path: '?', look: DARK, height: 0 },
	{ name: 'cards-light', path: '?', look: LIGHT, height: 0 },
	{ name: 'table-light', path: '?view=table&sort=-memory', look: LIGHT, columns: 'host,gpu,state,model,utilization,memory,temperature,power,who' },
	{ name: 'map-dark', path: '?view=map', look: DARK, fleet: true, ready: '.sq.v3' },
	{ name: 'people-light', path: '?view=people', look: LIGHT, height: 700 },
	{ name: 'trouble-dark', path: '?view=trouble', look: DARK },
	{ name: 'wall-dark', path: '?view=wall', look: DARK, width: 1920, height: 1080 },
	{ name: 'phone-dark', path: '?', look: DARK, ...PHONE },
	{ name: 'cards-zh', path: '?', look: LIGHT, locale: 'zh-CN', height: 1130 },
	{ name: 'details-dark', path: '?host=curie', look: DARK, late: true, height: 1130, ready: '.u-wrap, canvas' },
];

/* Resolves to its address once it listens. */
function startDemo() {
	const demo = spawn(join(root, 'scripts/demo'), ['--port', '0'], { stdio: ['ignore', 'inherit', 'pipe'] });
	const url = new Promise((resolve, reject) => {
		let said = '';
		demo.on('exit', () => reject(new Error(`the demo ended:\n${said}`)));
		demo.stderr.setEncoding('utf8').on('data', (text) => {
			said += text;
			const [address] = /http:\/\/\S+\//.exec(said) ?? [];
			if (address) resolve(address);
		});
	});
	return { demo, url };
}

/* So many hosts that a map is needed: of four, eight and sixteen GPUs. */
async function startFleet() {
	const mock = await new MockServer(await builtPage()).up();
	const all = fleet(250);
	const hosts = all.hosts.map((host, place) => ({
		...host,
		gpus: host.gpus.slice(0, place % 5 === 3 ? 4 : 8).map((gpu) => ({ ...gpu, memory_used: gpu.memory_used ?? GiB })),
	}));
	mock.show({ ...all, demo: true, hosts });
	return mock;
}

/* Every host of the demo has answered, or failed. */
async function settled(url) {
	for (;;) {
		const { hosts } = await (await fetch(new URL('api/v1/snapshot', url))).json();
		if (hosts.every(({ state }) => state !== 'connecting')) return;
		await new Promise((done) => setTimeout(done, 200));
	}
}

async function take(browser, url, { name, path, look, width = 1440, height = 900, locale = 'en-GB', ready, columns = '' }) {
	const page = await openPage(browser, url + path, { viewport: { width, height: height || 900 }, locale, ...look });
	if (columns) {
		await page.evaluate((names) => localStorage.setItem('nvwebmon.columns', names), columns);
		await page.reload();
	}
	await page.locator('.link b, .wall .age .mark').first().waitFor();
	if (ready) await page.locator(ready).first().waitFor();
	await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
	const file = join(options.directory, `${name}.png`);
	await page.screenshot({ path: file, fullPage: height === 0 });
	await page.context().close();
	if (page.faults.length > 0) throw new Error(`${name}: ${page.faults.join('\n')}`);
	spawnSync('pngquant', ['--force', '--ext', '.png', '--skip-if-larger', '--speed', '1', file]);
	console.log(`${file}: ${Math.round(statSync(file).size / 1000)} KB`);
}

mkdirSync(options.directory, { recursive: true });
const began = Date.now();
const started = process.env.NVWEBMON_URL ? null : startDemo();
const mock = await startFleet();
const browser = await launch();
try {
	const url = process.env.NVWEBMON_URL ?? (await started.url);
	await settled(url);
	for (const picture of PICTURES.filter(({ name }) => wished.length === 0 || wished.includes(name))) {
		const left = picture.late && started ? began + 60_000 * Number(options.minutes) - Date.now() : 0;
		if (left > 0) await new Promise((done) => setTimeout(done, left));
		await take(browser, picture.fleet ? mock.url : url, picture);
	}
} finally {
	await browser.close();
	await mock.down();
	started?.demo.kill('SIGTERM');
}
