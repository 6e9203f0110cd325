/* Everything known of a host or a GPU, at its own address. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, test } from 'node:test';
import { axe } from './chromium.mjs';
import {
	busy,
	columns,
	cut,
	failed,
	finding,
	GiB,
	gpu,
	host,
	lab,
	machine,
	part,
	pastError,
	process as proc,
	session,
	snapshot,
} from './fixtures.mjs';
import { harness, panel, until } from './harness.mjs';
import { lastMinutes } from './mock-server.mjs';

const stage = harness();
afterEach(() => (stage.mock.recent = lastMinutes));
const uuidOf = (index) => gpu(index).uuid;
const details = (page) => page.locator('.details');
const caption = (page, title) => details(page).locator('figcaption', { hasText: title });
/* The value beside a term. */
const fact = (page, term) =>
	details(page)
		.locator('dt', { hasText: new RegExp(`^${term}$`) })
		.locator('xpath=following-sibling::dd[1]');
const section = (page, title) =>
	details(page).locator('section', { has: page.locator('h3', { hasText: new RegExp(`^${title}$`) }) });
const inDetails = (page) => page.evaluate(() => document.querySelector('.details')?.contains(document.activeElement) === true);
const asked = (path) => stage.mock.requests.filter((request) => request.endsWith(path)).length;

async function visit(page, query) {
	await page.goto(stage.mock.url + query);
	await details(page).locator('h2').waitFor();
}

const two = () => [
	host('node1', { gpus: [gpu(0), busy(1, 'alice', 'python train.py')] }),
	host('node2', { gpus: [gpu(0, { temperature: 44 })] }),
];

test('a host opens beside the view, at its own address, and takes the focus', () =>
	stage.withPage(snapshot(two()), async (page) => {
		const opener = panel(page, 'node2').locator('a.name');
		await opener.click();
		await details(page).locator('h2', { hasText: 'node2' }).waitFor();
		assert.match(page.url(), /\?view=cards&host=node2$/);
		await until(() => inDetails(page), 'the focus in the details');
		assert.ok(await panel(page, 'node1').isVisible(), 'the view lives on');
	}));

test('nothing of the view moves when something opens, and the card whose it is stands out', () =>
	stage.withPage(lab(), async (page) => {
		const boxes = () =>
			page.locator('.top > :not(.link), .card').evaluateAll((all) => all.map((it) => [it.offsetLeft, it.offsetWidth, it.className.replace(' opened', '')]));
		for (const width of [1440, 1920, 2560]) {
			await page.setViewportSize({ width, height: 2000 });
			const at = await boxes();
			await panel(page, 'node4').locator('a.name').click();
			await details(page).locator('h2').waitFor();
			assert.deepEqual(await boxes(), at, `at ${width} px`);
			assert.deepEqual(await page.locator('.card.opened a.name').allTextContents(), ['node4']);
			await page.keyboard.press('Escape');
			await until(async () => (await page.locator('.card.opened').count()) === 0, 'no card to stand out');
		}
	}));

test('a link to a host brings its card into sight', () =>
	stage.withPage(snapshot(Array.from({ length: 50 }, (_, i) => host(`node${i}`))), async (page) => {
		await visit(page, '?host=node48');
		await until(
			() => page.locator('.card.opened').evaluate((it) => it.getBoundingClientRect().top >= 0 && it.getBoundingClientRect().bottom <= innerHeight),
			'the card in sight',
		);
		assert.equal(await page.locator('.card.opened .name').textContent(), 'node48');
	}));

test('a host of which there is no sample yet says so once', () => {
	stage.mock.recent = null;
	return stage.withPage(
		snapshot([host('new', { state: 'connecting', sampled: null, gpus: [] })]),
		async (page) => {
			await visit(page, '?host=new');
			assert.equal(await details(page).locator('.recent').innerText(), 'no sample yet');
		},
		{ allowed: /recent|404/ },
	);
});

for (const [how, close] of [
	['Escape', (page) => page.keyboard.press('Escape')],
	['its cross', (page) => details(page).getByRole('button', { name: 'Close', exact: true }).click()],
	['the way back', (page) => page.goBack()],
])
	test(`it is closed by ${how}, and the focus goes back to where it came from`, () =>
		stage.withPage(snapshot(two()), async (page) => {
			const opener = panel(page, 'node2').locator('a.name');
			await opener.click();
			await until(() => inDetails(page), 'the focus in the details');
			await close(page);
			await details(page).waitFor({ state: 'detached' });
			assert.ok(!page.url().includes('host='), page.url());
			await until(() => opener.evaluate((it) => it === document.activeElement), 'the focus to come back');
		}));

test('on a phone it is the whole page, and the focus comes back all the same', () =>
	stage.withPage(
		snapshot(two()),
		async (page) => {
			const opener = panel(page, 'node2').locator('a.name');
			await opener.click();
			await details(page).waitFor();
			const box = await details(page).boundingBox();
			assert.deepEqual([box.x, box.y, box.width, box.height], [0, 0, 390, 844]);
			assert.ok(!(await panel(page, 'node1').isVisible()), 'what is behind it is not there for anybody');
			await page.keyboard.press('Escape');
			await until(() => opener.evaluate((it) => it === document.activeElement), 'the focus to come back');
		},
		{ viewport: { width: 390, height: 844 } },
	));

test('Escape in the search box is the search box’s', () =>
	stage.withPage(snapshot(two()), async (page) => {
		await panel(page, 'node2').locator('a.name').click();
		await details(page).waitFor();
		await page.locator('input[type="search"], .find input, .top input').first().press('Escape');
		assert.equal(await details(page).count(), 1);
	}));

test('a link to a GPU shows it to who opens it fresh, and leads on to the others', () =>
	stage.withPage(snapshot(two()), async (page) => {
		await visit(page, `?host=node1&gpu=${uuidOf(1)}`);
		assert.equal(await details(page).locator('h2 .name').textContent(), 'GPU 1 on node1');
		await details(page).getByRole('link', { name: 'GPU 0' }).click();
		await details(page).locator('h2', { hasText: 'GPU 0 on node1' }).waitFor();
		await until(() => inDetails(page), 'the focus to stay in the details');
		await details(page).getByRole('link', { name: 'all of node1' }).click();
		await details(page)
			.locator('h2 .name', { hasText: /^node1$/ })
			.waitFor();
		await page.goBack();
		await details(page).locator('h2', { hasText: 'GPU 0 on node1' }).waitFor();
	}));

test('a host, or a GPU, that is not there any more: it says so, and goes on when it comes', () =>
	stage.withPage(snapshot(two()), async (page) => {
		await visit(page, '?host=node9');
		await details(page).getByText('No host is called node9').waitFor();
		await visit(page, '?host=node1&gpu=GPU-gone');
		await details(page).getByText('node1 has no GPU GPU-gone').waitFor();
		stage.mock.change(host('node1', { gpus: [gpu(0, { uuid: 'GPU-gone' })] }));
		await details(page).locator('h2', { hasText: 'GPU 0 on node1' }).waitFor();
		stage.mock.show(snapshot([host('node2')]));
		await details(page).getByText('No host is called node1').waitFor();
	}, { allowed: /404/ }));

test('what the driver does not tell of a GPU reads so, and never as 0', () => {
	const names = 'utilization memory_total memory_used temperature power power_limit fan clock clock_max pcie_gen pcie_gen_max';
	const more = 'pcie_width pcie_width_max ecc_corrected ecc_uncorrected throttle pstate persistence_mode compute_mode mig_mode';
	const rest = 'retired_pending remap_pending remap_failure recovery_action name bus_id cells';
	const nothing = Object.fromEntries(`${names} ${more} ${rest}`.split(' ').map((name) => [name, null]));
	stage.mock.recent = null;
	return stage.withPage(
		snapshot([host('node1', { driver: null, gpus: [gpu(0, nothing)] })], { columns: [] }),
		async (page) => {
			await visit(page, `?host=node1&gpu=${uuidOf(0)}`);
			const facts = await details(page).locator('dd').allTextContents();
			const told = facts.filter((text) => text !== 'not told by the driver');
			assert.deepEqual(told, ['not known', '0', `${uuidOf(0)} copy`], 'what it is at, its index, its UUID');
			assert.equal(facts.length - told.length, 22);
		},
		{ allowed: /404/ },
	);
});

test('all values of a GPU stand there with units and limits, and why its clock is held down', () => {
	const values = {
		utilization: 37,
		memory_used: 20 * GiB,
		temperature: 61,
		power: 186.2,
		fan: 40,
		clock: 1200,
		clock_max: 1410,
		pcie_gen: 3,
		pcie_width: 8,
		ecc_corrected: 4,
		throttle: ['sw-power-cap', 'hw-thermal-slowdown'],
		pstate: 'P0',
		recovery_action: 'Reset',
		retired_pending: 'No',
		processes: [proc('alice', 'python train.py', 20, 60)],
		problem: null,
	};
	return stage.withPage(snapshot([host('node1', { gpus: [gpu(0, values)] })]), async (page) => {
		await visit(page, `?host=node1&gpu=${uuidOf(0)}`);
		for (const [term, text] of [
			['Utilization', '37 %'],
			['Memory', '20 of 80 GiB (25 %)'],
			['Temperature', '61°C'],
			['Power', '186 W of 400 W'],
			['Fan', '40 %'],
			['Clock', '1200 of 1410 MHz'],
			['Clock held down by', 'at its power limit, too hot: slowed down by its hardware'],
			['PCIe generation', '3 of 4'],
			['PCIe lanes', '8 of 16'],
			['ECC errors, corrected', '4'],
			['ECC errors, uncorrected', '0'],
			['Performance state', 'P0'],
			['Persistence mode', 'Enabled'],
			['The driver asks for', 'Reset'],
			['Bus', '00000000:01:00.0 copy'],
		])
			assert.equal(await fact(page, term).first().textContent(), text, term);
		const cells = section(page, 'As nvidia-smi prints it');
		assert.deepEqual(
			await cells.locator('dt').allTextContents(),
			columns.map(({ title }) => title),
		);
		assert.equal(await cells.locator('dd').nth(4).textContent(), '20480 MiB');
	});
});

test('a process stands with all of its command, and how its person was concluded', () => {
	const command = `python train.py ${'--very-long-option 1 '.repeat(40)}--end`;
	const process = proc('erin', command, 31, 9000, {
		owner: 'root',
		inferred: 'loginuid',
		cpu: 412,
		slurm_job: '48213',
		container: { runtime: 'docker', id: '3f4e5d6c7b8a', pod: null },
	});
	return stage.withPage(
		snapshot([host('node1', { gpus: [gpu(0, { processes: [process], utilization: 9 })] })]),
		async (page) => {
			await visit(page, `?host=node1&gpu=${uuidOf(0)}`);
			const item = section(page, 'Processes').locator('li');
			assert.equal(await item.locator('code').textContent(), command);
			const text = await item.textContent();
			for (const part of [
				'erin?',
				'31 GiB',
				'2 h 30 min',
				`PID ${process.pid}`,
				'by loginuid',
				'belongs to root',
				'412 %',
				'3f4e5d6c7b8a',
				'48213',
			])
				assert.ok(text.includes(part), `${part} in ${text}`);
			await visit(page, '?host=node1');
			const cells = section(page, 'Processes').locator('tbody tr').first().locator('td');
			assert.match(
				(await cells.allTextContents()).join('|'),
				/^0\|erin\?\|python train.*48213\|31 GiB\|2 h 30 min\|412 %\|\d+$/,
			);
		},
	);
});

test('the parts of a GPU with MIG on stand with the UUIDs that a program takes', () => {
	const parts = [part(0, '3g.40gb', 31, [proc('erin', 'python serve.py', 31, 9000)]), part(1, '1g.10gb', 0.1)];
	return stage.withPage(snapshot([host('node1', { gpus: [cut(0, parts)] })]), async (page) => {
		await visit(page, `?host=node1&gpu=${uuidOf(0)}`);
		const items = section(page, 'Its parts').locator('li');
		assert.deepEqual(
			await items.locator('code').allTextContents(),
			parts.map(({ uuid }) => uuid),
		);
		assert.match(await items.nth(0).textContent(), /3g\.40gb.*in use.*31 of 40 GiB.*erin/);
		assert.match(await items.nth(1).textContent(), /1g\.10gb.*free/);
		assert.equal(await fact(page, 'Utilization').first().textContent(), 'not told under MIG');
	});
});

test('a host tells of itself, its machine and our session there, and what is wrong with what mends it', () => {
	const found = finding('persistence-off', 'warning', 'GPU 0: persistence mode is off', {
		gpu: 0,
		remedy: '`sudo nvidia-smi -pm 1`',
	});
	const error = { message: 'Permission denied (publickey).', hint: 'ssh-copy-id node1' };
	return stage.withPage(
		snapshot([
			failed('node1', error, {
				port: 2222,
				people: 'Alice',
				kvm: 'A1',
				group: 'rack 2',
				comment: 'new fans on Friday',
				machine: machine({ clock_ahead: -41, reboot_required: true }),
				session: session({ logins: 4, attempts: 9, connected: null, keeps_driver: true, last_error: pastError() }),
				findings: [found],
			}),
		]),
		async (page) => {
			await visit(page, '?host=node1');
			for (const [term, text] of [
				['Address', 'node1.lab.example, port 2222'],
				['Group', 'rack 2'],
				['People', 'Alice'],
				['KVM', 'A1'],
				['Comment', 'new fans on Friday'],
				['Driver', '550.54.15'],
				['CPUs', '64'],
				['Memory', '120 of 503 GiB, 383 GiB available'],
				['Clock', '41 s behind'],
				['Reboot', 'it wants a reboot'],
				['Connected since', 'not connected now'],
				['Logins', '4 of 9 attempts'],
				['A sample takes', '41 ms'],
				['CPU there per sample', '21 ms'],
				['Received, sent', '12 MB, 340 kB'],
				['Last error', 'Login refused: Permission denied (publickey).'],
			])
				assert.equal(await fact(page, term).textContent(), text, term);
			const wrong = section(page, 'What is wrong').locator('li');
			assert.match(await wrong.nth(0).textContent(), /Login refused since .*next try in/);
			assert.deepEqual(await wrong.locator('code').allTextContents(), ['ssh-copy-id node1', 'sudo nvidia-smi -pm 1']);
			await details(page)
				.getByText(/Last values, 3 min old/)
				.waitFor();
		},
	);
});

test('an error that is over is told with its time, as long as there is no other now', () => {
	const hostile = '</p><img src=x onerror="document.title=1">\nsecond line';
	const last_error = pastError({ message: hostile });
	return stage.withPage(snapshot([host('node1', { session: session() })]), async (page) => {
		await visit(page, '?host=node1');
		assert.equal(await fact(page, 'Last error').count(), 0);
		stage.mock.change(failed('node1', {}, { session: session({ connected: null, last_error }) }));
		await fact(page, 'Last error').getByText('Login refused: Permission denied (publickey).').waitFor();
		stage.mock.change(host('node1', { session: session({ logins: 5, attempts: 10, last_error }) }));
		const told = fact(page, 'Last error');
		await told.locator('.said').waitFor();
		assert.match(await told.textContent(), /^Connection refused, from .*\d\d:\d\d.* to .*\d\d:\d\d.* \(3 min\)/);
		assert.deepEqual(await told.locator('time').evaluateAll((all) => all.map((it) => it.title !== '')), [true, true]);
		assert.equal(await told.locator('.said').textContent(), `\u2068${hostile}\u2069`);
		stage.mock.change(host('node1', { session: session({ last_error: pastError({ kind: 'new-kind', message: null }) }) }));
		await told.getByText(/^new kind, from/).waitFor();
		assert.equal(await told.locator('.said').count(), 0);
	});
});

/* Up to the sample that the page has, so that this comes after them. */
const minutes = (values) => (it) => ({
	times: values.map((_, place) => it.sampled - 5 * (values.length - place)),
	gpus: [
		{
			uuid: uuidOf(0),
			utilization: values,
			memory_used: values.map((it) => it * GiB),
			temperature: values.map(() => 50),
			power: values,
		},
		{
			uuid: uuidOf(1),
			utilization: values.map(() => 100),
			memory_used: values.map(() => GiB),
			temperature: values.map(() => 60),
			power: values,
		},
	],
});

test('nothing is fetched while nothing is open; then the code of the charts, and the last minutes, once', () =>
	stage.withPage(snapshot(two()), async (page) => {
		stage.mock.recent = minutes([10, 20, 70]);
		stage.mock.requests.length = 0;
		await panel(page, 'node2').getByText('44°').waitFor();
		assert.deepEqual(stage.mock.requests, []);
		await panel(page, 'node1').locator('a.name').click();
		await details(page).locator('.spark canvas').nth(3).waitFor();
		assert.equal(asked('/charts.js'), 1);
		assert.equal(asked('/recent'), 1);
		await details(page).getByRole('button', { name: 'Close', exact: true }).click();
		await panel(page, 'node1').locator('a.name').click();
		await details(page).locator('.spark canvas').nth(3).waitFor();
		assert.equal(asked('/charts.js'), 1);
		assert.equal(asked('/recent'), 2);
	}));

test('the last minutes are drawn and said, of a GPU and of all of a host together', () =>
	stage.withPage(snapshot(two()), async (page) => {
		stage.mock.recent = minutes([10, 20, 70]);
		await visit(page, `?host=node1&gpu=${uuidOf(0)}`);
		await caption(page, 'Utilization').getByText('0 % to 70 % in 10 min').waitFor();
		assert.equal(await caption(page, 'Utilization').locator('b').textContent(), '0 %');
		await details(page).locator('.spark canvas').nth(3).waitFor();
		await visit(page, '?host=node1');
		await caption(page, 'Utilization, mean').getByText('49 % to 85 % in 10 min').waitFor();
		await caption(page, 'Memory in all').getByText('11 GiB to 71 GiB in 10 min').waitFor();
		await caption(page, 'Temperature of the hottest').getByText('60° to 67° in 10 min').waitFor();
	}));

test('each new sample is added; without what the server remembers, the minutes begin now', () =>
	stage.withPage(
		snapshot(two()),
		async (page) => {
			stage.mock.recent = null;
			await visit(page, `?host=node1&gpu=${uuidOf(0)}`);
			await caption(page, 'Temperature').getByText('31° to 31°').waitFor();
			for (const temperature of [44, 38]) {
				const [node1] = stage.mock.snapshot.hosts;
				stage.mock.change({
					...node1,
					sampled: node1.sampled + 5,
					gpus: [{ ...node1.gpus[0], temperature }, node1.gpus[1]],
				});
				await caption(page, 'Temperature')
					.locator('b', { hasText: `${temperature}°` })
					.waitFor();
			}
			await caption(page, 'Temperature').getByText('31° to 44°').waitFor();
			assert.equal(asked('/recent') > 0, true);
		},
		{ allowed: /404/ },
	));

test('the moment that one points at is told in words, in all four', () =>
	stage.withPage(snapshot(two()), async (page) => {
		stage.mock.recent = minutes(Array.from({ length: 120 }, () => 33));
		await visit(page, `?host=node1&gpu=${uuidOf(0)}`);
		const box = await details(page).locator('.spark').first().boundingBox();
		await page.mouse.move(box.x + box.width / 2, box.y + 10);
		await caption(page, 'Utilization')
			.locator('b', { hasText: /\d\d:\d\d:\d\d 33 %/ })
			.waitFor();
		await caption(page, 'Power')
			.locator('b', { hasText: /\d\d:\d\d:\d\d 33 W/ })
			.waitFor();
		await page.mouse.move(10, 10);
		await caption(page, 'Utilization').locator('b', { hasText: /^0 %$/ }).waitFor();
	}));

test('the lines take the colours of the theme, also when it changes', () =>
	stage.withPage(snapshot(two()), async (page) => {
		stage.mock.recent = minutes([10, 20, 70]);
		await page.emulateMedia({ colorScheme: 'light' });
		await visit(page, `?host=node1&gpu=${uuidOf(0)}`);
		/* Of the line itself: the strongest colour on the canvas. */
		const inks = () =>
			details(page)
				.locator('.spark canvas')
				.first()
				.evaluate((canvas) => {
					const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
					const colours = new Set();
					for (let at = 0; at < data.length; at += 4)
						if (data[at + 3] === 255) colours.add(data.slice(at, at + 3).join());
					return [...colours];
				});
		await details(page).locator('.spark canvas').nth(3).waitFor();
		await until(async () => (await inks()).includes('31,111,214'), 'the blue of light ground');
		await page.emulateMedia({ colorScheme: 'dark' });
		await until(async () => (await inks()).includes('90,162,255'), 'the blue of dark ground');
	}));

test('nothing scrolls sideways, and axe finds no violation, at any width, dark or light', () =>
	stage.withPage(lab(), async (page) => {
		for (const [width, colorScheme] of [
			[320, 'dark'],
			[390, 'light'],
			[1440, 'dark'],
			[1440, 'light'],
			[2560, 'dark'],
		]) {
			await page.setViewportSize({ width, height: 900 });
			await page.emulateMedia({ colorScheme });
			for (const query of [
				'?host=node7',
				`?host=node7&gpu=${uuidOf(4)}`,
				`?host=node10&gpu=${uuidOf(0)}`,
				'?host=node2',
				'?host=gone',
			]) {
				await visit(page, query);
				const over = await page.evaluate(() =>
					Math.max(
						document.documentElement.scrollWidth - innerWidth,
						...[...document.querySelectorAll('.details')].map((it) => it.scrollWidth - it.clientWidth),
					),
				);
				assert.ok(over <= 0, `${query} at ${width} px is ${over} px too wide`);
				if (width !== 390 && width !== 1440) continue;
				await page.evaluate(readFileSync(axe, 'utf8'));
				const violations = await page.evaluate(async () => (await window.axe.run('.details', { rules: { 'target-size': { enabled: true } } })).violations);
				assert.deepEqual(
					violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`),
					[],
					`${query} at ${width} px, ${colorScheme}`,
				);
			}
		}
	}));
