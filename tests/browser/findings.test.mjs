/* What breaks, sleeps or hides on a host: the page names it, and never shows it as an idle GPU. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
	asleep,
	asOlderServer,
	busy,
	cut,
	failed,
	finding,
	GiB,
	gpu,
	host,
	lab,
	lost,
	machine,
	NOW,
	part,
	process as proc,
	session,
	snapshot,
} from './fixtures.mjs';
import { figure, goTo, harness, openAll, panel, row } from './harness.mjs';

const stage = harness();
const who = (page, name, index) => row(page, name, index).locator('> .who');
const state = (page, name) => panel(page, name).locator('.state').textContent();

test('a GPU that is missing keeps its place, says since when, and is trouble', () => {
	const since = NOW() - 3 * 3600;
	return stage.withPage(
		snapshot([host('node1', { gpus: [gpu(0), lost(1, 'missing', { problem_since: since, name: null }), lost(2)] })]),
		async (page) => {
			const text = await row(page, 'node1', 1).textContent();
			assert.match(
				text,
				/^GPU 1missing since [\dA-Za-z: ]+ \(3 h\): it was there before, and nvidia-smi does not list it any more$/,
			);
			assert.match(await row(page, 'node1', 2).textContent(), /^GPU 2GPU is lost: it fell/, 'without a time it names none');
			assert.equal(await state(page, 'node1'), 'ok · 2 GPUs in trouble');
			assert.equal(await figure(page, 'in trouble').textContent(), '2');
			await goTo(page, 'Table');
			assert.match(
				await page.locator('tbody tr').nth(1).locator('.who').textContent(),
				/^missing since .* \(3 h\): it was there/,
			);
		},
	);
});

test('a GPU that sleeps is neither free nor in trouble', () => {
	const old = failed('node2', {}, { gpus: [asleep(0)] });
	return stage.withPage(snapshot([host('node1', { gpus: [asleep(0), gpu(1)] }), old]), async (page) => {
		assert.equal(await row(page, 'node1', 0).textContent(), 'GPU 0asleep: the kernel has suspended it');
		assert.equal(await row(page, 'node2', 0).textContent(), 'GPU 0was asleep');
		assert.equal(await state(page, 'node1'), 'ok');
		assert.equal(await figure(page, 'free').textContent(), '1');
		assert.equal(await page.locator('.whole').textContent(), '1 host up · 1 down · 3 GPUs, 2 of them answering · 1 asleep');
		assert.equal(await figure(page, 'in trouble').textContent(), '1', 'the host alone');
		assert.equal(await page.locator('.gpu.free').count(), 1);
	});
});

const cutInThree = (more) =>
	cut(
		0,
		[part(0, '3g.40gb', 31, [proc('erin', 'python serve.py', 31, 9000)]), part(1, '1g.10gb', 0.1), part(2, '1g.10gb', 4)],
		more,
	);

test('a GPU with MIG on: no invented utilization, and its parts with who is on each', () => {
	const unplaced = proc('frida', 'python lost.py', 2, 60);
	const hosts = [
		host('node1', { gpus: [cutInThree(), cut(1, []), gpu(2, { mig_mode: 'Enabled', utilization: null })] }),
		host('node2', { gpus: [cutInThree({ processes: null, mig: [part(0, '1g.10gb', 0.1, [], { processes: null })] })] }),
		host('node3', { gpus: [cutInThree({ processes: [unplaced, { ...unplaced, pid: 1, user: 'gina', mig: 7 }] })] }),
		host('node4', { state: 'stale', gpus: [cutInThree()] }),
	];
	return stage.withPage(snapshot(hosts), async (page) => {
		const parts = (name, index) => row(page, name, index).locator('.part').allTextContents();
		assert.deepEqual(await parts('node1', 0), [
			'3g.40gbmemory 31 GiB of 40MIG 0erinpython serve.py2 h 30 min',
			'1g.10gbmemory 102 MiB of 10 GiBMIG 1freecopy ssh line',
			'1g.10gbmemory 4.0 GiB of 10MIG 2no process seen',
		]);
		assert.equal(await row(page, 'node1', 0).locator('.untold').textContent(), 'utilization not told under MIG');
		assert.equal(await row(page, 'node1', 0).locator('> .bar').count(), 1, 'of memory alone');
		assert.equal(await who(page, 'node1', 0).textContent(), 'cut into 3 parts, 1 free');
		assert.equal(await who(page, 'node1', 1).textContent(), 'MIG is on, and no part is made');
		assert.equal(await who(page, 'node1', 2).textContent(), 'MIG is on, and its parts are not told');
		assert.doesNotMatch(await panel(page, 'node1').locator('.state').textContent(), /free/);
		assert.equal(await row(page, 'node1', 2).locator('.untold').count(), 1, 'MIG is on, the parts are not told yet');
		assert.equal(await who(page, 'node2', 0).textContent(), 'processes not known');
		assert.match((await parts('node2', 0))[0], /processes not known$/);
		const users = await who(page, 'node3', 0).locator('.user').allTextContents();
		assert.deepEqual(users.sort(), ['frida', 'gina'], 'on no part that is shown');
		assert.match((await parts('node4', 0))[1], /was free$/);
		assert.equal(await who(page, 'node4', 0).textContent(), 'cut into 3 parts');
	});
});

test('a person who was concluded is marked, one who is not known is not called root', () => {
	const command = `python train.py ${'--option '.repeat(300)}--last`;
	const processes = [
		proc('alice', command, 30, 60, { pid: 71, owner: 'root', inferred: 'loginuid', cpu: 412.4, rss: 21 * GiB }),
		proc(null, 'trainer', 20, 60, { owner: 'root' }),
		proc('bob', 'eval.py', 10, 60),
	];
	return stage.withPage(snapshot([host('node1', { gpus: [busy(0, '', '', { processes })] })]), async (page) => {
		const user = who(page, 'node1', 0).locator('.user');
		assert.deepEqual(await user.allTextContents(), ['alice?', 'user not known', 'bob']);
		assert.equal(await user.nth(0).getAttribute('title'), 'by loginuid; the process belongs to root');
		assert.equal(await user.nth(1).getAttribute('title'), 'the process belongs to root; who is behind it is not known');
		assert.equal(await user.nth(2).getAttribute('title'), null);
		assert.equal(await figure(page, 'people active').textContent(), '2');

		const first = who(page, 'node1', 0).locator('.process').first();
		assert.equal(await first.locator('.full').count(), 0);
		await first.locator('summary').focus();
		await page.keyboard.press('Enter');
		assert.equal(await first.locator('.full code').textContent(), command);
		assert.equal(
			await first.locator('.full p').textContent(),
			'PID 71 · alice: by loginuid; the process belongs to root · 412 % of a CPU · 21 GiB resident',
		);
		stage.mock.change(host('node1', { comment: 'changed', gpus: [busy(0, '', '', { processes })] }));
		await page.getByText('changed').waitFor();
		assert.equal(await first.locator('.full').count(), 1, 'what is open stays open');
	});
});

test('containers and Slurm jobs are tags', () => {
	const processes = [
		proc('a', 'x', 40, 1, { container: { runtime: 'docker', id: '3f4e5d6c7b8a', pod: null } }),
		proc('b', 'x', 30, 1, { container: { runtime: 'containerd', id: null, pod: '1b2c-3d4e' }, slurm_job: '48213' }),
		proc('c', 'x', 20, 1, { container: { runtime: 'other', id: null, pod: null } }),
		proc('d', 'x', 10, 1),
	];
	return stage.withPage(snapshot([host('node1', { gpus: [busy(0, '', '', { processes })] })]), async (page) => {
		const lines = who(page, 'node1', 0).locator('.process');
		const tags = await Promise.all([0, 1, 2, 3].map((i) => lines.nth(i).locator('.tag').allTextContents()));
		assert.deepEqual(tags, [['docker'], ['pod', 'job 48213'], ['container'], []]);
		assert.equal(await lines.nth(0).locator('.tag').getAttribute('title'), 'docker container 3f4e5d6c7b8a');
		assert.equal(await lines.nth(1).locator('.tag').first().getAttribute('title'), 'containerd container, pod 1b2c-3d4e');
	});
});

test('findings: worst first, each with its remedy to copy; the same of all GPUs once', () => {
	const off = [0, 1, 2, 3].map((i) =>
		finding('persistence-off', 'warning', `GPU ${i}: persistence mode is off; a query takes 2.1 s`, {
			gpu: i,
			remedy: '`sudo nvidia-smi -pm 1`, or for good: `sudo enable`',
		}),
	);
	const findings = [
		finding('ecc-uncorrected', 'error', 'GPU 1: 2 uncorrected ECC errors', {
			gpu: 1,
			remedy: 'look at its cooling',
		}),
		...off,
		finding('clock-off', 'note', 'its clock is 41 s ahead', { since: null }),
	];
	const many = [1, 2, 3, 4, 5].map((i) => finding('disk-full', i > 3 ? 'note' : 'warning', `disk ${i} is full`));
	const hosts = [
		host('node1', { findings }),
		host('node2', { findings: many }),
		failed('node3', { kind: 'driver-mismatch' }, { findings: [finding('driver-mismatch', 'error', 'twice')] }),
	];
	return stage.withPage(
		snapshot(hosts),
		async (page) => {
			const items = panel(page, 'node1').locator('.finding');
			assert.deepEqual(
				(await items.allTextContents()).map((text) => text.replace(/ since [\dA-Za-z: ]*\d(?=remedy)/, ' SINCE ')),
				[
					'error: GPU 1: 2 uncorrected ECC errors SINCE remedylook at its cooling',
					'warning: GPUs 0–3: persistence mode is off; a query takes 2.1 s SINCE remedysudo nvidia-smi -pm 1 copy, or for good: sudo enable copy',
					'note: its clock is 41 s ahead',
				],
			);
			assert.equal(await items.nth(0).locator('.remedy').isVisible(), true, 'the remedy of an error is in sight');
			assert.equal(await items.nth(1).locator('.remedy').isVisible(), false);
			await items.nth(1).locator('summary').click();
			await items.nth(1).locator('.remedy .copy').last().click();
			await items.nth(1).locator('.remedy .copy', { hasText: 'copied' }).waitFor();
			assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'sudo enable');
			const slower = findings.map((it) => ({ ...it, message: it.message.replace('2.1 s', '3.4 s') }));
			stage.mock.change(host('node1', { findings: slower }));
			await items.nth(1).getByText('3.4 s').waitFor();
			assert.equal(await items.nth(1).locator('.remedy').isVisible(), true, 'what is open stays open');
			assert.match(await panel(page, 'node1').getAttribute('class'), /ailing/, 'a host with an error among them is not well');

			const folded = panel(page, 'node2').locator('.findings > .more');
			assert.equal(await folded.locator('> summary').textContent(), '2 more: 2 notes');
			await folded.locator('> summary').click();
			assert.equal(await panel(page, 'node2').locator('.finding:visible').count(), 5);
			assert.doesNotMatch(await panel(page, 'node2').getAttribute('class'), /ailing/);
			assert.equal(await panel(page, 'node3').locator('.finding').count(), 0, 'the error says it already');
		},
		{ permissions: ['clipboard-read', 'clipboard-write'] },
	);
});

test('the machine is a line, which opens to what watching it has cost', () => {
	const gpus = [gpu(0, { pstate: 'P0', clock: 1980, clock_max: 1980 }), gpu(1)];
	const never = { connected: null, logins: 0, attempts: 3, samples: 0, bytes_in: 0, bytes_out: 0, probe_cpu_ms: null };
	const hosts = [
		host('node1', { machine: machine(), session: session(), gpus }),
		failed('node2', {}, { session: session(never), sampled: null, gpus: [] }),
	];
	return stage.withPage(snapshot(hosts), async (page) => {
		const about = panel(page, 'node1').locator('.about');
		assert.equal(await about.textContent(), '2 × NVIDIA A100-SXM4-80GB · driver 550.54.15');
		await about.locator('summary').click();
		await about.getByText('load 12.3 of 64 CPUs · memory 120 of 503 GiB · /data 91 % full · up 12 d').waitFor();
		await about
			.getByText('Our session: logged in once, 3 d ago; 51840 samples; 21 ms of CPU per sample; 12 MB received')
			.waitFor();
		assert.deepEqual(await about.locator('li').allTextContents(), ['GPU 0: P0 · 1980 MHz']);
		assert.match(await row(page, 'node1', 0).locator('.index').getAttribute('title'), /^NVIDIA A100.*\nP0\n1980 MHz$/);
		await panel(page, 'node2').locator('.about summary').click();
		await panel(page, 'node2').getByText('never logged in; 3 attempts; 0 kB received').waitFor();
	});
});

test('a failed process query and what was left out are said, once', () => {
	const gaps = { process_problem: 'Insufficient Permissions', left_out: { gpus: 2, processes: 1 } };
	const findings = [finding('processes-unknown', 'error', 'the processes are not known'), finding('left-out', 'note', '2 GPUs')];
	const hosts = [
		host('node1', { ...gaps, gpus: [gpu(0, { processes: null })] }),
		host('node2', { ...gaps, findings }),
		host('node3', { left_out: { gpus: 0, processes: 0 } }),
	];
	return stage.withPage(snapshot(hosts), async (page) => {
		assert.deepEqual(await panel(page, 'node1').locator('.note').allTextContents(), [
			'Not all processes are known, so a GPU may be in use that seems idle: Insufficient Permissions',
			'Not shown: 2 GPUs and 1 process, more than one host may have here.',
		]);
		assert.equal(await who(page, 'node1', 0).locator('p').getAttribute('title'), 'Insufficient Permissions');
		assert.equal(await page.locator('.gpu.free').count(), 1, 'nor is one free where somebody may be unseen');
		assert.equal(await panel(page, 'node2').locator('.note').count(), 0);
		assert.equal(await panel(page, 'node3').locator('.note').count(), 0);
	});
});

test('last values stay last values: nothing of a host that does not answer is told as of now', () =>
	stage.withPage(
		snapshot([
			failed('node1', {}, { machine: machine(), findings: [finding('disk-full', 'error', 'full')], gpus: [cutInThree()] }),
		]),
		async (page) => {
			assert.equal(await figure(page, 'free').textContent(), '–');
			const text = await panel(page, 'node1').textContent();
			assert.ok(text.indexOf('Last values') < text.indexOf('error: full'), text);
			assert.doesNotMatch(text, /load \d/);
			assert.equal(await panel(page, 'node1').getByText('free', { exact: true }).count(), 0);
		},
	));

test('an older server, which tells nothing of all this, is shown as ever', () =>
	stage.withPage(asOlderServer(lab()), async (page) => {
		await row(page, 'node4', 0).locator('.who', { hasText: 'free' }).waitFor();
		for (const view of ['Table', 'Cards']) {
			await goTo(page, view);
			assert.doesNotMatch(await page.locator('main').textContent(), /undefined|NaN|null/);
			assert.equal(await page.locator('.finding, .about, .part, .gap, .tag.where').count(), 0);
		}
		assert.match(await row(page, 'node7', 6).textContent(), /^GPU 6GPU is lost: it fell off/);
		assert.equal(await page.locator('.host').count(), lab().hosts.length);
	}));

const HOSTILE = [
	'<img src=x onerror="document.title=\'taken\'"><h1>big</h1>',
	'\u2069\u202egnp.exe\u2066 \u200f',
	'x'.repeat(3000),
	'word '.repeat(600),
];

/* Whether a text stands as it was written, its first character left of its last. Runs in the page. */
function runsFromLeft({ firstChild: text }) {
	const left = (place) => {
		const range = document.createRange();
		range.setStart(text, place);
		range.setEnd(text, place + 1);
		return range.getBoundingClientRect().left;
	};
	return left(0) < left(text.length - 1);
}

test('hostile texts stay text and in their place, also when all is open', () => {
	const hosts = HOSTILE.map((text, i) => {
		const container = { runtime: text, id: text, pod: i % 2 ? text : null };
		const more = { owner: text, inferred: text, container, slurm_job: text, cpu: 1, rss: 1 };
		const process = () => proc(text, text, 1, 1, more);
		return host(`node${i}`, {
			findings: ['error', 'warning', 'note'].map((severity) => finding(text, severity, text, { remedy: text, uuid: text })),
			machine: machine({ disk: { mount: text, size: GiB, used: GiB, percent: 100 } }),
			session: session(),
			process_problem: text,
			gpus: [
				busy(0, '', '', { processes: [process()], throttle: [text], pstate: text, compute_mode: text, recovery_action: text }),
				cut(1, [part(0, text, 1, [process()], { uuid: text })]),
				lost(2, text, { problem_since: NOW() - 5 }),
			],
		});
	});
	return stage.withPage(snapshot(hosts), async (page) => {
		for (const view of ['Table', 'Cards']) {
			await goTo(page, view);
			await openAll(page);
			assert.equal(await page.locator('main script, main img, main h1, main [onerror]').count(), 0);
			assert.match(await page.title(), /NVIDIA Web Monitor/);
			for (const width of [320, 390, 1440]) {
				await page.setViewportSize({ width, height: 800 });
				const wide = await page.evaluate(() =>
					[...document.querySelectorAll('main *')]
						.filter((element) => !element.closest('.scroller, .chips, .sr') && element.getBoundingClientRect().right > innerWidth + 0.5)
						.filter((element) => !element.parentElement.closest('.user, .command, .tag, .profile')) // cut off by these
						.map((element) => element.className),
				);
				assert.deepEqual(wide, [], `${view} at ${width} px`);
				assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${view} at ${width} px`);
			}
		}
		for (const words of [panel(page, 'node1').locator('.finding time').first(), row(page, 'node1', 2).locator('time')])
			assert.ok(await words.evaluate(runsFromLeft), 'direction marks turn nothing around them');
		const line = await row(page, 'node2', 0).locator('.process > summary').boundingBox();
		assert.ok(line.height < 30, `a process stays one line: ${line.height} px`);
		const command = await row(page, 'node2', 0).locator('.full code').boundingBox();
		assert.ok(command.height < 200, `a long command scrolls in its place: ${command.height} px`);
	});
});
