// The lab itself: whether its stand-ins say what nvidia-smi says, and whether it leaves anything behind.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EventParser, labBin, processesWith, startLab, until } from './lab.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nvwebmon-stand-in.'));
fs.mkdirSync(path.join(dir, 'hosts'));
process.on('exit', () => fs.rmSync(dir, { recursive: true, force: true }));

const moment = 1790000000;

/** @typedef {Record<string, string | number>} Control */

/**
 * @param {Control} control
 * @param {string} [host]
 */
function write(control, host = 'node0') {
	const lines = Object.entries({ time: moment, seed: 1, ...control }).map(([key, value]) => `${key}=${value}\n`);
	fs.writeFileSync(path.join(dir, 'hosts', host), lines.join(''));
}

const environment = { PATH: '/usr/bin:/bin', LAB_DIR: dir, LAB_HOST: 'node0', TZ: 'UTC' };

/**
 * Runs a stand-in to its end.
 *
 * @param {Control} control
 * @param {string[]} args
 * @param {string} [program]
 */
function run(control, args, program = 'nvidia-smi') {
	write(control);
	const { status, stdout, stderr } = spawnSync(path.join(labBin, program), args, { env: environment, encoding: 'latin1', maxBuffer: 1 << 26 });
	return { status, stdout, stderr, lines: stdout.split('\n') };
}

/**
 * @param {Control} control
 * @param {string} fields
 * @param {string} [format]
 */
const gpus = (control, fields, format = 'csv') => run(control, [`--query-gpu=${fields}`, `--format=${format}`]);

/**
 * Starts a stand-in and leaves it running.
 *
 * @param {Control} control
 */
function start(control) {
	write(control);
	const child = spawn(path.join(labBin, 'nvidia-smi'), ['-L'], { env: environment });
	let text = '';
	child.stdout.on('data', (piece) => (text += piece));
	return { child, exited: once(child, 'close'), output: () => text };
}

/**
 * @param {number | undefined} pid
 * @param {string} name
 */
const statusOf = (pid, name) =>
	new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';

/** @param {number | undefined} pid */
const sleeps = (pid) => statusOf(pid, 'Name') === 'nvidia-smi' && /^[SD]/.test(statusOf(pid, 'State'));

test('a row has a cell for each field, under the names and units of nvidia-smi', () => {
	const { status, lines, stderr } = gpus({ gpus: 2, model: 'rtx3090', load: 'busy' },
		'index,gpu_name,clocks.gr,memory.total,power.limit,temperature.gpu,fan.speed,index,pstate,timestamp');
	assert.equal(lines[0], 'index, name, clocks.current.graphics [MHz], memory.total [MiB], power.limit [W], temperature.gpu, fan.speed [%], index, pstate, timestamp');
	assert.match(lines[1] ?? '', /^0, NVIDIA GeForce RTX 3090, \d+ MHz, 24576 MiB, 350\.00 W, \d+, \d+ %, 0, P2, 2026\/09\/21 14:13:20\.000$/);
	assert.equal(lines.length, 4);
	assert.deepEqual([status, stderr], [0, '']);
});

test('nounits takes the units from the values alone, noheader the header', () => {
	assert.deepEqual(gpus({ gpus: 1 }, 'memory.total,power.limit', 'csv,nounits').lines, ['memory.total [MiB], power.limit [W]', '81920, 400.00', '']);
	assert.deepEqual(gpus({ gpus: 1 }, 'memory.total', 'csv,noheader').lines, ['81920 MiB', '']);
});

test('the same moment tells the same, another one something else', () => {
	const fields = 'utilization.gpu,power.draw,temperature.gpu,memory.used';
	const now = gpus({ load: 'busy' }, fields).stdout;
	assert.equal(gpus({ load: 'busy' }, fields).stdout, now);
	assert.notEqual(gpus({ load: 'busy', time: moment + 5 }, fields).stdout, now);
});

test('what cannot be told is called as the driver calls it', () => {
	for (const [driver, absent] of [['340.108', '[Not Supported]'], ['390.157', '[Not Supported]'], ['418.226', '[N/A]'], ['550.54.15', '[N/A]']])
		assert.equal(gpus({ gpus: 1, driver: driver ?? '' }, 'fan.speed', 'csv,noheader').stdout, `${absent}\n`);
	assert.equal(gpus({ gpus: 1, model: 'mig-h100' }, 'utilization.gpu,mig.mode.current', 'csv,noheader').stdout, '[N/A], Enabled\n');
	assert.match(gpus({ gpus: 1, driver: '590.48.01' }, 'display_mode', 'csv,noheader').stdout, /^\[Requested functionality has been deprecated\]/);
});

test('bus ids grew longer with the drivers, names got a prefix', () => {
	assert.equal(gpus({ gpus: 1, driver: '340.108', model: 'k80' }, 'pci.bus_id,name', 'csv,noheader').stdout, '0000:07:00.0, Tesla K80\n');
	assert.equal(gpus({ gpus: 1, driver: '460.106' }, 'pci.bus_id,name', 'csv,noheader').stdout, '00000000:07:00.0, A100-SXM4-80GB\n');
	assert.equal(gpus({ gpus: 1, driver: '470.256' }, 'name', 'csv,noheader').stdout, 'NVIDIA A100-SXM4-80GB\n');
});

test('used, free and reserved memory make up the whole', () => {
	const [total, ...parts] = gpus({ gpus: 1, load: 'busy' }, 'memory.total,memory.used,memory.free,memory.reserved', 'csv,noheader,nounits').stdout.split(', ').map(Number);
	assert.equal(parts.reduce((a, b) => a + b), total);
});

test('a field that the driver does not know ends the query', () => {
	for (const [driver, field, known] of /** @type {[string, string, boolean][]} */ ([
		['460.106', 'memory.reserved', false], ['510.47.03', 'memory.reserved', true],
		['390.157', 'temperature.memory', false], ['418.226', 'temperature.memory', true],
		['525.147', 'clocks_throttle_reasons.active', true], ['530.41.03', 'clocks_throttle_reasons.active', false],
		['535.309', 'clocks_throttle_reasons.active', true], ['525.147', 'clocks_event_reasons.active', false],
		['550.54.15', 'bogus', false], ['550.54.15', ' index', false], ['550.54.15', 'Index', false],
	])) {
		const { status, stdout } = gpus({ gpus: 1, driver }, `index,${field},also-bogus`.slice(0, known ? -11 : undefined));
		assert.equal(status, known ? 0 : 2, `${driver} ${field}`);
		if (!known)
			assert.equal(stdout, `Field "${field}" is not a valid field to query.\n\n`);
	}
	assert.match(gpus({ gpus: 1, driver: '535.309' }, 'clocks_throttle_reasons.active').stdout, /^clocks_event_reasons\.active\n/);
	assert.deepEqual(gpus({ gpus: 1 }, 'index,').lines, ['index', '0', '']);
});

test('the fields that every driver knows are known', () => {
	const fields = 'timestamp,driver_version,count,name,serial,uuid,index,pci.bus_id,pstate,temperature.gpu,fan.speed,power.draw,power.limit,'
		+ 'enforced.power.limit,power.min_limit,power.max_limit,power.default_limit,utilization.gpu,utilization.memory,memory.total,memory.used,memory.free,'
		+ 'clocks.sm,clocks.mem,clocks.gr,clocks.max.sm,clocks.max.mem,compute_mode,persistence_mode,pcie.link.gen.current,pcie.link.width.max,'
		+ 'ecc.mode.current,ecc.errors.corrected.volatile.total,retired_pages.pending,display_active,vbios_version,accounting.mode';
	for (const driver of ['340.108', '390.157', '418.226', '450.248', '470.256', '525.147', '535.309', '550.163', '580.95.05', '595.71.05', '610.57.04']) {
		const { status, lines } = gpus({ gpus: 1, driver }, fields);
		assert.equal(status, 0, driver);
		assert.equal(lines[1]?.split(', ').length, fields.split(',').length);
		const help = run({ driver }, ['--help-query-gpu']).stdout.match(/^".*"$/gm) ?? [];
		assert.ok(help.length >= 75, `${driver}: ${help.length}`);
	}
});

test('wrong command lines are refused as the driver refuses them', () => {
	const apps = '--query-compute-apps=pid', query = '--query-gpu=index', csv = '--format=csv';
	for (const [driver, args, status, text] of /** @type {[string, string[], number, RegExp][]} */ ([
		['470.256', ['--bogus'], 2, /^Invalid combination of input arguments\. Please run 'nvidia-smi -h' for help\.\n\n$/],
		['525.147', ['--bogus'], 255, /^ERROR: Option --bogus is not recognized\. Please run 'nvidia-smi -h'\.\n\n$/],
		['535.309', ['--version'], 255, /^ERROR: Option --version /],
		['550.54.15', ['--version'], 0, /^NVIDIA-SMI version  : 550\.54\.15\nNVML version        : 550\.54\n/],
		['550.54.15', [query], 2, /^"--format=" switch is missing\. /],
		['550.54.15', [query, '--format=noheader'], 2, /^Format modifier --format=csv is mandatory\./],
		['550.54.15', [query, apps, csv], 2, /^Only one --query-\* switch can be used at a time\.\n/],
		['550.54.15', ['-L', '-l', '1'], 2, /^Invalid combination/],
	])) {
		const result = run({ driver }, args);
		assert.equal(result.status, status, args.join(' '));
		assert.match(result.stdout, text);
		assert.equal(result.stderr, '');
	}
});

test('-i chooses by index, UUID, bus id, and passes over what is not there', () => {
	const choose = (/** @type {string} */ ids) => run({ gpus: 4 }, ['-i', ids, '--query-gpu=index', '--format=csv,noheader']);
	const uuid = gpus({ gpus: 4 }, 'uuid', 'csv,noheader').lines[2] ?? '';
	assert.equal(choose('3,1').stdout, '1\n3\n');
	assert.equal(choose(`0,${uuid}`).stdout, '0\n2\n');
	assert.equal(choose('00000000:0F:00.0').stdout, '1\n');
	assert.equal(choose('0,7').stdout, '0\n');
	assert.equal(choose('0:0').stdout, '0\n');
	assert.deepEqual([choose('7').status, choose('7').stdout], [6, 'No devices were found\n']);
});

test('processes are listed by GPU, and ps knows them', () => {
	const control = { gpus: 4, load: 'several' };
	const { lines, status } = run(control, ['--query-compute-apps=gpu_uuid,pid,name,used_memory', '--format=csv']);
	assert.equal(status, 0);
	assert.equal(lines[0], 'gpu_uuid, pid, process_name, used_gpu_memory [MiB]');
	const rows = lines.slice(1, -1).map((line) => line.split(', '));
	assert.ok(rows.length > 4);
	for (const row of rows)
		assert.match(row.join(', '), /^GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}, \d+, \S[^,]*, \d+ MiB$/);
	const pids = rows.map((row) => row[1] ?? '');
	const ps = run(control, ['-ww', '-o', 'pid=', '-o', 'user:32=', '-o', 'etimes=', '-o', 'args=', '-p', ['1', ...pids].join(',')], 'ps');
	assert.equal(ps.status, 0);
	assert.deepEqual(ps.lines.slice(0, -1).map((line) => line.trim().split(/ +/)[0]), [...new Set(pids)].sort((a, b) => Number(a) - Number(b)));
	for (const line of ps.lines.slice(0, -1))
		assert.match(line, /^ *\d+ [a-z-]+ +\d+ \S/);
	assert.match(run(control, ['-o', 'user=,pid=', '-p', pids[0] ?? ''], 'ps').stdout, new RegExp(`^[a-z-]+ +${pids[0]}\n$`));
	assert.match(run(control, ['-o', 'pid=', '-p', '1'], 'ps').stdout, /^ *1\n$/, 'others are known to the real ps');
	assert.deepEqual(run(control, ['-o', 'pid=', '-p', '9999999'], 'ps'), { status: 1, stdout: '', stderr: '', lines: [''] });
	assert.equal(run({ gpus: 2, load: 'free' }, ['--query-compute-apps=pid', '--format=csv']).stdout, 'pid\n');
});

test('a comma in a process name is shown as a question mark, in XML as itself', () => {
	for (let seed = 0; seed < 40; seed++) {
		const control = { gpus: 8, load: 'busy', seed };
		const names = run(control, ['--query-compute-apps=name', '--format=csv,noheader']).stdout;
		assert.doesNotMatch(names, /,/);
		if (!names.includes('sweep: lr 1e-3?3e-4?1e-4'))
			continue;
		assert.match(run(control, ['-q', '-x']).stdout, /<process_name>sweep: lr 1e-3,3e-4,1e-4</);
		return;
	}
	assert.fail('nobody runs the process with commas');
});

test('processes come and go, and get older in between', () => {
	const at = (/** @type {number} */ seconds) => run({ gpus: 8, time: moment + seconds }, ['--query-compute-apps=pid', '--format=csv,noheader']).stdout;
	const history = Array.from({ length: 25 }, (_, i) => at(i * 600));
	assert.ok(new Set(history).size > 5);
	assert.ok(history.some((pids, i) => i > 0 && pids === history[i - 1]));
});

test('-L names GPUs, and instances as the driver names them', () => {
	assert.match(run({ gpus: 1 }, ['-L']).stdout, /^GPU 0: NVIDIA A100-SXM4-80GB \(UUID: GPU-[-0-9a-f]{36}\)\n$/);
	assert.match(run({ gpus: 1, model: 'mig-a100', driver: '460.106' }, ['-L']).lines[1] ?? '', /^ {2}MIG 3g\.40gb Device 0: \(UUID: MIG-GPU-[-0-9a-f]{36}\/2\/0\)$/);
	assert.match(run({ gpus: 1, model: 'mig-h100' }, ['-L']).lines[4] ?? '', /^ {2}MIG 1g\.10gb {5}Device {2}3: \(UUID: MIG-[-0-9a-f]{36}\)$/);
});

test('the XML is well-formed, of its driver\'s generation', () => {
	for (const [driver, version, draw] of /** @type {[string, number, string][]} */ ([
		['340.108', 6, 'power_draw'], ['384.66', 9, 'power_draw'], ['418.226', 10, 'power_draw'], ['470.256', 11, 'power_draw'],
		['535.309', 12, 'power_draw'], ['570.124', 12, 'average_power_draw'], ['590.48.01', 13, 'average_power_draw'],
	])) {
		const { status, stdout } = run({ driver, gpus: 2, model: 'mig-h100', load: 'busy' }, ['-q', '-x']);
		assert.equal(status, 0);
		assert.match(stdout, new RegExp(`nvsmi_device_v${version}\\.dtd`));
		assert.match(stdout, new RegExp(`<${draw}>\\d+\\.\\d\\d W</`));
		assert.equal(/<mig_device>/.test(stdout), Number.parseInt(driver, 10) >= 450);
		assert.deepEqual(openTags(stdout), []);
	}
});

/**
 * Tags that are opened and not closed, or closed in the wrong place.
 *
 * @param {string} xml
 */
function openTags(xml) {
	/** @type {string[]} */
	const open = [];
	for (const [, slash, name] of xml.matchAll(/<(\/?)([a-z_]+)[^<>]*>/g))
		if (!slash)
			open.push(name ?? '');
		else if (open.pop() !== name)
			return [`</${name}>`];
	return open;
}

test('-lms asks again and again, with one header, until it is ended', async () => {
	write({ gpus: 1, load: 'free' });
	const child = spawn(path.join(labBin, 'nvidia-smi'), ['--query-gpu=index', '--format=csv', '-lms', '20'], { env: environment });
	let text = '';
	child.stdout.on('data', (piece) => (text += piece));
	await until(() => text.split('\n').length > 5, 'five rows');
	child.kill('SIGTERM');
	assert.deepEqual(await once(child, 'close'), [0, null]);
	assert.match(text, /^index\n(0\n)+$/);
});

// Each message of nvidia-smi, its exit status, and on which driver.
for (const [fault, control, args, status, text] of /** @type {[string, Control, string[], number, RegExp][]} */ ([
	['driver-not-loaded', {}, ['-L'], 9, /^NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver\. Make sure .* running\.\n\n$/],
	['driver-not-loaded', {}, ['--bogus'], 9, /^NVIDIA-SMI has failed/],
	['mismatch', { driver: '418.226' }, ['-L'], 231, /^Failed to initialize NVML: Driver\/library version mismatch\n$/],
	['mismatch', { driver: '525.147' }, ['-L'], 255, /^Failed to initialize NVML: Driver\/library version mismatch\n$/],
	['mismatch', { driver: '570.124.06' }, ['-L'], 18, /mismatch\nNVML library version: 570\.124\n$/],
	['libnvidia-ml-missing', {}, ['-L'], 12, /^NVIDIA-SMI couldn't find libnvidia-ml\.so library .*\nPlease also try .*\n$/],
	['init-permission', {}, ['-L'], 4, /^Failed to initialize NVML: Insufficient Permissions\n$/],
	['init-unknown', {}, ['-L'], 255, /^Failed to initialize NVML: Unknown Error\n$/],
	['no-devices', {}, ['-L'], 0, /^No devices found\.\n$/],
	['no-devices', {}, ['--query-gpu=index', '--format=csv'], 6, /^No devices were found\n$/],
	['exit-255', {}, ['-L'], 255, /^The flux capacitor .*\n$/],
	['unknown-field', { fault_field: 'index' }, ['--query-gpu=name,index', '--format=csv'], 2, /^Field "index" is not a valid field to query\.\n\n$/],
	['apps-fail', {}, ['--query-compute-apps=pid', '--format=csv'], 255, /^Failed to initialize NVML: Unknown Error\n$/],
	['apps-fail', { gpus: 1 }, ['--query-gpu=index', '--format=csv'], 0, /^index\n0\n$/],
	['inforom', { gpus: 1 }, ['--query-gpu=index', '--format=csv'], 14, /^index\n0\nWARNING: infoROM is corrupted at gpu 0000:07:00\.0\n$/],
	['silent', {}, ['-L'], 0, /^$/],
	['truncated', { gpus: 2 }, ['-L'], 0, /^GPU 0: .*\)\nGPU 1: NVIDIA [^)\n]*$/],
	['no-newline', { gpus: 2 }, ['-L'], 0, /^GPU 0: .*\)\nGPU 1: .*\)$/],
	['dribble', { gpus: 1, fault_ms: 0 }, ['-L'], 0, /^GPU 0: .*\)\n$/],
	['slow', { gpus: 1, fault_seconds: 0.01 }, ['-L'], 0, /^GPU 0: .*\)\n$/],
	['gpu-requires-reset', { gpus: 1, model: 'h100' }, ['--query-gpu=index,temperature.gpu,memory.used', '--format=csv,noheader'], 0, /^0, \[GPU requires reset\], \d+ MiB\n$/],
	['gpu-unknown-error', { gpus: 2, fault_gpu: 1 }, ['--query-gpu=utilization.gpu', '--format=csv,noheader'], 0, /^\d+ %\n\[Unknown Error\]\n$/],
	['gpu-lost-cells', { gpus: 1 }, ['--query-gpu=uuid,power.draw', '--format=csv,noheader'], 0, /^GPU-[-0-9a-f]+, \[GPU is lost\]\n$/],
	['gpu-unknown-error', { gpus: 1 }, ['-q', '-x'], 0, /<gpu_temp>Unknown Error<\/gpu_temp>/],
	['gpu-vanished', { gpus: 3, fault_gpu: 1 }, ['--query-gpu=index,count', '--format=csv,noheader'], 0, /^0, 2\n2, 2\n$/],
	['huge', {}, ['--query-gpu=index', '--format=csv,noheader'], 0, /^(\d+\n){64}$/],
	['many-processes', { gpus: 2, load: 'free' }, ['--query-compute-apps=pid', '--format=csv,noheader'], 0, /^(\d+\n){128}$/],
]))
	test(`fault=${fault} ${JSON.stringify(control)} ${args[0]}`, () => {
		const result = run({ ...control, fault }, args);
		assert.match(result.stdout, text);
		assert.equal(result.status, status);
		assert.equal(result.stderr, '');
	});

test('fault=gpu-lost, up to driver 555: no data, but -L and -i find the healthy', () => {
	for (const [driver, spelled] of [['470.256', 'GPU 0000:0F:00.0'], ['550.54.15', 'GPU0000:0F:00.0']]) {
		const control = { gpus: 3, driver: driver ?? '', fault: 'gpu-lost', fault_gpu: 1 };
		const message = `Unable to determine the device handle for ${spelled}: GPU is lost.  Reboot the system to recover this GPU\n`;
		for (const args of [['--query-gpu=index', '--format=csv'], ['--query-compute-apps=pid', '--format=csv'], ['-q', '-x']]) {
			const { status, stdout } = run(control, args);
			assert.deepEqual([status, stdout], [15, message]);
		}
		const list = run(control, ['-L']);
		assert.match(list.stdout, /^GPU 0: .*\nUnable to determine the device handle for gpu 0000:0F:00\.0: GPU is lost\. .*\nGPU 2: .*\n$/);
		assert.equal(list.status, 15);
		const healthy = run(control, ['-i', '0,2', '--query-gpu=index', '--format=csv,noheader']);
		assert.deepEqual([healthy.status, healthy.stdout], [0, '0\n2\n']);
		const searched = run(control, ['-i', '0,9', '--query-gpu=index', '--format=csv,noheader']);
		assert.deepEqual([searched.status, searched.stdout], [255, 'Problem with GPU 1: GPU is lost.  Reboot the system to recover this GPU\n']);
	}
	const other = run({ fault: 'gpu-lost', fault_reason: 'Unknown Error' }, ['--query-gpu=index', '--format=csv']);
	assert.deepEqual([other.status, other.stdout], [255, 'Unable to determine the device handle for GPU0000:07:00.0: Unknown Error\n']);
});

test('fault=gpu-lost, from driver 570: an error among the rows', () => {
	const control = { gpus: 3, driver: '580.95.05', fault: 'gpu-lost', fault_gpu: 1, fault_reason: 'Unknown Error' };
	const query = ['--query-gpu=index,name', '--format=csv,noheader'];
	const error = 'Unable to determine the device handle for GPU1: 0000:0F:00.0: Unknown Error';
	const [first, last] = ['0, NVIDIA A100-SXM4-80GB', '2, NVIDIA A100-SXM4-80GB'];
	const { status, lines } = run(control, query);
	assert.deepEqual(lines, [first, error, '[Unknown Error], [Unknown Error]', last, '']);
	assert.equal(status, 255);
	assert.deepEqual(run({ ...control, fault_rows: 'off' }, query).lines, [first, error, last, '']);
});

test('fault=not-found and no-ps speak as the shell would', () => {
	assert.deepEqual(run({ fault: 'not-found' }, ['-L']), { status: 127, stdout: '', stderr: 'sh: 1: nvidia-smi: not found\n', lines: [''] });
	assert.deepEqual(run({ fault: 'no-ps' }, ['-o', 'pid=', '-p', '1'], 'ps'), { status: 127, stdout: '', stderr: 'sh: 1: ps: not found\n', lines: [''] });
});

test('fault=garbage is no CSV, fault=binary no text', () => {
	const garbage = run({ fault: 'garbage' }, ['-L']), binary = run({ fault: 'binary' }, ['-L']);
	assert.match(garbage.stdout, /^[\n -~]{4096}$/);
	assert.equal(binary.stdout.length, 4096);
	assert.match(binary.stdout, /\0/);
});

test('fault=hostile-names prints what users can call their processes', () => {
	const { stdout } = run({ gpus: 1, fault: 'hostile-names' }, ['--query-compute-apps=pid,name', '--format=csv,noheader']);
	for (const text of ['<script>', '\x1b[31m', 'two\nlines\n', '\xff\xfe', 'x'.repeat(3000), '\n@1 end\n', '$(touch owned)', '%s%n'])
		assert.ok(stdout.includes(text), text);
	assert.match(stdout, /^\d+, $/m);
});

test('fault=hang waits to be ended', async () => {
	const { child, exited, output } = start({ fault: 'hang' });
	await until(() => sleeps(child.pid), 'it sleeps');
	child.kill('SIGTERM');
	assert.deepEqual(await exited, [null, 'SIGTERM']);
	assert.equal(output(), '');
});

test('fault=unkillable outlives TERM, and answers when it is mended', async () => {
	const { child, exited, output } = start({ fault: 'unkillable', gpus: 1 });
	await until(() => BigInt(`0x${statusOf(child.pid, 'SigIgn')}`) & (1n << 14n), 'it ignores TERM');
	child.kill('SIGTERM');
	write({ gpus: 1 });
	assert.deepEqual(await exited, [0, null]);
	assert.match(output(), /^GPU 0: /);
});

test('what hangs or never ends is gone with its lab', async () => {
	for (const fault of ['hang', 'unkillable', 'uninterruptible', 'endless', 'endless-line']) {
		const own = fs.mkdtempSync(path.join(dir, 'own.'));
		fs.mkdirSync(path.join(own, 'hosts'));
		fs.writeFileSync(path.join(own, 'hosts/node0'), `fault=${fault}\n`);
		const child = spawn(path.join(labBin, 'nvidia-smi'), [], { env: { ...environment, LAB_DIR: own } });
		let bytes = 0;
		child.stdout.on('data', (piece) => (bytes += piece.length));
		await until(() => bytes > 0 || sleeps(child.pid), 'the fault shows');
		fs.rmSync(own, { recursive: true });
		assert.deepEqual(await once(child, 'exit'), [0, null], fault);
	}
});

test('fault=endless goes on until nobody reads', async () => {
	for (const fault of ['endless', 'endless-line']) {
		const { child } = start({ fault });
		let bytes = 0;
		child.stdout.on('data', (piece) => (bytes += piece.length));
		await until(() => bytes > 3 << 20, 'three megabytes');
		child.stdout.destroy();
		assert.deepEqual(await once(child, 'exit'), [null, 'SIGPIPE']);
	}
});

test('a control file that is not understood is an error', () => {
	for (const control of [{ fault: 'bogus' }, { bogus: 1 }, { model: 'bogus' }, { load: 'bogus' }, { gpus: 65 }]) {
		const { status, stderr } = run(/** @type {Control} */ (control), ['-L']);
		assert.equal(status, 99);
		assert.match(stderr, /^lab: .*\n$/);
	}
});

test('the stand-in for ssh runs the command here, or fails as ssh does', () => {
	const ssh = (/** @type {string} */ host) => spawnSync(path.join(here, 'demo-ssh'),
		['-T', '-oBatchMode=yes', '-o', 'ConnectTimeout=10', '-p', '2222', host, 'exec sh'],
		{ env: { ...environment, LAB_BIN: labBin }, input: 'nvidia-smi -L; echo "$LAB_HOST"', encoding: 'utf8' });
	write({ gpus: 1 });
	fs.mkdirSync(path.join(dir, 'down'), { recursive: true });
	fs.writeFileSync(path.join(dir, 'down/node5'), 'No route to host\n');
	assert.match(ssh('alice@node0').stdout, /^GPU 0: .*\nnode0\n$/);
	assert.deepEqual([ssh('node5').status, ssh('node5').stderr], [255, 'ssh: connect to host node5 port 2222: No route to host\n']);
	assert.deepEqual([ssh('node9').status, ssh('node9').stderr], [255, 'ssh: Could not resolve hostname node9: Name or service not known\n']);
});

test('events are cut from any pieces', () => {
	const stream = ':hello\n\nevent: snapshot\nid: 4\ndata: {"a":\ndata: 1}\n\nevent: hosts\ndata: []\n\nevent: cut';
	for (const size of [1, 7, stream.length]) {
		const parser = new EventParser();
		const events = [];
		for (let at = 0; at < stream.length; at += size)
			events.push(...parser.add(stream.slice(at, at + size)));
		assert.deepEqual(events, [{ event: 'snapshot', id: '4', data: { a: 1 } }, { event: 'hosts', id: '', data: [] }]);
	}
});

/**
 * A session that stands, as the server has one.
 *
 * @param {import('./lab.mjs').Lab} lab
 * @param {string} host
 */
function login(lab, host) {
	const [program = 'ssh', ...args] = lab.sshCommand;
	const child = spawn(program, [...args, '-T', host, 'exec sh']);
	let text = '';
	child.stdout.on('data', (piece) => (text += piece));
	child.stderr.on('data', (piece) => (text += piece));
	const exited = once(child, 'close');
	return { child, exited, output: () => text };
}

test('hosts of the lab can be logged in to, each is another one, and all ends', async (t) => {
	const lab = await startLab({ hosts: { node0: { gpus: 1 }, node1: { gpus: 2, model: 'k80' } }, control: { driver: '470.256' } });
	t.after(() => fs.existsSync(lab.dir) && lab.stop());
	const sessions = lab.hosts.map((host) => login(lab, host));
	for (const session of sessions)
		session.child.stdin.write('nvidia-smi -L; nvidia-smi --query-gpu=driver_version --format=csv,noheader; echo "$LAB_HOST"\n');
	await until(() => sessions.every((session) => /node\d\n/.test(session.output())), 'both answer', { show: () => sessions.map((s) => s.output()) });
	assert.match(sessions[0]?.output() ?? '', /^GPU 0: NVIDIA A100-SXM4-80GB .*\n470\.256\nnode0\n$/);
	assert.match(sessions[1]?.output() ?? '', /^GPU 0: Tesla K80 .*\nGPU 1: Tesla K80 .*\n470\.256\n470\.256\nnode1\n$/);
	assert.ok(lab.farProcesses('node0').length > 0);

	lab.set('node0', { fault: 'hang' });
	sessions[0]?.child.stdin.write('nvidia-smi -L; echo mended\n');
	await until(() => lab.farProcesses('node0').some((process) => process.name === 'nvidia-smi'), 'it hangs');
	lab.heal('node0');
	await until(() => sessions[0]?.output().includes('mended'), 'it is healthy again');

	assert.ok(lab.killSessions('node0').length > 0);
	await sessions[0]?.exited;
	await until(() => lab.farProcesses('node0').length === 0, 'the session of node0 is gone');
	assert.ok(lab.farProcesses('node1').length > 0, 'the one of node1 stands');

	const port = lab.port;
	await lab.stopSshd();
	const refused = login(lab, 'node0');
	await refused.exited;
	assert.match(refused.output(), /Connection refused/);
	await lab.startSshd();
	assert.equal(lab.port, port);
	const again = login(lab, 'node0');
	again.child.stdin.end('echo "$LAB_HOST"\n');
	await again.exited;
	assert.equal(again.output(), 'node0\n');

	await lab.stop();
	await sessions[1]?.exited;
	assert.equal(fs.existsSync(lab.dir), false);
	assert.deepEqual(processesWith({ LAB_DIR: lab.dir }), []);
});

test('a session finds what its host tells of itself, and a lab what was run there', async (t) => {
	const lab = await startLab({ hosts: { node0: { gpus: 1, suspended: 'on', trouble_ecc: 2 } } });
	t.after(() => fs.existsSync(lab.dir) && lab.stop());
	const query = 'nvidia-smi --query-gpu=ecc.errors.uncorrected.volatile.total --format=csv,noheader';
	const ask = async (/** @type {string} */ commands) => {
		const session = login(lab, 'node0');
		session.child.stdin.end(commands);
		await session.exited;
		return session.output();
	};
	const device = 'sys/bus/pci/devices/0000:07:00.0/power/runtime_status';
	lab.noteRuns('node0');
	assert.equal(await ask('cat "$NVWEBMON_PROC/uptime"'), lab.told('node0', 'proc/uptime'));
	assert.equal(await ask('cat "$NVWEBMON_SYS/bus/pci/devices/0000:07:00.0/power/runtime_status"'), 'suspended\n');
	assert.deepEqual(lab.runs('node0'), []);
	assert.equal(await ask(query), '2\n');
	assert.deepEqual(lab.runs('node0'), [query.slice('nvidia-smi '.length)]);
	assert.equal(lab.told('node0', device), 'active\n');
	lab.heal('node0');
	assert.equal(lab.told('node0', device), 'suspended\n');
	assert.equal(await ask(query), '0\n');
	assert.throws(() => lab.set('node0', { bogus: 1 }), /bogus/);
	await assert.rejects(startLab({ hosts: { node0: { login: { shell: 'csh' } } } }), /network/);
});

test('a lab whose tests were killed leaves nothing behind', async () => {
	const script = `import { startLab } from ${JSON.stringify(path.join(here, 'lab.mjs'))};
		const lab = await startLab({hosts: {node0: {fault: 'unkillable'}}});
		console.log(JSON.stringify({dir: lab.dir, ssh: lab.sshCommand}));
		setInterval(() => {}, 1000);`;
	const tests = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
	const [line] = await once(tests.stdout, 'data');
	const { dir: theirs, ssh } = JSON.parse(line.toString());
	const session = spawn(ssh[0], [...ssh.slice(1), '-T', 'node0', 'nvidia-smi -L'], { stdio: ['pipe', 'ignore', 'ignore'] });
	const ended = once(session, 'close');
	await until(() => processesWith({ LAB_DIR: theirs }).some((process) => process.name === 'nvidia-smi'), 'nvidia-smi hangs there');
	tests.kill('SIGKILL');
	await ended;
	await until(() => !fs.existsSync(theirs), 'the directory is gone');
	await until(() => processesWith({ LAB_DIR: theirs }).length === 0, 'the processes are gone');
});

/**
 * The cells of the first GPU.
 *
 * @param {Control} control
 * @param {string} fields
 */
const cells = (control, fields) => (gpus({ gpus: 1, load: 'busy', ...control }, fields, 'csv,noheader').lines[0] ?? '').split(', ');

test('a GPU in trouble tells it, and its neighbours are well', () => {
	const fields = 'clocks_throttle_reasons.active,ecc.errors.uncorrected.volatile.total,ecc.errors.corrected.volatile.total,pcie.link.width.current,pcie.link.width.max,'
		+ 'pcie.link.gen.current,remapped_rows.pending,remapped_rows.failure,gpu_recovery_action,clocks_event_reasons.hw_thermal_slowdown';
	const trouble = {
		trouble_gpu: 1, trouble_throttle: '0x48', trouble_ecc: 3, trouble_ecc_corrected: 17, trouble_pcie_width: 4, trouble_pcie_gen: 1,
		trouble_remap_pending: 'Yes', trouble_remap_failure: 'Yes', trouble_recovery: 'Reset',
	};
	const { lines } = gpus({ gpus: 2, load: 'free', driver: '570.124.06', model: 'h100', ...trouble }, fields, 'csv,noheader');
	assert.equal(lines[0], '0x0000000000000001, 0, 0, 16, 16, 5, No, No, None, Not Active');
	assert.equal(lines[1], '0x0000000000000049, 3, 17, 4, 16, 1, Yes, Yes, Reset, Active');
});

test('what a card or a driver cannot tell of itself stays unknown', () => {
	assert.deepEqual(cells({ model: 'v100', trouble_retired: 'Yes' }, 'retired_pages.pending,mig.mode.current'), ['Yes', '[N/A]']);
	assert.deepEqual(cells({ model: 'h100' }, 'retired_pages.pending,ecc.errors.corrected.volatile.total'), ['[N/A]', '0']);
	assert.deepEqual(cells({ model: 'rtx4090', driver: '560.35.03' }, 'ecc.errors.uncorrected.volatile.total,remapped_rows.pending,compute_mode'), ['[N/A]', '[N/A]', 'Default']);
	assert.deepEqual(cells({ compute_mode: 'Exclusive_Process', persistence: 'off' }, 'compute_mode,persistence_mode'), ['Exclusive_Process', 'Disabled']);
	for (const [driver, status] of /** @type {[string, number][]} */ ([['555.58', 2], ['560.35.03', 0]]))
		assert.equal(gpus({ driver }, 'gpu_recovery_action,remapped_rows.failure').status, status);
	assert.equal(gpus({ driver: '440.82' }, 'mig.mode.current').status, 2);
});

test('a GPU that is stuck is busy at idle power', () => {
	assert.deepEqual(cells({ trouble_stuck: 'on' }, 'utilization.gpu,power.draw'), ['100 %', '62.00 W']);
});

test('MIG is switched on while the host runs, of all GPUs or of some', () => {
	const fields = 'mig.mode.current,utilization.gpu';
	const [off, on] = [{ gpus: 2, load: 'busy' }, { gpus: 2, load: 'busy', mig_1: 'on' }];
	assert.doesNotMatch(gpus(off, fields, 'csv,noheader').stdout, /Enabled/);
	assert.match(gpus(on, fields, 'csv,noheader').stdout, /^Disabled, \d+ %\nEnabled, \[N\/A\]\n$/);
	assert.match(run(on, ['-L']).stdout, /^GPU 0: .*\nGPU 1: .*\n( {2}MIG .*\n){4}$/);
	assert.equal(run(on, ['-q', '-x']).stdout.match(/<mig_device>/g)?.length, 4);
	assert.equal(run({ ...on, mig: 'on' }, ['-L']).stdout.match(/^ {2}MIG /gm)?.length, 8);
	assert.equal(run({ model: 'mig-h100', mig: 'off' }, ['-L']).stdout.match(/^ {2}MIG /gm), null);
	assert.equal(gpus({ gpus: 1, model: 'v100', mig: 'on' }, 'mig.mode.current', 'csv,noheader').stdout, '[N/A]\n');
});

const queryApps = ['--query-compute-apps=pid', '--format=csv,noheader'];
const psColumns = ['-ww', '-o', 'pid=', '-o', 'user:32=', '-o', 'etimes=', '-o', 'rss=', '-o', 'args='];

/**
 * What the tree of /proc tells of each process that nvidia-smi tells of.
 *
 * @param {Control} control
 */
function processesOf(control) {
	run(control, [], 'lab-proc');
	const pids = run(control, queryApps).lines.filter(Boolean);
	return [...new Set(pids)].map((pid) => {
		const read = (/** @type {string} */ file) => fs.readFileSync(path.join(dir, 'proc/node0', pid, file), 'utf8');
		const [, user, , rss, args] = /^ *\d+ (\S+) +(\d+) +(\d+) (.*)$/.exec(run(control, [...psColumns, '-p', pid], 'ps').stdout.trim()) ?? [];
		return { pid, user, rss: Number(rss), args, stat: read('stat'), cgroup: read('cgroup'), loginuid: read('loginuid'), mountinfo: read('mountinfo') };
	});
}

test('the tree of /proc is about the processes that nvidia-smi tells of, and ps knows the same', () => {
	const control = { gpus: 4, load: 'several' };
	const found = processesOf(control);
	assert.ok(found.length > 3);
	for (const { pid, rss, stat, cgroup, loginuid } of found) {
		const rest = stat.slice(stat.lastIndexOf(')') + 2).trim().split(' ');
		assert.ok(stat.startsWith(`${pid} (`));
		assert.equal(rest.length, 50);
		assert.equal(Number(rest[21]) * 4, rss);
		assert.equal(cgroup, `0::/user.slice/user-${loginuid}.slice/session-${/session-(\d+)/.exec(cgroup)?.[1]}.scope\n`);
	}
	const later = { ...control, time: moment + 5000 };
	const after = run(later, queryApps).lines.filter(Boolean);
	const there = fs.readdirSync(path.join(dir, 'proc/node0')).filter((name) => /^\d+$/.test(name));
	assert.notDeepEqual(new Set(after), new Set(found.map(({ pid }) => pid)));
	assert.deepEqual(new Set(there), new Set(after), 'who has ended is gone');
});

test('CPU time grows with the uptime beside it', () => {
	const control = { gpus: 1, load: 'busy' };
	const ticks = (/** @type {string} */ stat) => stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(11, 13).map(Number).reduce((a, b) => a + b);
	const read = (/** @type {string} */ file) => fs.readFileSync(path.join(dir, 'proc/node0', file), 'utf8');
	/** @type {[number, number][]} */
	const seen = [0, 10, 20].map((seconds) => {
		const [pid = ''] = run({ ...control, time: moment + seconds }, queryApps).lines;
		return [Number(read('uptime').split(' ')[0]), ticks(read(`${pid}/stat`))];
	});
	const grown = seen.slice(1).map(([uptime, cpu], i) => [uptime - (seen[i]?.[0] ?? 0), cpu - (seen[i]?.[1] ?? 0)]);
	assert.deepEqual(grown.map(([uptime]) => uptime), [10, 10]);
	assert.ok(grown.every(([, cpu]) => Math.abs((cpu ?? 0) - (grown[0]?.[1] ?? 0)) <= 2 && (cpu ?? 0) > 100), JSON.stringify(grown));
});

for (const [control, owner, cgroup, loginuid, home] of /** @type {[Control, RegExp, RegExp, RegExp, boolean][]} */ ([
	[{ containers: 'docker' }, /^root$/, /^0::\/system\.slice\/docker-[0-9a-f]{64}\.scope\n$/, /^4294967295$/, true],
	[{ containers: 'docker', cgroup: 1, bind_home: 'off' }, /^root$/, /^12:devices:\/docker\/[0-9a-f]{64}\n/, /^4294967295$/, false],
	[{ containers: 'podman' }, /^alice$/, /\/libpod-[0-9a-f]{64}\.scope\/container\n$/, /^1001$/, true],
	[{ containers: 'k8s' }, /^root$/, /-pod[0-9a-f]{8}(_[0-9a-f]{4}){3}_[0-9a-f]{12}\.slice\/cri-containerd-[0-9a-f]{64}\.scope\n$/, /^4294967295$/, true],
	[{ containers: 'cri-o' }, /^root$/, /\/crio-[0-9a-f]{64}\.scope\n$/, /^4294967295$/, true],
	[{ containers: 'apptainer' }, /^alice$/, /\/session-\d+\.scope\n$/, /^1001$/, true],
	[{ slurm: 'on' }, /^alice$/, /\/slurmstepd\.scope\/job_\d+\/step_0\/user\/task_0\n$/, /^4294967295$/, false],
	[{ slurm: 'on', cgroup: 1 }, /^alice$/, /^12:devices:\/slurm\/uid_1001\/job_\d+\/step_0\/task_0\n/, /^4294967295$/, false],
	[{ sudo: 'on' }, /^root$/, /\/user-1001\.slice\//, /^1001$/, false],
]))
	test(`${JSON.stringify(control)}: whose a process is stands where it does on a real host`, () => {
		const found = processesOf({ gpus: 8, load: 'several', ...control });
		const plain = processesOf({ gpus: 8, load: 'several' });
		assert.ok(found.length > 8);
		for (const [i, one] of found.entries()) {
			const person = plain[i]?.user ?? '';
			if (person !== 'alice')
				continue;
			assert.match(one.user ?? '', owner);
			assert.match(one.cgroup, cgroup);
			assert.match(one.loginuid, loginuid);
			assert.equal(/ \/home\/alice \//.test(one.mountinfo), home);
		}
		assert.ok(plain.some(({ user }) => user === 'alice'));
	});

test('hidepid hides processes from ps and from /proc, but not from nvidia-smi', () => {
	const control = { gpus: 2, load: 'busy', hidepid: 'invisible' };
	run(control, [], 'lab-proc');
	const [pid = ''] = run(control, queryApps).lines;
	assert.match(pid, /^\d+$/);
	assert.equal(run(control, [...psColumns, '-p', pid], 'ps').stdout, '');
	assert.equal(fs.existsSync(path.join(dir, 'proc/node0', pid)), false);
	assert.match(fs.readFileSync(path.join(dir, 'proc/node0/mounts'), 'utf8'), / \/proc proc \S*,hidepid=invisible /);
});

test('secrets=on puts secrets into command lines', () => {
	const found = processesOf({ gpus: 8, load: 'several', secrets: 'on' });
	assert.ok(found.every(({ args }) => /sk-lab|hf_lab|swordfish|WANDB_API_KEY|Bearer/.test(args ?? '')), JSON.stringify(found.map(({ args }) => args)));
});

test('a host tells of its load, memory, CPUs, disks, clock, and people', () => {
	const control = { gpus: 2, cpus: 12, memory: 2, disk: 97, clock: 3600, boot: moment - 1000 };
	run(control, [], 'lab-proc');
	const read = (/** @type {string} */ file) => fs.readFileSync(path.join(dir, file), 'utf8');
	assert.match(read('proc/node0/loadavg'), /^\d+\.\d\d \d+\.\d\d \d+\.\d\d \d+\/\d+ \d+\n$/);
	assert.match(read('proc/node0/uptime'), /^1000\.00 /);
	const [total, available] = ['MemTotal', 'MemAvailable'].map((name) => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(read('proc/node0/meminfo'))?.[1]));
	assert.equal(Math.round(100 * (available ?? 0) / (total ?? 0)), 2);
	assert.equal(read('proc/node0/stat').match(/^cpu\d+ /gm)?.length, 12);
	assert.equal(read('sys/node0/devices/system/cpu/online'), '0-11\n');
	assert.match(run(control, ['-P', '-k', '-l'], 'df').stdout, /^\/dev\/md0 .* 97% \/data$/m);
	assert.match(run(control, ['-P', '-k'], 'df').stdout, / 99% \/dev\/shm$/m);
	assert.doesNotMatch(run(control, ['-P', '-k', '-x', 'tmpfs', '-x', 'devtmpfs'], 'df').stdout, / \/dev/m);
	assert.match(run(control, ['-h', '/'], 'df').stdout, /Filesystem/);
	assert.equal(run(control, ['+%s'], 'date').stdout, `${moment + 3600}\n`);
	assert.equal(run(control, ['-d', '@0', '+%Y'], 'date').stdout, '1970\n');
	assert.match(run(control, ['passwd', '1001', '1003', '7777'], 'getent').stdout, /^alice:x:1001:.*\nchen:x:1003:.*\n$/);
	assert.match(run(control, ['passwd'], 'getent').stdout, /^root:x:0:/);
});

for (const fault of ['ps-hangs', 'df-hangs'])
	test(`fault=${fault}: it hangs, and nvidia-smi is well`, async () => {
		const control = { gpus: 1, load: 'busy', fault };
		const [pid = ''] = run(control, queryApps).lines;
		const [program, ...args] = fault === 'ps-hangs' ? ['ps', '-o', 'pid=', '-p', `1,${pid}`] : ['df', '-P', '-k'];
		const child = spawn(path.join(labBin, program ?? ''), args, { env: environment });
		const exited = once(child, 'close');
		await until(() => statusOf(child.pid, 'State').startsWith('S'), 'it sleeps');
		assert.equal(run(control, ['-L']).status, 0);
		assert.equal(run(control, ['-o', 'pid=', '-p', '1'], 'ps').status, 0, 'only those who ask for the one that it hangs on');
		write({ gpus: 1 });
		await exited;
	});

test('fault=uninterruptible is in state D, deaf to TERM until it is mended', async () => {
	const { child, exited, output } = start({ fault: 'uninterruptible', gpus: 1 });
	await until(() => statusOf(child.pid, 'State').startsWith('D'), 'it is in state D');
	child.kill('SIGTERM');
	await until(() => BigInt(`0x${statusOf(child.pid, 'ShdPnd')}`) & (1n << 14n), 'TERM waits');
	assert.ok(statusOf(child.pid, 'State').startsWith('D'));
	write({ gpus: 1 });
	assert.deepEqual(await exited, [null, 'SIGTERM'], 'then it has its effect');
	assert.equal(output(), '');

	const other = start({ fault: 'uninterruptible', gpus: 1 });
	await until(() => statusOf(other.child.pid, 'State').startsWith('D'), 'it is in state D');
	write({ gpus: 1 });
	assert.deepEqual(await other.exited, [0, null]);
	assert.match(other.output(), /^GPU 0: /);
});

test('without persistence mode each nvidia-smi waits for the driver, unless another one keeps it', async () => {
	const control = { gpus: 1, persistence: 'off', init_ms: 300, load: 'free' };
	const took = () => {
		const begin = process.hrtime.bigint();
		run(control, ['-L']);
		return Number(process.hrtime.bigint() - begin) / 1e6;
	};
	assert.ok(took() >= 300);
	assert.ok(took() >= 300);
	write(control);
	const keeper = spawn(path.join(labBin, 'nvidia-smi'), ['--query-gpu=index', '--format=csv', '-l', '3600'], { env: environment });
	const ended = once(keeper, 'close');
	await once(keeper.stdout, 'data');
	// It is quicker by what it does not wait; a slow machine may need more than one try.
	await until(() => took() < 300, 'it does not wait');
	keeper.kill('SIGTERM');
	await ended;
	assert.ok(took() >= 300);
	assert.ok(run({ ...control, persistence: 'on', init_ms: 1e7 }, ['-L']).status === 0);
});

test('GPUs that sleep are told to sleep, until nvidia-smi wakes them; and its runs are noted', () => {
	const status = () => fs.readFileSync(path.join(dir, 'sys/node0/bus/pci/devices/0000:07:00.0/power/runtime_status'), 'utf8');
	const control = { gpus: 1, model: 'rtx4090', suspended: 'on' };
	fs.mkdirSync(path.join(dir, 'runs'), { recursive: true });
	fs.writeFileSync(path.join(dir, 'runs/node0'), '');
	run(control, [], 'lab-proc');
	assert.equal(status(), 'suspended\n');
	assert.equal(fs.readFileSync(path.join(dir, 'sys/node0/bus/pci/devices/0000:07:00.0/vendor'), 'utf8'), '0x10de\n');
	assert.equal(fs.readFileSync(path.join(dir, 'runs/node0'), 'utf8'), '');
	run(control, ['-L']);
	assert.equal(status(), 'active\n');
	assert.equal(fs.readFileSync(path.join(dir, 'runs/node0'), 'utf8'), '-L\n');
	fs.rmSync(path.join(dir, 'runs/node0'));
});
