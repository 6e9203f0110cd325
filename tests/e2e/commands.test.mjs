// The commands: what they print, where, and the status they end with.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { labBin, nvwebmon, startLab } from '../lab/lab.mjs';
import { allOk, configureSsh, run } from './harness.mjs';

/** @typedef {import('../lab/lab.mjs').Lab} Lab */

/** @type {Lab} */
let lab;
let well = '', ill = '';

before(async () => {
	lab = await startLab({
		hosts: {
			alpha: { gpus: 2, load: 'busy' },
			beta: { gpus: 1, load: 'free', model: 'rtx3090' },
			'lost-one': { gpus: 3, load: 'free', driver: '580.95.05', fault: 'gpu-lost', fault_gpu: 1 },
			broken: { fault: 'driver-not-loaded' },
			gone: {},
			'no-list': { gpus: 1, fault: 'apps-fail' },
		},
	});
	configureSsh(lab, { gone: ['HostName no-such-host.invalid'] });
	well = lab.writeConfig({ hosts: ['alpha', { address: 'beta', people: 'Bob' }] });
	ill = lab.writeConfig();
});
after(() => lab.stop());

describe('nvwebmon list', () => {
	it('prints a table without colours when nobody looks at a terminal, and ends with 0 when all is well', async () => {
		const { code, stdout, stderr } = await run(['list', '--config', well]);
		assert.deepEqual([code, stderr], [0, '']);
		assert.doesNotMatch(stdout, /\x1b/);
		assert.match(stdout, /^alpha +ok +driver 550\.54\.15$/m);
		assert.match(stdout, /^beta +ok +.*Bob$/m);
		assert.match(stdout, /^1 GPU free, 2 busy.* on 2 hosts$/m);
		const rows = stdout.split('\n').filter((line) => /^ +\d+ /.test(line));
		assert.equal(rows.length, 3, stdout);
		assert.equal(new Set(rows.map((row) => `${row.indexOf(' / ')} ${row.indexOf(' °C')} ${row.indexOf(' W  ')}`)).size, 1, 'the columns are aligned');
	});

	it('prints each host in trouble with what mends it, and ends with 1', async () => {
		const { code, stdout } = await run(['list', '--config', ill]);
		assert.equal(code, 1);
		assert.match(stdout, /^broken +error$\n +no-driver: NVIDIA-SMI has failed .*\n +hint: /m);
		assert.match(stdout, /^gone +error$\n +dns: .*Could not resolve hostname .*\n +hint: getent hosts gone /m);
		assert.match(stdout, /trouble: GPU is lost$/m);
		assert.match(stdout, /on 6 hosts \(2 in error\)$/m);
	});

	it('ends with 1 for a GPU that is lost, or processes that are not known, on a host that answers', async () => {
		for (const name of ['lost-one', 'no-list'])
			assert.equal((await run(['list', '--config', lab.writeConfig({ hosts: [name] })])).code, 1, name);
	});

	it('with --json prints what the server tells', async () => {
		const server = await lab.startServer({ config: { hosts: ['alpha', { address: 'beta', people: 'Bob' }] } });
		const told = await server.waitFor(allOk, 'all are ok');
		assert.equal(await server.stop(), 0);
		const { code, stdout, stderr } = await run(['list', '--json', '--config', well]);
		assert.deepEqual([code, stderr], [0, '']);
		assert.ok(stdout.endsWith('}\n'));
		const printed = JSON.parse(stdout);
		assert.deepEqual(shape(printed), shape(told));
		assert.deepEqual(printed.hosts.map((/** @type {any} */ host) => [host.name, host.state, host.people, host.gpus.map((/** @type {any} */ gpu) => gpu.uuid)]),
			told.hosts.map((/** @type {any} */ host) => [host.name, host.state, host.people, host.gpus.map((/** @type {any} */ gpu) => gpu.uuid)]));
	});

	it('with --json tells of trouble too', async () => {
		const { code, stdout } = await run(['list', '--json', '--config', ill]);
		assert.equal(code, 1);
		const kinds = JSON.parse(stdout).hosts.map((/** @type {any} */ host) => [host.name, host.error?.kind ?? null]);
		assert.deepEqual(Object.fromEntries(kinds), { alpha: null, beta: null, 'lost-one': null, broken: 'no-driver', gone: 'dns', 'no-list': null });
	});

	it('takes the hosts of the command line instead of the file\'s', async () => {
		const { stdout } = await run(['list', '--json', '--config', ill, 'beta']);
		assert.deepEqual(JSON.parse(stdout).hosts.map((/** @type {any} */ host) => host.name), ['beta']);
	});

	it('is coloured on a terminal, unless NO_COLOR is set', async () => {
		// script(1) gives it a terminal.
		const onTerminal = (/** @type {Record<string, string>} */ env) => execFileSync('script', ['-qec', `"${nvwebmon}" list --config "${well}"`, '/dev/null'],
			{ encoding: 'utf8', env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
		assert.match(onTerminal({ TERM: 'xterm', NO_COLOR: '' }), /\x1b\[1malpha\x1b\[0m/);
		assert.doesNotMatch(onTerminal({ TERM: 'xterm', NO_COLOR: '1' }), /\x1b\[\d/);
		assert.doesNotMatch(onTerminal({ TERM: 'dumb', NO_COLOR: '' }), /\x1b\[\d/);
	});
});

/** What there is in a JSON value, without the values. @param {any} value @returns {any} */
function shape(value) {
	if (Array.isArray(value))
		return value.map(shape);
	if (value === null || typeof value !== 'object')
		return value === null ? 'null' : typeof value;
	return Object.entries(value).map(([key, inner]) => [key, shape(inner)]);
}

describe('nvwebmon check', () => {
	it('says that all is well, and ends with 0', async () => {
		const { code, stdout, stderr } = await run(['check', '--config', well]);
		assert.deepEqual([code, stderr], [0, '']);
		assert.match(stdout, /^ok {4}alpha {2}2 GPUs, driver 550\.54\.15, sampled in \d+ ms\nok {4}beta {3}1 GPU, driver .*\n2 of 2 hosts are well\n$/);
	});

	it('says of each host what is wrong and the command that mends it, and ends with 1', async () => {
		const { code, stdout } = await run(['check', '--config', ill]);
		assert.equal(code, 1);
		assert.match(stdout, /^ok +alpha +2 GPUs/m);
		assert.match(stdout, /^FAIL +lost-one +3 GPUs, .*\n +GPU 1 \(0000:0F:00.0\): GPU is lost$/m);
		assert.match(stdout, /^FAIL +broken +no-driver\n +NVIDIA-SMI has failed because .*\n +mend it: there: sudo modprobe nvidia/m);
		assert.match(stdout, /^FAIL +gone +dns\n +ssh: Could not resolve hostname .*\n +mend it: getent hosts gone /m);
		assert.match(stdout, /^FAIL +no-list +1 GPU, .*\n +processes: ./m);
		assert.match(stdout, /^2 of 6 hosts are well$/m);
	});

	it('checks this machine when there is no configuration', { skip: fs.existsSync('/etc/nvwebmon/config.yaml') && 'this machine has a configuration of its own' }, async () => {
		const empty = fs.mkdtempSync(path.join(lab.dir, 'empty.'));
		const env = { HOME: empty, XDG_CONFIG_HOME: '', LAB_DIR: lab.dir, LAB_HOST: 'alpha', PATH: `${labBin}:${process.env.PATH}` };
		const { code, stdout } = await run(['check'], { cwd: empty, env });
		assert.equal(code, 0);
		assert.match(stdout, /^ok {4}localhost {2}2 GPUs, .*\n1 of 1 host is well\n$/);
	});
});

describe('the command line', () => {
	it('explains itself with --help', async () => {
		for (const [args, text] of /** @type {[string[], RegExp][]} */ ([
			[['--help'], /^nvwebmon: .*\n\nusage: nvwebmon \[serve\] [^]*examples:\n[^]*nvwebmon list [^]*nvwebmon check /],
			[['-h'], /^nvwebmon: /], [['help'], /^nvwebmon: /],
			[['serve', '--help'], /^usage: nvwebmon \[serve\] [^]*--port N/],
			[['list', '--help'], /^usage: nvwebmon list [^]*examples:\n/], [['--help', 'list'], /^usage: nvwebmon list /], [['help', 'list'], /^usage: nvwebmon list /],
			[['check', '--help'], /^usage: nvwebmon check [^]*examples:\n/],
		])) {
			const { code, stdout, stderr } = await run(args);
			assert.deepEqual([code, stderr], [0, ''], args.join(' '));
			assert.match(stdout, text);
			assert.ok(stdout.split('\n').every((line) => line.length <= 100), 'it fits a terminal');
		}
	});

	it('tells its version', async () => {
		for (const args of [['--version'], ['version'], ['list', '--version']]) {
			const { code, stdout, stderr } = await run(args);
			assert.deepEqual([code, stderr], [0, ''], args.join(' '));
			assert.match(stdout, /^nvwebmon \d+\.\d+\.\d+\n$/);
		}
	});

	for (const [args, text] of /** @type {[string[], RegExp][]} */ ([
		[['chekc'], /unknown command 'chekc'; did you mean 'check'\?\n.*nvwebmon serve chekc/],
		[['lst', 'gpu1'], /unknown command 'lst'; did you mean 'list'\?/],
		[['--prot', '80'], /unrecognized option '--prot'\n.*--help/],
		[['--port'], /option '--port' requires an argument/],
		[['--port', '99999'], /--port: 99999 is over 65535/],
		[['--port', 'http'], /--port: a port number is wanted, not .*http/],
		[['--interval', '0'], /--interval: 0 is under 1/],
		[['--interval', 'often'], /--interval: a number of seconds is wanted/],
		[['--host', 'gpu.lab.example'], /--host: .*IP address/],
		[['--', '-oProxyCommand=x'], /-oProxyCommand=x.*a host cannot begin with "-"/],
		[['-oProxyCommand=x'], /invalid option/],
		[['serve', 'alice@-oProxyCommand=x'], /a host cannot begin with "-"/],
		[['gpu1', 'gpu 2'], /"?gpu 2"?: not a host name/],
		[['gpu1', 'gpu1'], /gpu1 is there twice/],
		[['gpu1:70000'], /port/],
		[['check', '--port', '80'], /nvwebmon check: there is no use for .*--port here; see nvwebmon check --help/],
		[['list', '--demo'], /nvwebmon list: there is no use for --demo here/],
		[['serve', '--json'], /nvwebmon serve: there is no use for --json here/],
	]))
		it(`refuses "nvwebmon ${args.join(' ')}" with a helpful line and exit status 2`, async () => {
			const { code, stdout, stderr } = await run(args, { cwd: lab.dir, env: { HOME: lab.dir, XDG_CONFIG_HOME: '' } });
			assert.deepEqual([code, stdout], [2, '']);
			assert.match(stderr, text);
		});
});
