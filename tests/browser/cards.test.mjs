/* Cards: what leads to a free GPU, what the filter leaves of a host, figures that lead on, and a thousand hosts. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { busy, cut, failed, finding, GiB, gpu, host, lost, machine, NOW, part, process as proc, snapshot } from './fixtures.mjs';
import { figure, harness, panel, row, until } from './harness.mjs';

const stage = harness();
const who = (page, name, index) => row(page, name, index).locator('> .who');
const query = (page) => new URL(page.url()).search;
const clipboard = { permissions: ['clipboard-read', 'clipboard-write'] };

const web = fileURLToPath(new URL('../../web/', import.meta.url));
const outdir = mkdtempSync(join(tmpdir(), 'nvwebmon-ready-'));
after(() => rmSync(outdir, { recursive: true }));
const esbuild = createRequire(join(web, 'package.json'))('esbuild');
const outfile = join(outdir, 'ready.mjs');
await esbuild.build({ entryPoints: [join(web, 'src/model/ready.ts')], outfile, bundle: true, format: 'esm' });
const { readyLine, readyPair, sshLine } = await import(pathToFileURL(outfile));

const PAIR = 'CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES=';
const lineTo = (address, devices) => `ssh ${address} -t 'env ${PAIR}${devices} $SHELL -l'`;

test('the ready line goes to the host and shows programs there these GPUs alone', () => {
	const gpus = [0, 1, 2, 3, 4, 5].map((index) => gpu(index));
	const node0 = host('node0', { address: 'alice@10.0.0.7', gpus });
	assert.equal(readyLine(node0, [gpus[2], gpus[5]]), lineTo('alice@10.0.0.7', '2,5'));
	assert.equal(readyPair(node0, [gpus[2], gpus[5]]), `${PAIR}2,5`);
	assert.equal(readyLine({ ...node0, address: 'localhost' }, [gpus[1]]), `export ${PAIR}1`);
	assert.equal(readyLine(node0, []), 'ssh alice@10.0.0.7');
});

test('the ready line takes the port of the configuration', () => {
	const ada = host('ada', { port: 2222 });
	assert.equal(readyLine(ada, ada.gpus), lineTo('-p 2222 ada.lab.example', '0'));
	assert.equal(readyLine(ada, []), 'ssh -p 2222 ada.lab.example');
	assert.equal(sshLine({ address: 'fe80::1%eth0', port: 22 }), "ssh -p 22 'fe80::1%eth0'");
	assert.equal(sshLine({ address: 'node0' }), 'ssh node0', 'an older server tells of none');
	const tunnel = host('tunnel', { address: 'localhost', port: 2222 });
	assert.equal(readyLine(tunnel, tunnel.gpus), lineTo('-p 2222 localhost', '0'), 'that is not the machine of the server');
	for (const port of [0, -1, 65_536, 22.5, NaN, '22', '22; reboot', {}]) {
		assert.equal(readyLine({ ...ada, port }, ada.gpus), null, String(port));
		assert.equal(sshLine({ ...ada, port }), null, String(port));
	}
});

test('an address that no shell can be given safely gets no line, and one with a zone stands in quotes', () => {
	const zoned = ['fe80::1%', 'fe80::1%a b', "fe80::1%x'y", 'fe80::1%$(reboot)', 'fe80::1%eth0%x', 'fe80::1%eth0\n', '%eth0', 'a%b', '-fe80::1%x', ':%ä'];
	for (const address of ['a b', '-oProxyCommand=x', "x'y", '$(reboot)', 'a;b', '', 'ä', '`x`', 'a\nb', ...zoned]) {
		assert.equal(readyLine(host('x', { address }), [gpu(0)]), null, address);
		assert.equal(sshLine({ address }), null, address);
	}
	assert.equal(sshLine({ address: 'fe80::1' }), 'ssh fe80::1');
	assert.equal(sshLine({ address: 'fe80::1%wlx00-1.5_a' }), "ssh 'fe80::1%wlx00-1.5_a'");
	assert.equal(sshLine({ address: 'localhost' }), null);
});

test('where CUDA does not count as nvidia-smi does, GPUs are named by UUID, and parts always are', () => {
	const free = gpu(2);
	const parts = [part(0, '1g.10gb', 0.1), part(1, '1g.10gb', 0.1)];
	assert.equal(readyPair(host('a', { gpus: [lost(0), free] }), [free]), `${PAIR}${free.uuid}`);
	const sliced = cut(1, parts);
	const a = host('a', { gpus: [free, sliced] });
	assert.equal(readyPair(a, [free]), `${PAIR}${free.uuid}`);
	assert.equal(readyPair(a, [parts[1]]), `${PAIR}${parts[1].uuid}`);
	assert.equal(readyPair(a, [sliced]), `${PAIR}${parts[0].uuid}`, 'a program uses one part of it at most');
	assert.equal(readyPair(a, [free, sliced]), `${PAIR}${free.uuid}`);
	const unnamed = gpu(null, { uuid: null });
	assert.equal(readyPair(host('a', { gpus: [unnamed] }), [unnamed]), null);
	assert.equal(readyLine(host('a', { gpus: [unnamed] }), [unnamed]), 'ssh a.lab.example');
	assert.equal(readyPair(a, [{ ...parts[0], uuid: "x'; reboot; '" }]), null);
});

const shells = ['sh', 'bash', 'fish', 'csh', 'zsh'].filter((shell) => spawnSync(shell, ['-c', 'true']).status === 0);

test(`shells (${shells.join(', ')}) read the line as it is meant, here and there`, () => {
	const line = readyLine(host('node0', { address: 'fe80::1%eth0', port: 2222, gpus: [gpu(0), gpu(1)] }), [gpu(0), gpu(1)]);
	for (const shell of shells) {
		const here = spawnSync(shell, ['-c', `printf '%s|' ${line}`], { encoding: 'utf8' });
		const [, , port, address, , there] = here.stdout.split('|');
		assert.deepEqual([port, address], ['2222', 'fe80::1%eth0'], shell);
		assert.equal(there, `env ${PAIR}0,1 $SHELL -l`, shell);
		const path = spawnSync('sh', ['-c', `command -v ${shell}`], { encoding: 'utf8' }).stdout.trim();
		const env = { ...process.env, SHELL: path, HOME: outdir };
		const typed = 'echo order $CUDA_DEVICE_ORDER devices $CUDA_VISIBLE_DEVICES';
		const said = spawnSync('sh', ['-c', `echo '${typed}' | "$0" -c "$1"`, shell, there], { encoding: 'utf8', env }).stdout;
		assert.match(said, /order PCI_BUS_ID devices 0,1/, shell);
	}
});

test('one click copies the line to one free GPU, or to all of a host', () => {
	const gpus = [gpu(0), busy(1, 'alice', 'train.py'), gpu(2), gpu(3)];
	return stage.withPage(
		snapshot([host('node1', { address: 'node1', gpus }), host('node2', { address: 'node2' })]),
		async (page) => {
			const copy = async (button) => {
				await button.click();
				await button.filter({ hasText: 'copied' }).waitFor();
				return page.evaluate(() => navigator.clipboard.readText());
			};
			assert.equal(await copy(who(page, 'node1', 2).locator('.copy')), lineTo('node1', '2'));
			const all = panel(page, 'node1').locator('.kinds .copy');
			assert.equal(await all.textContent(), 'copy 3 free');
			assert.equal(await all.getAttribute('title'), lineTo('node1', '0,2,3'));
			assert.equal(await copy(all), lineTo('node1', '0,2,3'));
			assert.equal(await who(page, 'node1', 1).locator('.copy').count(), 0);
			assert.equal(await panel(page, 'node2').locator('.kinds .copy').count(), 0, 'one alone has it in its row');
		},
		clipboard,
	);
});

test('a free part has its line, the GPU around it has none', () => {
	const parts = [part(0, '1g.10gb', 0.1), part(1, '1g.10gb', 0.1)];
	return stage.withPage(snapshot([host('node1', { address: 'node1', gpus: [cut(0, parts)] })]), async (page) => {
		assert.equal(await who(page, 'node1', 0).locator('.copy').count(), 0);
		const titles = row(page, 'node1', 0).locator('.part .copy');
		assert.deepEqual(
			await titles.evaluateAll((buttons) => buttons.map((button) => button.title)),
			parts.map(({ uuid }) => lineTo('node1', uuid)),
		);
	});
});

test('of a host that does not answer nothing is offered', () =>
	stage.withPage(snapshot([failed('node1', { hint: null }, { gpus: [gpu(0), gpu(1)] })]), async (page) => {
		await who(page, 'node1', 0).getByText('was free').waitFor();
		assert.equal(await page.locator('.copy').count(), 0);
	}));

test('held GPUs say for how long they have done nothing', () => {
	const held = (index, more) => gpu(index, { memory_used: 34 * GiB, processes: [proc('dora', 'jupyter', 34, 440_000)], ...more });
	const gpus = [held(0, { idle_since: NOW() - 6 * 3600 }), held(1), gpu(2, { memory_used: 9 * GiB, idle_since: NOW() - 7200 })];
	return stage.withPage(snapshot([host('node1', { gpus }), host('node2', { state: 'stale', gpus })]), async (page) => {
		assert.equal(await who(page, 'node1', 0).textContent(), 'doraidle 6 hjupyter5 d 2 h');
		assert.equal(await who(page, 'node1', 1).locator('.tag').textContent(), 'idle now');
		assert.equal(await who(page, 'node1', 2).textContent(), 'held by somebody not known idle 2 h');
		assert.equal(await who(page, 'node2', 0).locator('.tag').textContent(), 'was idle');
	});
});

test('the heading: how busy the host is, or what is not well with it', () =>
	stage.withPage(
		snapshot([
			host('well', { machine: machine(), group: 'rack 3' }),
			host('found', { machine: machine(), findings: [0, 1].map((i) => finding('a', 'warning', `GPU ${i}: hot`, { gpu: i })) }),
			host('broken', { machine: machine(), gpus: [gpu(0), lost(1)], findings: [finding('gpu-problem', 'error', 'GPU 1: lost')] }),
			failed('gone', { next_try: NOW() + 600 }),
		]),
		async (page) => {
			const state = (name) => panel(page, name).locator('.state').textContent();
			assert.equal(await state('well'), 'ok · load 12 / 64 · 120 of 503 GiB');
			assert.match(await panel(page, 'well').locator('.label').textContent(), /^rack 3 · /);
			assert.equal(await state('found'), 'ok · 1 finding · load 12 / 64 · 120 of 503 GiB');
			assert.equal(await state('broken'), 'ok · 1 GPU in trouble · 1 finding');
			assert.match(await state('gone'), /^in trouble · last data \d.* · next try in (10|9) min$/);
		},
	));

test('names and indices lead to what is known of them', () =>
	stage.withPage(snapshot([host('node1', { gpus: [gpu(0), gpu(1)] })]), async (page) => {
		await row(page, 'node1', 1).locator('.index a').click();
		await until(() => query(page) === `?view=cards&host=node1&gpu=${gpu(1).uuid}`, `the GPU in ${query(page)}`);
		await page.goBack();
		await panel(page, 'node1').locator('.heading .name').click();
		await until(() => query(page) === '?view=cards&host=node1', `the host in ${query(page)}`);
	}));

test('only what the filter lets through is shown, and how much that is', () => {
	const gpus = [gpu(0), busy(1, 'alice', 'train.py'), busy(2, 'bob', 'serve.py')];
	return stage.withPage(snapshot([host('node1', { gpus }), host('node2', { gpus: [busy(0, 'bob', 'x')] })]), async (page) => {
		assert.equal(await page.locator('.note.rest').count(), 0);
		await page.locator('.summary a', { hasText: 'free' }).click();
		await panel(page, 'node2').waitFor({ state: 'detached' });
		assert.equal(query(page), '?view=cards&show=free');
		assert.equal(await panel(page, 'node1').locator('.gpu').count(), 1);
		assert.equal(await panel(page, 'node1').locator('.note.rest').textContent(), '1 of 3 GPUs shown');
		assert.match(await page.locator('.whole').textContent(), /^shown: 1 GPU on 1 host · 2 hosts up · 4 GPUs · Free: no compute/);
		assert.equal(await figure(page, 'busy').textContent(), '3', 'the figures stay those of all');
		assert.equal(await page.locator('.summary [aria-current]').count(), 1);
		await page.locator('.summary a', { hasText: 'free' }).click();
		await panel(page, 'node2').waitFor();
		assert.equal(query(page), '?view=cards', 'once more, and all is there again');
	});
});

test('each figure leads to what it counts', () =>
	stage.withPage(snapshot([host('node1'), failed('node2')]), async (page) => {
		for (const [title, place] of [
			['busy', '?view=cards&show=busy'],
			['held', '?view=cards&show=held'],
			['in trouble', '?view=trouble&show=held'],
			['active', '?view=people&show=held'],
			['free', '?view=cards&show=free'],
		]) {
			await page.locator('.summary a', { hasText: title }).click();
			await until(() => query(page) === place, `${title}: ${place}, not ${query(page)}`);
		}
		assert.equal(await page.locator('.summary li', { hasText: 'drawn now' }).locator('a').count(), 0);
	}));

test('what counts as free is said with the numbers of this server', () =>
	stage.withPage(
		snapshot([host('node1', { gpus: [gpu(0, { memory_used: 6 * GiB })] })], { free: { memory_percent: 10, utilization_percent: 3 } }),
		async (page) => {
			assert.equal(
				await page.locator('.summary a', { hasText: 'free' }).getAttribute('title'),
				'Free: no compute process, memory used under 10 %, utilization under 3 %, data fresh',
			);
			assert.equal(await figure(page, 'free').textContent(), '1');
			await who(page, 'node1', 0).locator('b', { hasText: 'free' }).waitFor();
		},
	));

const thousand = () =>
	snapshot(Array.from({ length: 1000 }, (_, i) => host(`node${i}`, { gpus: [0, 1, 2, 3].map((index) => busy(index, 'alice', 'x')) })));

test('of a thousand hosts those near the screen are drawn, the others keep their name and their place', () =>
	stage.withPage(thousand(), async (page) => {
		const drawn = () => page.locator('.gpu').count();
		await row(page, 'node0', 0).waitFor();
		await until(async () => (await page.locator('.host').count()) === 1000, 'a place for each');
		const moving = await page.locator('.bar i').first().evaluate((bar) => getComputedStyle(bar).transitionDuration);
		assert.equal(moving, '0s', 'where some bar always changes, none moves');
		assert.ok((await drawn()) < 400, `${await drawn()} rows are drawn`);
		assert.equal(await page.locator('.frame').last().textContent(), 'node999');
		stage.mock.change(host('node999', { gpus: [{ index: 0, processes: [null] }] }), host('node0', { comment: 'changed' }));
		await panel(page, 'node0').getByText('changed').waitFor();
		assert.doesNotMatch(page.faults.join(), /cannot be drawn/, 'nothing tries to draw what is not seen');
		stage.mock.change(host('node999', { gpus: [gpu(0)] }));

		await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
		await row(page, 'node999', 0).getByText('free').waitFor();
		await page.locator('.frame', { hasText: /^node0$/ }).waitFor({ state: 'attached' });
		assert.ok((await drawn()) < 400, `${await drawn()} rows are drawn`);

		await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
		await page.locator('.frame').first().waitFor({ state: 'detached' });
		assert.equal(await drawn(), 999 * 4 - 3 + 1, 'on paper are all');
		await page.evaluate(() => dispatchEvent(new Event('afterprint')));
		await page.locator('.frame').first().waitFor({ state: 'attached' });
	}, { allowed: /cannot be taken apart|cannot be counted/ }));

test('who is in a panel by keyboard keeps it when it leaves the screen', () =>
	stage.withPage(thousand(), async (page) => {
		await row(page, 'node0', 0).locator('.index a').focus();
		await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight / 2));
		await page.locator('.frame', { hasText: /^node1$/ }).waitFor({ state: 'attached' });
		assert.match(await page.evaluate(() => document.activeElement.closest('.host').getAttribute('aria-label')), /^node0$/);
	}));

test('the name of who is on a GPU is the last that gives way, and a card is as high as what it says', () => {
	const busyOne = busy(0, 'alexandra', 'python train.py --config vit_huge.yaml', { memory_used: 69 * GiB });
	busyOne.processes = Array.from({ length: 2 }, () => ({ ...busyOne.processes[0], memory: 60 * GiB, elapsed: 273_600, where: 'slurm job 48213 of the long queue' }));
	return stage.withPage(snapshot([host('node1', { gpus: [busyOne, gpu(1), gpu(2)] }), host('node2')]), async (page) => {
		for (const width of [320, 390, 1280, 1440, 1920, 2560]) {
			await page.setViewportSize({ width, height: 900 });
			const cut = await page.locator('.process b.user').evaluateAll((all) => all.filter((it) => it.scrollWidth > it.clientWidth).length);
			assert.equal(cut, 0, `at ${width} px`);
		}
		const [high, low] = await page.locator('.host').evaluateAll((all) => all.map((it) => it.getBoundingClientRect().height));
		assert.ok(low < high, `${low} px beside ${high} px`);
	});
});

test('a panel that was drawn as the filter changed heeds it, and a filter draws no more than is near', () => {
	const hosts = Array.from({ length: 200 }, (_, i) => host(`node${i}`, { gpus: [gpu(0), busy(1, i < 50 ? 'carol' : 'alice', 'x')] }));
	return stage.withPage(snapshot(hosts), async (page) => {
		await row(page, 'node0', 0).waitFor();
		for (const place of [3000, 9000, 6000]) {
			await page.evaluate((y) => scrollTo(0, y), place);
			await page.evaluate(
				() =>
					new Promise((done) => {
						const seen = new MutationObserver(() => {
							seen.disconnect();
							[...document.querySelectorAll('.chip')].find((it) => it.textContent.startsWith('free now')).click();
							done();
						});
						seen.observe(document.querySelector('.cards'), { childList: true, subtree: true });
						scrollBy(0, 900);
					}),
			);
			await until(async () => (await page.locator('.gpu.busy').count()) === 0, `no panel keeps its old rows at ${place}`);
			await page.getByRole('button', { name: 'Clear' }).click();
			await page.locator('.gpu.busy').first().waitFor();
		}
		await page.evaluate(() => scrollTo(0, 0));
		await page.getByRole('searchbox').fill('carol');
		await until(async () => (await page.locator('.card').count()) === 50, 'those that fit');
		await row(page, 'node0', 1).waitFor();
		assert.ok((await page.locator('.frame').count()) > 20, 'few are left, and only what is near of them is drawn');
	});
});

test('a card whose details are open moves nothing when a filter lets it back in', () =>
	stage.withPage(snapshot(Array.from({ length: 40 }, (_, i) => host(`node${i}`, { gpus: [gpu(0), busy(1, 'alice', 'x')] }))), async (page) => {
		await page.goto(`${stage.mock.url}?view=cards&host=node35`);
		await page.locator('.card.opened').waitFor();
		await page.evaluate(() => scrollTo(0, 0));
		await page.getByRole('searchbox').fill('node1');
		await page.locator('.card.opened').waitFor({ state: 'detached' });
		await page.getByRole('searchbox').fill('');
		await page.locator('.card.opened').waitFor();
		await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
		assert.equal(await page.evaluate(() => scrollY), 0);
	}));
