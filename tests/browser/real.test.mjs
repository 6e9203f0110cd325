/* The page with the real server behind it: a lab of real sessions, a server that goes and comes back, a real nginx before it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort, labBin, startLab } from '../lab/lab.mjs';
import { launch, openPage } from './chromium.mjs';
import { assertClean, panel, row, until } from './harness.mjs';

const NGINX = '/usr/sbin/nginx';
const CONNECTION = /net::|ERR_/; // what Chromium itself writes when a server goes, or a proxy has none
const built = existsSync(join(labBin, 'nvidia-smi'));

let lab, server, browser;
before(async () => {
	if (!built) return;
	lab = await startLab({
		hosts: {
			free: { gpus: 4, load: 'free' },
			busy: { gpus: 8, load: 'busy' },
			lost: { gpus: 2, load: 'free', fault: 'gpu-lost-cells', fault_gpu: 1 },
			names: { gpus: 1, load: 'busy', fault: 'hostile-names' },
			down: { fault: 'driver-not-loaded' },
		},
	});
	server = await lab.startServer({ config: { interval: 1 } });
	browser = await launch();
});
after(async () => {
	await browser?.close();
	await lab?.stop();
});

const skip = built ? false : 'the lab is not built';

/* Shows the page at `url` until `work` is done with it. */
async function withPage(url, work, allowed = /$^/) {
	const page = await openPage(browser, url);
	try {
		await page.locator('.link b', { hasText: 'live' }).waitFor();
		await work(page);
		assertClean(page, allowed);
	} finally {
		await page.context().close();
	}
}

test('every host of the lab is shown as what it is', { skip }, () =>
	withPage(server.url, async (page) => {
		await row(page, 'free', 3).locator('.who b', { hasText: 'free' }).waitFor();
		await row(page, 'busy', 7).locator('.process .user').first().waitFor();
		await row(page, 'lost', 1).locator('.problem', { hasText: 'GPU is lost' }).waitFor();
		await panel(page, 'down').locator('.trouble b', { hasText: 'NVIDIA driver not running' }).waitFor();
		await panel(page, 'names').locator('.process').first().waitFor();
		assert.equal(await page.locator('main script, main img, main [onerror]').count(), 0);
		assert.equal(await page.locator('.host').count(), 5);
	}),
);

test('the page has the snapshot in it, and draws it without another word', { skip }, async () => {
	const context = await browser.newContext();
	await context.addInitScript(() => {
		for (const name of ['SharedWorker', 'EventSource'])
			window[name] = class {
				port = { postMessage() {}, close() {} };
				addEventListener() {}
				close() {}
			};
	});
	try {
		const page = await context.newPage();
		const asked = [];
		page.on('request', (request) => asked.push(new URL(request.url()).pathname));
		await page.goto(server.url);
		await panel(page, 'busy').locator('.gpu .user').first().waitFor();
		assert.equal(await page.locator('.host').count(), 5);
		await page.locator('.summary li', { hasText: 'free' }).waitFor();
		await page.locator('.link', { hasText: 'connecting' }).waitFor();
		assert.deepEqual(asked.filter((path) => path.startsWith('/api/')), []);
	} finally {
		await context.close();
	}
});

test('details begin with what the server remembers of the last minutes', { skip }, async () => {
	const remembered = async () => (await (await fetch(new URL('api/v1/hosts/busy/recent', server.url))).json()).times.length;
	await until(async () => (await remembered()) >= 3, 'the server remembers something');
	await withPage(server.url, async (page) => {
		const answer = page.waitForResponse(/hosts\/busy\/recent$/);
		await panel(page, 'busy').locator('a.name').click();
		const { times, gpus } = await (await answer).json();
		assert.ok(times.length >= 3);
		assert.equal(gpus.length, 8);
		for (const { utilization } of gpus) assert.equal(utilization.length, times.length);
		await page.locator('.details canvas').first().waitFor();
		await page.locator('.details figcaption', { hasText: / to .* in / }).first().waitFor();
		assert.equal(new URL(page.url()).searchParams.get('host'), 'busy');
	});
});

test('values move without a reload, and a mended host comes back', { skip }, () =>
	withPage(server.url, async (page) => {
		await page.evaluate(() => (window.stillTheSame = true));
		const text = () => panel(page, 'busy').locator('.gpus').textContent();
		const first = await text();
		await until(async () => (await text()) !== first, 'other values');
		lab.heal('down');
		await row(page, 'down', 0).waitFor({ timeout: 60_000 });
		lab.set('free', { load: 'busy' });
		await row(page, 'free', 0).locator('.process').first().waitFor();
		lab.set('free', { load: 'free' });
		assert.equal(await page.evaluate(() => window.stillTheSame), true);
	}),
);

test('the server is killed and started again: the page says so and comes back', { skip }, async () => {
	const port = await freePort();
	const args = ['--port', String(port)];
	let mortal = await lab.startServer({ config: { interval: 1 }, args });
	await withPage(
		mortal.url,
		async (page) => {
			await mortal.kill();
			await page.locator('.link b', { hasText: 'connection lost' }).waitFor();
			mortal = await lab.startServer({ config: { interval: 1 }, args });
			await page.locator('.link b', { hasText: 'live' }).waitFor();
			await row(page, 'free', 0).locator('.who b', { hasText: 'free' }).waitFor();
		},
		CONNECTION,
	);
	await mortal.stop();
});

/* An nginx of our own, as anybody may run one, with the lines that our documents recommend. */
async function startNginx(upstream) {
	const directory = mkdtempSync(join(tmpdir(), 'nvwebmon-nginx-'));
	const port = await freePort();
	const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${directory}/tmp;`);
	mkdirSync(join(directory, 'tmp'));
	writeFileSync(
		join(directory, 'nginx.conf'),
		`daemon off; error_log ${directory}/error.log; pid ${directory}/pid;
		events {}
		http {
			access_log off; ${places.join(' ')}
			server {
				listen 127.0.0.1:${port};
				location /lab/gpus/ { proxy_pass ${upstream}; proxy_http_version 1.1; proxy_buffering off; }
			}
		}`,
	);
	const child = spawn(NGINX, ['-p', directory, '-c', join(directory, 'nginx.conf')], { stdio: 'ignore' });
	const ended = new Promise((done) => child.on('exit', done));
	const stop = async () => {
		child.kill('SIGTERM');
		await ended;
		rmSync(directory, { recursive: true });
	};
	const url = `http://127.0.0.1:${port}/lab/gpus/`;
	const answers = () =>
		fetch(url)
			.then((reply) => reply.ok)
			.catch(() => false);
	await until(answers, `nginx answers: ${readFileSync(join(directory, 'nginx.conf'), 'utf8')}`);
	return { url, stop };
}

test('behind nginx, under a path of its own', { skip: skip || (existsSync(NGINX) ? false : 'no nginx here') }, async () => {
	const nginx = await startNginx(server.url);
	try {
		await withPage(nginx.url, async (page) => {
			await row(page, 'free', 0).locator('.who b', { hasText: 'free' }).waitFor();
			const text = () => panel(page, 'busy').locator('.gpus').textContent();
			const first = await text();
			await until(async () => (await text()) !== first, 'other values');
		});
	} finally {
		await nginx.stop();
	}
});
