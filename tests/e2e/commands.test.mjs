// The commands: what they print, where, and the status they end with.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { nvwebmon, probeScript, startLab } from '../lab/lab.mjs';
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
		assert.match(stdout, /^gone +error$\n +dns: .*Could not resolve hostname .*\n +hint: getent hosts no-such-host\.invalid /m);
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
		assert.deepEqual(shape(withoutAsides(printed)), shape(withoutAsides(told)));
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

/** Disk and clock come between two samples: they may be there, or not yet. @param {any} snapshot */
const withoutAsides = (snapshot) => ({
	...snapshot,
	hosts: snapshot.hosts.map((/** @type {any} */ host) => ({ ...host, machine: { ...host.machine, disk: null, clock_ahead: null } })),
});

/* What one moment has and the next has not: a clock that is held down, a rest. */
const MOMENTARY = ['throttle', 'idle_since'];

/** What there is in a JSON value, without the values. @param {any} value @returns {any} */
function shape(value) {
	if (Array.isArray(value))
		return value.map(shape);
	if (value === null || typeof value !== 'object')
		return value === null ? 'null' : typeof value;
	return Object.entries(value).map(([key, inner]) => [key, MOMENTARY.includes(key) ? 'momentary' : shape(inner)]);
}

describe('nvwebmon probe', () => {
	/** @param {string} type @param {string} [comment] */
	const keyOf = (type, comment = 'lab') => {
		const file = path.join(fs.mkdtempSync(path.join(lab.dir, 'key.')), 'key');
		execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', comment, '-f', file]);
		return file;
	};

	it('prints what a host is sent: its time limit, its nvidia-smi, the script', async () => {
		const config = lab.writeConfig({ nvidia_smi_timeout: 7, nvidia_smi: '/opt/smi', hosts: ['alpha', { address: 'beta', name: 'second', nvidia_smi: 'LANG=C smi --quiet' }] });
		const script = fs.readFileSync(probeScript, 'utf8');
		for (const [args, smi] of /** @type {[string[], string][]} */ ([
			[[], '/opt/smi'], [['alpha'], '/opt/smi'], [['beta'], 'LANG=C smi --quiet'], [['second'], 'LANG=C smi --quiet'],
		])) {
			const { code, stdout, stderr } = await run(['probe', '--config', config, ...args]);
			assert.deepEqual([code, stderr], [0, ''], args.join(' '));
			assert.equal(stdout, `smi_limit=7\nsmi_command() { $limit ${smi} "$@"; }\n${script}`);
		}
	});

	it('refuses a host that is not in the configuration, and names the one that may be meant', async () => {
		const config = lab.writeConfig({ hosts: ['gpu1.lab', { address: 'beta', user: 'alice', port: 2222, name: 'second' }, 'gamma'] });
		for (const [word, text] of /** @type {[string, RegExp][]} */ ([
			['gpu11.lab', /^nvwebmon probe: gpu11\.lab is none of the 3 hosts of \S+\.yaml; did you mean gpu1\.lab\?\n.*nvwebmon probe\n$/],
			['secnd', /did you mean second\?/], ['bta', /did you mean beta\?/],
			['something-else', /is none of the 3 hosts of \S+\.yaml\nThey are gpu1\.lab, second, gamma\n/],
		])) {
			const { code, stdout, stderr } = await run(['probe', '--config', config, word]);
			assert.deepEqual([code, stdout], [2, ''], word);
			assert.match(stderr, text);
		}
		for (const word of ['second', 'beta', 'alice@beta:2222'])
			assert.equal((await run(['probe', '--config', config, word])).code, 0, word);
		const none = await run(['probe', 'any-host'], { cwd: lab.dir, env: { HOME: lab.dir, XDG_CONFIG_HOME: '' } });
		assert.deepEqual([none.code, none.stderr], [0, ''], 'without a file there is none that it could be');
	});

	it('prints the line of authorized_keys for a key that may do nothing else', async () => {
		for (const type of ['ed25519', 'ecdsa', 'rsa']) {
			const file = keyOf(type, 'of the monitor'), key = fs.readFileSync(`${file}.pub`, 'utf8').trim();
			const { code, stdout, stderr } = await run(['probe', `--authorized-key=${file}.pub`]);
			assert.deepEqual([code, stdout, stderr], [0, `restrict,command="exec sh .nvwebmon-probe" ${key}\n`, ''], type);
		}
	});

	it('takes the first key of ours, and says what to do when there is none', async () => {
		const home = fs.mkdtempSync(path.join(lab.dir, 'home.'));
		const none = await run(['probe', '--authorized-key'], { env: { HOME: home } });
		assert.deepEqual([none.code, none.stdout], [2, '']);
		assert.match(none.stderr, /no key in ~\/\.ssh[^]*ssh-keygen -t ed25519/);
		fs.mkdirSync(path.join(home, '.ssh'));
		for (const type of ['rsa', 'ecdsa', 'ed25519']) {
			const file = `${keyOf(type)}.pub`;
			fs.copyFileSync(file, path.join(home, `.ssh/id_${type}.pub`));
			const { stdout } = await run(['probe', '--authorized-key'], { env: { HOME: home } });
			assert.ok(stdout.endsWith(fs.readFileSync(file, 'utf8')), type);
		}
	});

	it('refuses what is no single public key', async () => {
		const good = `${keyOf('ed25519')}.pub`, text = fs.readFileSync(good, 'utf8');
		const write = (/** @type {string} */ content) => {
			const file = path.join(fs.mkdtempSync(path.join(lab.dir, 'bad.')), 'key');
			fs.writeFileSync(file, content);
			return file;
		};
		for (const [file, why] of /** @type {[string, RegExp][]} */ ([
			[good.replace(/\.pub$/, ''), /private key/],
			[write(`restrict ${text}`), /options/],
			[write(text + text), /more than one key/],
			[write(text.replace('AAAAC3', 'AAAAC4')), /damaged/],
			[write(text.replace('ssh-ed25519', 'ssh-rsa')), /damaged/],
			[write(text.replace(/(AAAA\S{30})\S+/, '$1')), /damaged|no public key/],
			[write(text.replace('lab', 'lab\x1b[2J')), /control characters/],
			[write(''), /empty/],
			[write('root:x:0:0:root:/root:/bin/bash\n'), /no public key/],
			[path.join(lab.dir, 'not-there'), /No such file/],
		])) {
			const { code, stdout, stderr } = await run(['probe', `--authorized-key=${file}`]);
			assert.deepEqual([code, stdout], [2, ''], String(why));
			assert.match(stderr, why);
		}
		const { code, stdout } = await run(['probe', '--authorized-key=/dev/stdin']);
		assert.deepEqual([code, stdout], [2, ''], 'nothing comes in');
	});

	it('tells who looks on a terminal how to install it, but not in the line', () => {
		const file = `${keyOf('ed25519')}.pub`;
		const all = execFileSync('script', ['-qec', `"${nvwebmon}" probe --authorized-key="${file}" gpu1 >"${lab.dir}/line"`, '/dev/null'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
		assert.match(all, /nvwebmon probe gpu1 \| ssh gpu1 'cat >\.nvwebmon-probe'/);
		assert.match(all, /nvwebmon probe --authorized-key=\S+ \| ssh gpu1 'cat >>\.ssh\/authorized_keys'/);
		assert.equal(fs.readFileSync(path.join(lab.dir, 'line'), 'utf8').split('\n').length, 2);
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
			[['probe', '--help'], /^usage: nvwebmon probe [^]*--authorized-key[^]*examples:\n/],
		])) {
			const { code, stdout, stderr } = await run(args);
			assert.deepEqual([code, stderr], [0, ''], args.join(' '));
			assert.match(stdout, text);
			assert.ok(stdout.split('\n').every((line) => line.length <= 100), 'it fits a terminal');
		}
	});

	it('says so when nobody can read it', async () => {
		for (const args of ['--help', '--version', 'probe --help', 'probe']) {
			const { code, stderr } = await run(['-c', `"$0" ${args} >/dev/full`, nvwebmon], { binary: 'sh', cwd: lab.dir, env: { HOME: lab.dir, XDG_CONFIG_HOME: '' } });
			assert.equal(code, 1, args);
			assert.match(stderr, /^nvwebmon: standard output: No space left on device$/m);
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
		[['--prot', '80'], /^nvwebmon: unknown option '--prot'; did you mean '--port'\?\n.*--help/],
		[['check', '--jsn=1'], /^nvwebmon: unknown option '--jsn=1'; did you mean '--json'\?\n/],
		[['--something-else'], /^nvwebmon: unknown option '--something-else'\n/],
		[['list', '--json=1'], /^nvwebmon: option '--json' takes no argument\n/],
		[['-c'], /^nvwebmon: option '--config' requires an argument\n/],
		[['config.yaml'], /^nvwebmon: config\.yaml is a file, not a host: --config config\.yaml\n$/],
		[['check', 'gpu1', '/etc/x.yml'], /^nvwebmon: \/etc\/x\.yml is a file, not a host/],
		[['ssh://gpu1'], /"ssh:\/\/gpu1": a host is wanted, not a URL/],
		[['--port'], /option '--port' requires an argument/],
		[['--port', '99999'], /--port: 99999 is over 65535/],
		[['--port', 'http'], /--port: a port number is wanted, not .*http/],
		[['--interval', '0'], /--interval: 0 is under 1/],
		[['--interval', 'often'], /--interval: a number of seconds is wanted/],
		[['--host', 'gpu.lab.example'], /--host: .*IP address/],
		[['--', '-oProxyCommand=x'], /-oProxyCommand=x.*a host cannot begin with "-"/],
		[['-oProxyCommand=x'], /unknown option '-o'/],
		[['serve', 'alice@-oProxyCommand=x'], /a host cannot begin with "-"/],
		[['gpu1', 'gpu 2'], /"?gpu 2"?: not a host name/],
		[['gpu1', 'gpu1'], /gpu1 is there twice/],
		[['gpu1:70000'], /port/],
		[['check', '--port', '80'], /nvwebmon check: there is no use for .*--port here; see nvwebmon check --help/],
		[['list', '--demo'], /nvwebmon list: there is no use for --demo here/],
		[['check', '--authorized-key'], /nvwebmon check: there is no use for --authorized-key here/],
		[['probe', '--interval', '5'], /nvwebmon probe: there is no use for --interval here/],
		[['probe', 'a', 'b'], /nvwebmon probe: one host is enough/],
		[['prob'], /unknown command 'prob'; did you mean 'probe'\?/],
		[['serve', '--json'], /nvwebmon serve: there is no use for --json here/],
	]))
		it(`refuses "nvwebmon ${args.join(' ')}" with a helpful line and exit status 2`, async () => {
			const { code, stdout, stderr } = await run(args, { cwd: lab.dir, env: { HOME: lab.dir, XDG_CONFIG_HOME: '' } });
			assert.deepEqual([code, stdout], [2, '']);
			assert.match(stderr, text);
		});
});
