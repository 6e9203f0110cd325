/* What the page says of what is known, half known and not known. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { busy, columns, failed, gpu, GiB, host, lab, lost, NOW, process as proc, session, snapshot } from './fixtures.mjs';
import { figure, goTo, harness, panel, row } from './harness.mjs';

const stage = harness();
const who = (page, name, index) => row(page, name, index).locator('.who');

test('a free GPU says so in words, and offers the line to get there', () =>
	stage.withPage(
		snapshot([host('node1', { address: '10.0.0.7', gpus: [gpu(0), busy(1, 'alice', 'python train.py')] })]),
		async (page) => {
			assert.match(await who(page, 'node1', 0).textContent(), /^free/);
			assert.equal(
				await who(page, 'node1', 0).locator('.copy').getAttribute('title'),
				"ssh 10.0.0.7 -t 'env CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES=0 $SHELL -l'",
			);
			assert.equal(await who(page, 'node1', 1).textContent(), 'alicepython train.py3 d 4 h');
			assert.equal(await figure(page, 'free').textContent(), '1');
			assert.equal(await panel(page, 'node1').locator('.state').textContent(), 'ok');
		},
	));

test('the heading names the host, its address, its KVM port, its person and its comment', () =>
	stage.withPage(
		snapshot([host('node0', { address: '192.168.1.25', kvm: 'A1', people: 'Alice', comment: 'new fans on Friday' })]),
		async (page) => {
			assert.equal(
				await panel(page, 'node0').locator('.label').textContent(),
				'Alice · KVM A1 · 192.168.1.25 · new fans on Friday',
			);
			assert.equal(await panel(page, 'node0').locator('.models').textContent(), '1 × NVIDIA A100-SXM4-80GB · driver 550.54.15');
		},
	));

test('what the driver does not tell is a dash, never 0', () => {
	const nothing = { utilization: null, memory_used: null, memory_total: null, temperature: null, power: null, power_limit: null };
	const hosts = [
		host('node1', {
			gpus: [
				gpu(null, { ...nothing, uuid: null, bus_id: null, name: null, cells: null }),
				gpu(1, { ...nothing, processes: [proc(null, null, null, null, { pid: null })] }),
			],
		}),
	];
	return stage.withPage(snapshot(hosts), async (page) => {
		const first = panel(page, 'node1').locator('.gpu').first();
		assert.equal(await first.textContent(), 'GPU –utilization –memory –– –no process seen, memory not known');
		assert.equal(await first.locator('.bar').first().getAttribute('title'), 'utilization: not told by the driver');
		assert.equal(await who(page, 'node1', 1).textContent(), 'user not known');
		assert.equal(await figure(page, 'drawn now').textContent(), '–');
		assert.equal(await figure(page, 'free').textContent(), '0');
		await goTo(page, 'Table');
		assert.deepEqual(await page.locator('tbody tr').first().locator('td').allTextContents(), [
			...columns.map(() => '–'),
			'no process seen, memory not known',
		]);
	});
});

test('a GPU whose processes are not known never looks free', () =>
	stage.withPage(snapshot([host('node1', { gpus: [gpu(0, { processes: null })] })]), async (page) => {
		assert.equal(await who(page, 'node1', 0).textContent(), 'processes not known');
		assert.equal(await figure(page, 'free').textContent(), '0');
		assert.equal(await page.locator('.gpu.free').count(), 0);
	}));

test('a GPU that does not tell its processes says so itself, and hides no other', () =>
	stage.withPage(
		snapshot([host('node1', { gpus: [gpu(0), gpu(1, { processes: null, process_problem: 'Not Supported' })] })]),
		async (page) => {
			assert.match(await who(page, 'node1', 0).textContent(), /^free/);
			assert.equal(await who(page, 'node1', 1).textContent(), 'processes not known: Not Supported');
			assert.equal(await figure(page, 'free').textContent(), '1');
			assert.equal(await panel(page, 'node1').locator('.gap').count(), 0);
		},
	));

test('a GPU that is only busy with the start of its driver is free, wherever it is counted', () => {
	const started = () => gpu(0, { utilization: 100, persistence_mode: 'Disabled' });
	const hosts = [host('node1', { gpus: [started()] }), host('node2', { session: session({ keeps_driver: true }), gpus: [started()] })];
	return stage.withPage(snapshot(hosts), async (page) => {
		assert.match(await who(page, 'node1', 0).textContent(), /^free/);
		assert.equal(await who(page, 'node2', 0).textContent(), 'no process seen');
		assert.equal(await figure(page, 'free').textContent(), '1');
		await goTo(page, 'Table');
		assert.equal(await page.locator('tr.free').count(), 1);
	});
});

test('a held GPU names who holds it, and that it idles', () =>
	stage.withPage(
		snapshot([
			host('node1', {
				gpus: [
					gpu(0, { memory_used: 34 * GiB, processes: [proc('dora', 'jupyter', 34, 440_000)] }),
					gpu(1, { memory_used: 34 * GiB }),
				],
			}),
		]),
		async (page) => {
			assert.equal(await who(page, 'node1', 0).textContent(), 'doraidle nowjupyter5 d 2 h');
			assert.equal(await who(page, 'node1', 1).textContent(), 'held by somebody not known idle now');
			assert.equal(await figure(page, 'held').textContent(), '2');
		},
	));

test('a broken GPU says what is wrong and what it means; its neighbour stays as it is', () =>
	stage.withPage(
		snapshot([host('node1', { gpus: [lost(0), gpu(1), lost(2, 'Unknown Error', { temperature: 55 })] })]),
		async (page) => {
			assert.equal(
				await row(page, 'node1', 0).textContent(),
				'GPU 0GPU is lost: it fell off the bus; reboot the host to recover it',
			);
			assert.match(await row(page, 'node1', 2).textContent(), /^GPU 2Unknown Error: .*utilization –.*55°/);
			assert.match(await who(page, 'node1', 1).textContent(), /^free/);
			assert.equal(await page.locator('.summary .broken').textContent(), '2in trouble · 2 errors');
			assert.equal(await panel(page, 'node1').locator('.state').textContent(), 'ok · 2 GPUs in trouble');
		},
	));

test('many processes: the largest in sight, the others folded, nobody lost', () => {
	const processes = [1, 2, 3, 40, 5, 6].map((gib, i) => proc(`user${i}`, `job${i}`, gib, 60));
	return stage.withPage(snapshot([host('node1', { gpus: [busy(0, '', '', { processes })] })]), async (page) => {
		assert.equal(await who(page, 'node1', 0).locator('.process').first().textContent(), 'user3job340 GiB · 1 min');
		const more = who(page, 'node1', 0).locator('details.more');
		assert.equal(await more.locator('> summary').textContent(), '3 more: user2, user1, user0');
		await more.locator('> summary').click();
		assert.equal(await who(page, 'node1', 0).locator('.process:visible').count(), 6);
		assert.equal(await figure(page, 'people active').textContent(), '6');
	});
});

test('a host in trouble keeps its place, says why, since when, when it is tried again, and how to mend it', () => {
	const since = new Date(2026, 0, 5, 14, 2, 11).getTime() / 1000;
	const error = {
		kind: 'auth',
		message: 'Permission denied (publickey).',
		hint: 'ssh-copy-id bob@node2',
		since,
		next_try: NOW() + 600,
	};
	const old = { sampled: NOW() - 200, gpus: [gpu(0), busy(1, 'alice', 'train.py')] };
	return stage.withPage(snapshot([host('node1'), failed('node2', error, old), host('node3')]), async (page) => {
		assert.deepEqual(await page.locator('.host .name').allTextContents(), ['node1', 'node2', 'node3']);
		const node2 = panel(page, 'node2');
		assert.match(
			await node2.locator('.trouble p').first().textContent(),
			/^Login refused since 5 Jan 14:02$/,
		);
		assert.equal(await node2.locator('.message').textContent(), 'Permission denied (publickey).');
		assert.equal(await node2.locator('.line code').textContent(), 'ssh-copy-id bob@node2');
		assert.match(await node2.locator('.note').textContent(), /^Last values, 3 min old$/);
		assert.match(await node2.locator('.state').textContent(), /^in trouble · last data .* · next try in (10|9) min$/);
		assert.equal(await who(page, 'node2', 0).textContent(), 'was free');
		assert.equal(await row(page, 'node2', 1).getByText('97 %').count(), 1);
		assert.equal(await figure(page, 'free').textContent(), '2');

		const colour = (name, index) =>
			row(page, name, index)
				.locator('.bar .amount')
				.first()
				.evaluate((element) => getComputedStyle(element).color);
		assert.notEqual(await colour('node2', 0), await colour('node1', 0), 'last values are dimmed');
	});
});

test('late and connecting hosts say so', () =>
	stage.withPage(
		snapshot([
			host('late', { state: 'stale', sampled: NOW() - 34 }),
			host('new', { state: 'connecting', since: NOW() - 3, sampled: null, driver: null, gpus: [] }),
			failed('never', { hint: null, message: null, next_try: null, since: null }, { sampled: null, gpus: [] }),
		]),
		async (page) => {
			assert.match(await panel(page, 'late').textContent(), /late · last data .*Last values, \d+ s old.*was free/);
			assert.match(await panel(page, 'new').textContent(), /connecting ….*Waiting for the first sample for \d+ s\./);
			assert.match(await panel(page, 'never').textContent(), /in trouble · no data yetLogin refused$/);
			assert.equal(await figure(page, 'in trouble').textContent(), '1');
			assert.equal(await figure(page, 'free').textContent(), '–');
		},
	));

test('the top right: live, how old, how many', () =>
	stage.withPage(snapshot([host('a', { sampled: NOW() - 3 }), host('b'), failed('c', {})]), async (page) => {
		assert.match(await page.locator('.link').textContent(), /^live · data \d+ s old · 2 of 3 hosts$/);
		assert.match(await page.title(), /2 free · NVIDIA Web Monitor$/);
	}));

test('times are in the viewer’s zone', () =>
	stage.withPage(
		snapshot([failed('a', { since: Date.UTC(2026, 0, 5, 20, 30) / 1000 })]),
		(page) => panel(page, 'a').locator('.trouble', { hasText: 'since 6 Jan 02:15' }).waitFor(),
		{ timezoneId: 'Asia/Kathmandu' },
	));

test('a demo says that it is one, and nothing else does', async () => {
	await stage.withPage({ ...lab(), demo: true }, (page) => page.locator('.demo', { hasText: 'demo' }).waitFor());
	await stage.withPage(lab(), async (page) => assert.equal(await page.locator('.demo').count(), 0));
});

test('nothing to watch: the page says so and names what to do', async () => {
	await stage.withPage(snapshot([]), async (page) => {
		await page.getByRole('heading', { name: 'No host is watched yet' }).waitFor();
		await page.locator('.empty code', { hasText: 'make demo' }).waitFor();
	});
	const local = failed(
		'localhost',
		{ kind: 'no-nvidia-smi', message: 'sh: 1: nvidia-smi: not found', hint: 'install the NVIDIA driver' },
		{ address: 'localhost', sampled: null, gpus: [] },
	);
	await stage.withPage(snapshot([local]), async (page) => {
		await page.getByRole('heading', { name: 'This machine has no GPU to show' }).waitFor();
		await page.locator('.empty code', { hasText: 'make demo' }).waitFor();
		await panel(page, 'localhost').getByText('nvidia-smi not found').waitFor();
	});
});
