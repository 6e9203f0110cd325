/* The page's pure parts, without a browser: what follows from what the server tells, and how it is put into words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
	asleep,
	busy,
	cut,
	failed,
	finding,
	GiB,
	gpu,
	host,
	lost,
	machine,
	part,
	process as proc,
	session,
} from './fixtures.mjs';
import { modules } from './modules.mjs';

const ruleNames = ['use', 'lists', 'tally', 'findings', 'types', 'rows', 'filter', 'people', 'troubles'];
const [model, format, words, facts] = await Promise.all([
	modules(...ruleNames.map((name) => `model/${name}`)),
	modules('format/format'),
	modules('format/words'),
	modules('format/facts'),
]);

const RULE = model.USUAL_RULE;
const tallyOf = (it, fresh) => model.tallyOf(it, model.rowsOf(it, fresh, RULE), fresh);
const useOf = (it, keeps_driver = false) => model.useOf(it, host('a', { session: session({ keeps_driver }), gpus: [it] }), RULE);

test('a GPU is free only when all of it is known to be', () => {
	assert.equal(useOf(gpu(0)), 'free');
	assert.equal(useOf(gpu(0, { utilization: null })), 'free');
	assert.equal(useOf(gpu(0, { processes: null })), 'unknown');
	assert.equal(useOf(gpu(0, { memory_used: null })), 'unknown');
	assert.equal(useOf(gpu(0, { memory_total: 0 })), 'unknown');
	assert.equal(useOf(gpu(0, { problem: 'Unknown Error' })), 'broken');
	assert.equal(useOf(gpu(0, { processes: [proc('a', 'x', 0, 1)] })), 'held');
});

test('the border of free is 5 % of memory', () => {
	assert.equal(useOf(gpu(0, { memory_used: 4 * GiB - 1 })), 'free');
	assert.equal(useOf(gpu(0, { memory_used: 4 * GiB })), 'held');
});

test('a GPU that computes is busy, whether its processes are known or not', () => {
	assert.equal(useOf(busy(0, 'a', 'x')), 'busy');
	assert.equal(useOf(gpu(0, { utilization: 60, processes: null })), 'busy');
	assert.equal(useOf(gpu(0, { utilization: 60, processes: [] })), 'busy');
	assert.equal(useOf(gpu(0, { utilization: null, processes: [proc('a', 'x', 1, 1)] })), 'busy', 'MIG tells no utilization');
	assert.equal(useOf(gpu(0, { memory_used: 40 * GiB, processes: null })), 'held');
	assert.equal(useOf(gpu(0, { utilization: 1, processes: [proc('a', 'x', 1, 1)] })), 'busy', 'a little is not nothing');
});

test('a GPU with MIG on is not free without a part', () => {
	assert.equal(useOf(cut(0, [part(0, '7g.80gb', 0.1)])), 'free');
	assert.equal(useOf(cut(0, [])), 'unknown');
	assert.equal(useOf(cut(0, [], { memory_used: 40 * GiB })), 'unknown');
	assert.equal(useOf(cut(0, [], { mig: null })), 'unknown', 'the parts are not told');
	assert.equal(useOf(cut(0, [], { processes: [proc('a', 'x', 1, 1)] })), 'busy');
	const { uses } = tallyOf(host('a', { gpus: [cut(0, [])] }), true);
	assert.deepEqual(uses, { free: 0, busy: 0, held: 0, asleep: 0, broken: 0, unknown: 1 });
});

test('the start of the driver for our question is no work', () => {
	const started = (more) => gpu(0, { utilization: 100, persistence_mode: 'Disabled', ...more });
	assert.equal(useOf(started()), 'free');
	assert.equal(model.useOf(started(), host('a'), RULE), 'free', 'nothing is told of the session');
	assert.equal(useOf(started(), true), 'busy', 'the driver was loaded before');
	assert.equal(useOf(started({ persistence_mode: 'Enabled' })), 'busy');
	assert.equal(useOf(started({ persistence_mode: undefined })), 'busy');
	assert.equal(useOf(started({ memory_used: 4 * GiB })), 'busy');
	assert.equal(useOf(started({ memory_used: null })), 'busy');
	assert.equal(useOf(started({ processes: null })), 'busy');
	assert.equal(useOf(started({ processes: [proc('a', 'x', 0, 1)] })), 'busy');
	const { uses } = tallyOf(host('a', { session: session(), gpus: [started(), started()] }), true);
	assert.equal(uses.free, 2);
});

test('a GPU that sleeps is neither free nor broken; one that is missing is broken', () => {
	assert.equal(useOf(asleep(0)), 'asleep');
	assert.equal(useOf(asleep(0, { problem: 'missing' })), 'broken');
	assert.equal(useOf(lost(0, 'missing')), 'broken');
	const { uses } = tallyOf(host('a', { gpus: [asleep(0), lost(1, 'missing'), gpu(2)] }), true);
	assert.deepEqual(uses, { free: 1, busy: 0, held: 0, asleep: 1, broken: 1, unknown: 0 });
});

test('a part of a GPU is free only when all of it is known to be', () => {
	const of = (it, more, ofHost, rule = RULE) => model.useOfPart(it, cut(0, [it], more), host('a', ofHost), rule);
	assert.equal(of(part(0, '1g.10gb', 0.1)), 'free');
	assert.equal(of(part(0, '1g.10gb', 5)), 'busy');
	assert.equal(of(part(0, '1g.10gb', 0.1, [proc('a', 'x', 1, 1)])), 'busy');
	assert.equal(of(part(0, '1g.10gb', 0.1, [], { memory_used: null })), 'unknown');
	assert.equal(of(part(0, '1g.10gb', 0.1, [], { processes: null }), { processes: [] }), 'unknown');
	assert.equal(of(part(0, '1g.10gb', 0.1), { problem: 'GPU is lost' }), 'unknown');
	assert.equal(of(part(0, '1g.10gb', 0.1), { process_problem: 'Insufficient Permissions' }), 'unknown');
	assert.equal(of(part(0, '1g.10gb', 0.1), {}, { process_problem: 'the question took too long' }), 'unknown');
	assert.equal(of(part(0, '1g.10gb', 2), {}, {}, { ...RULE, memory_percent: 50 }), 'free', 'as configured');
});

test('the same finding of several GPUs is one, others stay what they are', () => {
	const slow = (index, more) =>
		finding('persistence-off', 'warning', `GPU ${index}: persistence mode is off`, { gpu: index, since: 90 - index, ...more });
	const reset = (index) => `when nothing runs: \`sudo nvidia-smi -r -i ${index}\`, or \`sudo reboot\``;
	const folded = model.foldFindings([
		slow(0, { remedy: reset(0) }),
		slow(1, { remedy: reset(1) }),
		finding('disk-full', 'warning', 'GPU 1: is what somebody called a disk'),
		slow(2, { remedy: reset(2) }),
		slow(5, { message: 'GPU 5: persistence mode is off; a query takes 2.1 s' }),
		slow(7, { remedy: reset(7) }),
		slow(8, { remedy: 'something else' }),
	]);
	assert.deepEqual(folded.map(({ message, remedy, since }) => [message, remedy, since])[0], [
		'GPUs 0–2, 7: persistence mode is off',
		'when nothing runs: `sudo nvidia-smi -r -i 0; sudo nvidia-smi -r -i 1; sudo nvidia-smi -r -i 2; sudo nvidia-smi -r -i 7`, or `sudo reboot`',
		83,
	]);
	assert.deepEqual(
		folded.slice(1).map(({ message }) => message),
		[
			'GPU 1: is what somebody called a disk',
			'GPU 5: persistence mode is off; a query takes 2.1 s',
			'GPU 8: persistence mode is off',
		],
	);
	assert.equal(model.ranges([3, 1, 0, 2, 2, 7, 9, 8]), '0–3, 7–9');
});

test('hosts in an event replace those of their name, in their place', () => {
	const [a, b, c] = ['a', 'b', 'c'].map((name) => host(name));
	const b2 = host('b', { people: 'Bob' });
	const d = host('d');
	assert.deepEqual(model.mergeHosts([a, b, c], [d, b2]), [a, b2, c, d]);
	assert.deepEqual(model.mergeHosts([], []), []);
});

test('the figures count fresh values only', () => {
	const tallies = [
		tallyOf(
			host('a', { gpus: [gpu(0), busy(1, 'alice', 'x', { power: 100 }), lost(2), gpu(3, { processes: null })] }),
			true,
		),
		tallyOf(host('b', { gpus: [gpu(0, { power: null }), gpu(1, { power: null })] }), true),
		tallyOf(failed('c', {}, { gpus: [gpu(0), busy(1, 'bob', 'x')] }), false),
	];
	const summary = model.summaryOf(tallies);
	assert.deepEqual(summary.uses, { free: 3, busy: 1, held: 0, asleep: 0, broken: 1, unknown: 1 });
	assert.equal(summary.people, 1);
	assert.equal(summary.hosts, 3);
	assert.equal(summary.hostsOk, 2);
	assert.equal(summary.hostsDown, 1);
	assert.equal(summary.meanUtilization, 97);
	assert.equal(Math.round(summary.power * 10), Math.round((54.2 * 2 + 100) * 10));
	assert.deepEqual(summary.mostFree, { name: 'b', count: 2 });
	assert.equal(model.summaryOf([tallies[2]]).power, null, 'unknown is not zero');
});

test('the age of the data is that of the oldest fresh sample', () => {
	assert.equal(model.oldestSample([host('a', { sampled: 10 }), host('b', { sampled: 7 }), failed('c', {}, { sampled: 1 })]), 7);
	assert.equal(model.oldestSample([failed('c', {})]), null);
});

test('keys stay with their thing, also when a name stands twice or is missing', () => {
	assert.deepEqual(model.keysOf(['x', 'y']), ['x', 'y']);
	const keys = model.keysOf(['x', null, 'x', null]);
	assert.equal(new Set(keys).size, 4);
});

test('this machine without a GPU is the empty state, another host without one is not', () => {
	const none = { gpus: [], sampled: null };
	assert.equal(model.isEmpty([]), true);
	assert.equal(model.isEmpty([failed('localhost', { kind: 'no-driver' }, { ...none, address: 'localhost' })]), true);
	assert.equal(model.isEmpty([failed('localhost', { kind: 'nvidia-smi-hangs' }, { ...none, address: 'localhost' })]), false);
	assert.equal(model.isEmpty([failed('node1', { kind: 'no-driver' }, none)]), false);
	assert.equal(model.isEmpty([host('localhost', { address: 'localhost' })]), false);
});

test('numbers read as people write them', () => {
	assert.equal(format.bytes(71 * GiB), '71 GiB');
	assert.equal(format.bytes(9.4 * GiB), '9.4 GiB');
	assert.equal(format.bytes(9.97 * GiB), '10 GiB');
	assert.equal(format.bytes(0), '0 MiB');
	assert.equal(format.bytes(null), '–');
	assert.equal(format.bytesBeside(80 * GiB, 71 * GiB), '80');
	assert.equal(format.bytesBeside(80 * GiB, 0), '80 GiB');
	assert.equal(format.bytesBeside(80 * GiB, null), '80 GiB');
	assert.equal(format.watts(41_800), '41.8 kW');
	assert.equal(format.watts(186.2), '186 W');
	assert.equal(format.percent(null), '–');
	assert.equal(format.bytes(1.8 * 1024 * GiB), '1.8 TiB');
	assert.deepEqual([0, 340e3, 12.3e6, 4.2e9].map(format.traffic), ['0 kB', '340 kB', '12 MB', '4.2 GB']);
});

test('times read as people write them', () => {
	assert.deepEqual([5, 65, 7860, 7200, 273_600, 86_400 * 12 + 3600].map(format.duration), [
		'5 s',
		'1 min',
		'2 h 11 min',
		'2 h',
		'3 d 4 h',
		'12 d',
	]);
	assert.equal(format.duration(-3), '0 s');
	const noon = new Date(2026, 2, 5, 12, 0, 7).getTime() / 1000;
	assert.equal(format.clock(noon, noon + 60), '12:00:07');
	assert.equal(format.clock(noon, noon + 86_400), '5 Mar 12:00');
});

test('a command loses the path of its program, and nothing else', () => {
	assert.equal(format.commandLine('/usr/bin/python3 /home/a/train.py'), 'python3 /home/a/train.py');
	assert.equal(format.commandLine('./gpu_burn 60'), './gpu_burn 60');
	assert.equal(format.commandLine('/'), '/');
	assert.equal(format.commandLine('/opt/my tool/x'), 'my tool/x');
	assert.equal(format.commandLine(''), '');
});

test('facts about a GPU, only those that are told and say something', () => {
	assert.deepEqual(facts.gpuFacts(gpu(0)), []);
	const worn = gpu(0, {
		pstate: 'P2',
		clock: 1200,
		clock_max: 1980,
		throttle: ['sw-power-cap', 'some-new-reason'],
		pcie_gen: 1,
		pcie_width: 8,
		ecc_uncorrected: 2,
		persistence_mode: 'Disabled',
		compute_mode: 'Prohibited',
	});
	assert.deepEqual(facts.gpuFacts(worn), [
		'P2',
		'1200 of 1980 MHz (at its power limit, some new reason)',
		'PCIe gen 1 of 4, 8 of 16 lanes',
		'ECC errors: 2 uncorrected',
		'persistence mode off',
		'compute mode Prohibited',
	]);
});

test('facts about a machine and a session', () => {
	assert.deepEqual(facts.machineFacts(machine()), [
		'load 12.3 of 64 CPUs',
		'memory 120 of 503 GiB',
		'/data 91 % full',
		'up 12 d',
	]);
	const nothing = { load: null, cpus: null, memory_total: null, memory_available: null, uptime: null, clock_ahead: null };
	assert.deepEqual(facts.machineFacts(machine({ ...nothing, disk: null })), []);
	assert.deepEqual(facts.moreMachineFacts(machine({ ...nothing, disk: null })), []);
	assert.deepEqual(facts.moreMachineFacts(machine({ clock_ahead: -41, reboot_required: true })).slice(2), [
		'6.5 of 7.1 TiB on /data',
		'its clock 41 s behind',
		'it wants a reboot',
	]);
	const then = 1_790_000_000;
	const story = (more, local) => facts.sessionFacts(session({ connected: then - 3 * 86_400, ...more }), then, local).join('; ');
	assert.equal(
		story({ samples: 0, bytes_out: 0 }),
		'logged in once, 3 d ago; 21 ms of CPU per sample; 12 MB received; 0 kB sent',
	);
	assert.match(
		story({ logins: 4, attempts: 9, keeps_driver: true }),
		/^logged in 4 times, last 3 d ago; 9 attempts; .*; keeps the driver loaded with a quiet nvidia-smi$/,
	);
	assert.match(
		story({ connected: null, logins: 0, attempts: 1, probe_cpu_ms: null }),
		/^never logged in; 1 attempt; 51840 samples; 12 MB/,
	);
	assert.match(story({ connected: null }, true), /^started once, not now; /);
});

test('direction marks of a name turn nothing around it', () => {
	assert.equal(format.apart('plain name – Zoë'), 'plain name – Zoë');
	assert.equal(format.apart('שלום'), '\u2068שלום\u2069');
	assert.equal(format.apart('\u2069\u202ename\u2066'), '\u2068\u202ename\u2069');
});

test('how a person was concluded', () => {
	assert.equal(words.conclusion({ user: 'alice', owner: 'alice', inferred: null }), null);
	assert.equal(
		words.conclusion({ user: 'alice', owner: 'root', inferred: 'loginuid' }),
		'by loginuid; the process belongs to root',
	);
	assert.equal(
		words.conclusion({ user: 'alice', owner: 'alice', inferred: 'uid' }),
		'by the user id inside the container; the process belongs to alice',
	);
	assert.equal(words.conclusion({ user: 'alice', owner: null, inferred: 'new-way' }), 'by new-way');
	assert.match(words.conclusion({ user: null, owner: 'root', inferred: null }), /belongs to root; who is behind it is not known/);
	assert.equal(words.conclusion({ user: null }), null);
});

test('problems and troubles have words, also those that nobody has met', () => {
	assert.match(words.problemMeaning('GPU is lost'), /reboot/);
	assert.match(words.problemMeaning('something new'), /kernel log/);
	assert.equal(words.troubleTitle('auth'), 'Login refused');
	assert.equal(words.troubleTitle('quite-new'), 'quite new');
});
