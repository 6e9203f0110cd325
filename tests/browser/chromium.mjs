/* chromium: Debian's browser, and a page in it that remembers all that went wrong. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(fileURLToPath(new URL('../../web/package.json', import.meta.url)));
const { chromium } = require('playwright-core');
export const axe = require.resolve('axe-core/axe.min.js');

export function launch() {
	return chromium.launch({
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		args: [
			'--no-sandbox',
			'--disable-gpu',
			'--disable-quic',
			'--no-first-run',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
		],
	});
}

/*
 * A page of its own context. `faults` collects errors of the console (violations of the Content-Security-Policy are among them), exceptions,
 * and requests to anywhere but the server. With `clock`, the test may wind the page's clock forward.
 */
export async function openPage(browser, url, { clock, ...options } = {}) {
	const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
	const page = await context.newPage();
	if (clock) await page.clock.install();
	page.faults = [];
	page.on('console', (message) => message.type() === 'error' && page.faults.push(`console: ${message.text()}`));
	page.on('pageerror', (error) => page.faults.push(`exception: ${error.message}`));
	context.on('request', (request) => {
		if (new URL(request.url()).origin !== new URL(url).origin && !request.url().startsWith('data:'))
			page.faults.push(`external: ${request.url()}`);
	});
	await page.goto(url);
	return page;
}
