/*
 * screenshots: the pictures in docs/screenshots, taken of the demo.
 *
 *     node tests/browser/screenshots.mjs [DIRECTORY]
 *
 * The demo is started here, from BUILD (build/release); or give the address of any running server in NVWEBMON_URL.
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch, openPage } from './chromium.mjs';
import { goTo } from './harness.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const directory = process.argv[2] ?? join(root, 'docs/screenshots');

/* name, view, width, height (0: all of the page), colours. */
const PICTURES = [
	['page-dark', 'Cards', 1440, 0, 'dark'],
	['page-light', 'Cards', 1440, 0, 'light'],
	['table-light', 'Table', 1440, 900, 'light'],
	['phone-dark', 'Cards', 390, 844, 'dark'],
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

async function take(browser, url, [name, view, width, height, colorScheme]) {
	const page = await openPage(browser, url, { viewport: { width, height: height || 900 }, colorScheme });
	await page.locator('.link b', { hasText: 'live' }).waitFor();
	await goTo(page, view);
	await page.locator('.host.error').first().waitFor();
	await page.locator('.host.connecting').first().waitFor({ state: 'detached' });
	await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
	await page.screenshot({ path: join(directory, `${name}.png`), fullPage: height === 0 });
	await page.context().close();
	if (page.faults.length > 0) throw new Error(`${name}: ${page.faults.join('\n')}`);
}

mkdirSync(directory, { recursive: true });
const started = process.env.NVWEBMON_URL ? null : startDemo();
const browser = await launch();
try {
	const url = process.env.NVWEBMON_URL ?? (await started.url);
	for (const picture of PICTURES) await take(browser, url, picture);
} finally {
	await browser.close();
	started?.demo.kill('SIGTERM');
}
