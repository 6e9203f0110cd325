// nvwebmon check: each rung of the ladder, failing by itself, over the real sshd: told with its cause and the command that mends it.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { nvwebmon, startLab, until, whyNoNetwork, within } from '../lab/lab.mjs';
import { localEnv, run, setLogins } from './harness.mjs';
import { startRungs } from './rungs.mjs';

const ladder = ['name', 'tcp', 'host-key', 'login', 'shell', 'nvidia-smi', 'gpus', 'processes', 'tools'];

/** @param {string} name */
const byHand = (name) => new RegExp(`^\\{ nvwebmon probe --config \\S+ ${name}; cat; \\} \\| ssh -F \\S+ -T ${name} 'exec sh' {3}# .*\\nssh `);

/** What each host fails with: its rung, kind, message, remedy. @type {Record<string, [string, string, RegExp, RegExp]>} */
const failing = {
	'no-name': ['name', 'dns', /Could not resolve hostname no-such-host\.invalid/, /^getent hosts no-such-host\.invalid {3}# .* HostName of no-name in /],
	'no-such.invalid': ['name', 'dns', /Could not resolve hostname no-such\.invalid/, /^getent hosts no-such\.invalid {3}# .* in line \d+ of .*config\d+\.yaml/],
	refused: ['tcp', 'refused', /port 1: Connection refused/, /^sudo systemctl enable --now ssh .*on refused.*\nsudo ss -ltnp.* than 1\?$/],
	silent: ['host-key', 'timeout', /timed out/, /^nc -w 5 127\.0\.0\.1 \d+ /],
	'hangs-up': ['host-key', 'closed', /closed|reset/, /^sudo journalctl -u ssh -u sshd /],
	'unknown-key': ['host-key', 'host-key', /Host key verification failed/,
		/^ssh-keygen -lf \/etc\/ssh\/ssh_host_ed25519_key\.pub .*is it SHA256:[\w+/]{43}\?\nssh -F \S+ -oStrictHostKeyChecking=ask unknown-key true /],
	'changed-key': ['host-key', 'host-key', /has changed/,
		/is it SHA256:[\w+/]{43}\?\nsed -n 1p \S+\/impostor_known \| ssh-keygen -lf - .*\nssh-keygen -f '\S+\/impostor_known' -R '\S+'/],
	'no-key': ['login', 'auth', /Permission denied \(publickey\)/, /^ssh-keygen -t ed25519 -f \S+\/no_such_key .*\nssh-copy-id -i \S+\/no_such_key\.pub -F \S+ no-key /],
	'wrong-key': ['login', 'auth', /Permission denied \(publickey\)/, /^ssh-copy-id -i \S+\/wrong_key\.pub -F \S+ wrong-key .*takes no password/],
	'passwords-only': ['login', 'auth', /Permission denied \(password\)/, /takes no keys, only password;.*\nsudo systemctl reload ssh/],
	'two-factors': ['login', 'auth', /Permission denied \(password\)/, /^sudoedit \/etc\/ssh\/sshd_config .*accepts the key.*second factor/],
	'too-many-keys': ['login', 'auth', /Too many authentication failures/, /IdentitiesOnly/],
	nologin: ['shell', 'shell', /This account is currently not available/, /^sudo chsh -s \/bin\/sh \w+ /],
	'old-probe': ['shell', 'shell', /another version/, /^nvwebmon probe --config \S+ old-probe \| ssh -F \S+ old-probe 'cat >\.nvwebmon-probe' /],
	'no-nvidia-smi': ['nvidia-smi', 'no-nvidia-smi', /nvidia-smi: not found/, /^ssh -F \S+ no-nvidia-smi 'ls -lL \/usr\/bin\/nvidia-smi .*'/],
	'no-driver': ['nvidia-smi', 'no-driver', /couldn't communicate with the NVIDIA driver/, /^ssh -F \S+ -t no-driver 'sudo modprobe nvidia'/],
	mismatch: ['nvidia-smi', 'driver-mismatch', /version mismatch/, /'sudo fuser -v \/dev\/nvidia\*'/],
	'no-rights': ['nvidia-smi', 'nvidia-smi', /Insufficient Permissions/, /'ls -l \/dev\/nvidia\*'/],
	hangs: ['nvidia-smi', 'nvidia-smi-hangs', /./, /dmesg/],
	unkillable: ['nvidia-smi', 'nvidia-smi-hangs', /^nvidia-smi has not come back within \d+ s$/, /dmesg/],
	dies: ['nvidia-smi', 'closed', /^the shell ended with status 2: sh: 2: out of memory$/, byHand('dies')],
	mute: ['nvidia-smi', 'timeout', /does not answer any more/, byHand('mute')],
	floods: ['shell', 'shell', /more than 1 MiB/, /^ssh -F \S+ floods true \| head .*rc files/],
	'no-gpu': ['gpus', 'no-gpu', /No devices were found/, /'lspci | grep -i nvidia'/],
	'lost-gpu': ['gpus', 'gpu-problem', /GPU.*lost/, /^ssh -F \S+ -t lost-gpu 'sudo dmesg .*' {3}# .*reboot/],
	'ps-hangs': ['processes', 'shell', /^ps does not come back/, /'ps -eo pid,stat,wchan:32,comm /],
	'no-list': ['processes', 'processes-unknown', /Unknown Error/, /--query-compute-apps/],
};

/** What is well, but has something to say. @type {Record<string, [string, RegExp, RegExp]>} */
const warning = {
	hidden: ['processes', /hidepid/, /^ssh -F \S+ -t hidden 'sudo groupadd -f proc && sudo usermod -aG proc \w+'.*\nssh .*remount,hidepid=2,gid=proc/],
	chatty: ['shell', /2 lines/, /bashrc/],
	bare: ['tools', /without timeout, .*; without ps/, /^ssh -F \S+ -t bare 'sudo apt install .*procps/],
};

describe('the ladder', () => {
	/** @type {Awaited<ReturnType<typeof startRungs>>} */
	let rungs;
	/** @type {any} */
	let told;
	let code = -1, stderr = '';

	before(async () => {
		rungs = await startRungs();
		const outcome = await run(['check', '--json', '--config', rungs.configFile()]);
		told = JSON.parse(outcome.stdout);
		({ code, stderr } = { code: outcome.code ?? -1, stderr: outcome.stderr });
	});
	after(() => rungs.stop());

	/** @param {string} name */
	const hostOf = (name) => told.hosts.find((/** @type {any} */ host) => host.name === name);

	it('is told in the order of the configuration, nothing else is printed, and the status is 1', () => {
		assert.deepEqual([code, stderr, told.ok], [1, '', false]);
		assert.deepEqual(told.hosts.map((/** @type {any} */ host) => host.name), rungs.lab.hosts);
		for (const host of told.hosts) {
			assert.deepEqual(Object.keys(host), ['name', 'address', 'ok', 'seconds', 'rungs', 'findings'], host.name);
			assert.deepEqual(host.rungs.map((/** @type {any} */ rung) => rung.rung), ladder, host.name);
			for (const rung of host.rungs)
				assert.deepEqual(Object.keys(rung), ['rung', 'state', 'ms', 'detail', 'kind', 'message', 'remedy']);
		}
	});

	for (const [name, [rung, kind, message, remedy]] of Object.entries(failing))
		it(`fails at ${rung} on a host of the kind ${name}`, () => {
			const host = hostOf(name), at = ladder.indexOf(rung);
			const states = host.rungs.map((/** @type {any} */ one) => one.state);
			assert.equal(host.ok, false);
			assert.equal(states.indexOf('failed'), at, JSON.stringify(host.rungs, null, 1));
			assert.ok(states.slice(0, at).every((/** @type {string} */ state) => state !== 'skipped'), `${states}`);
			const failed = host.rungs[at];
			assert.equal(failed.kind, kind);
			assert.match(failed.message, message);
			assert.match(failed.remedy ?? '', remedy);
			// What comes after the first failure is not reached, unless the host answers.
			const answers = name === 'lost-gpu' || name === 'no-list';
			assert.ok(host.rungs.slice(at + 1).every((/** @type {any} */ one) => (one.state !== 'skipped') === answers && (answers || one.detail === 'not reached')),
				JSON.stringify(host.rungs.slice(at + 1)));
		});

	for (const [name, [rung, message, remedy]] of Object.entries(warning))
		it(`warns at ${rung} on a host of the kind ${name}`, () => {
			const host = hostOf(name), at = host.rungs[ladder.indexOf(rung)];
			assert.equal(host.ok, true, JSON.stringify(host.rungs, null, 1));
			assert.equal(at.state, 'warning', JSON.stringify(at));
			assert.match(at.message, message);
			assert.match(at.remedy, remedy);
		});

	it('is whole on a host that is well', () => {
		const host = hostOf('well');
		assert.equal(host.ok, true);
		assert.deepEqual(host.rungs.map((/** @type {any} */ rung) => [rung.state, rung.message]), ladder.map(() => ['ok', null]), JSON.stringify(host.rungs, null, 1));
		const [name, tcp, key, login, , smi, gpus, processes] = host.rungs;
		assert.deepEqual([name.detail, tcp.detail, gpus.detail], ['127.0.0.1', `port ${rungs.lab.port}`, '2 x NVIDIA A100-SXM4-80GB']);
		assert.match(key.detail, /^ssh-ed25519 SHA256:[\w+/]{43}$/);
		assert.match(login.detail, /^as \w+ by publickey \(.*client_key\)$/);
		assert.match(smi.detail, /nvidia-smi, driver 550\.54\.15$/);
		assert.match(processes.detail, /^2, of \w+/);
		for (const rung of [name, tcp, key, login, smi])
			assert.ok(rung.ms >= 0 && rung.ms < 60_000, `${rung.rung}: ${rung.ms}`);
	});

	it('says what is the work of a proxy', () => {
		const [name, tcp, key] = hostOf('proxied').rungs;
		assert.deepEqual([name.state, tcp.state, key.state], ['skipped', 'skipped', 'ok']);
		assert.match(name.detail, /proxy: ssh .*-W .* well$/);
	});

	it('names a way to run the probe by hand that works when it is pasted', async () => {
		const remedy = hostOf('dies').rungs[ladder.indexOf('nvidia-smi')].remedy.split('\n')[0];
		for (const [name, text] of /** @type {[string, RegExp][]} */ ([['dies', /@ready 2\nsh: 2: out of memory/], ['well', /@ready 2\n[^]*A100[^]*\n@1 end\n$/]])) {
			const child = spawn('sh', ['-c', `{ ${remedy.replaceAll('dies', name).replace(/ {3}#.*/, '')}; } 2>&1`],
				{ env: { ...process.env, PATH: `${path.dirname(nvwebmon)}:${process.env.PATH}` }, stdio: ['pipe', 'pipe', 'inherit'] });
			const ended = once(child, 'close');
			let said = '';
			child.stdout.on('data', (more) => (said += more));
			await until(() => said.includes('@ready 2'), `the probe on ${name} is ready`);
			child.stdin.write('poll 1\n');
			await until(() => text.test(said), `${name} answers: ${said}`);
			child.stdin.end();
			await within(ended, 'it is over');
		}
	});

	it('is printed for people: in full where it fails, in a line where it holds', async () => {
		const { code: status, stdout } = await run(['check', '--config', rungs.configFile(['well', 'no-driver', 'refused', 'proxied'])]);
		assert.equal(status, 1);
		assert.doesNotMatch(stdout, /\x1b/);
		assert.match(stdout, /^ok {4}well {7}2 x NVIDIA A100-SXM4-80GB, driver 550\.54\.15, \d+\.\d s\nFAIL {2}no-driver {2}at nvidia-smi: no-driver\n/);
		assert.match(stdout, / {6}✓ shell .*\n {6}✗ nvidia-smi .*NVIDIA-SMI has failed .*\n {10}mend it: {2}ssh .*\n {6}· GPUs, processes, tools: not reached\n/);
		assert.match(stdout, /^FAIL {2}refused {4}at TCP: refused\n {6}✓ name .*\n {6}✗ TCP /m);
		assert.match(stdout, /\n2 of 4 hosts are well\n$/);
	});

	it('is printed in full for a single host, and with --verbose', async () => {
		const alone = await run(['check', '--config', rungs.configFile(['well'])]);
		assert.deepEqual([alone.code, alone.stderr], [0, '']);
		assert.match(alone.stdout, /✓ name .*\n.*✓ TCP .*\n.*✓ host key .*\n.*✓ login .*\n.*✓ shell .*\n.*✓ nvidia-smi .*\n.*✓ GPUs .*\n.*✓ processes .*\n.*✓ tools .*\n1 of 1 host is well\n$/);
		const verbose = await run(['check', '--verbose', '--config', rungs.configFile(['well', 'proxied'])]);
		assert.equal(verbose.code, 0);
		assert.equal(verbose.stdout.split('✓ GPUs').length, 3);
		assert.match(verbose.stdout, /· name .*the work of the proxy/);
	});

	it('shows its progress on a terminal, in one line that is gone at the end, and is coloured there', () => {
		// script(1) gives it a terminal.
		const text = execFileSync('script', ['-qc', `"${nvwebmon}" check --config "${rungs.configFile(['well', 'no-driver'])}"`, '/dev/null'],
			{ encoding: 'utf8', env: { ...process.env, TERM: 'xterm', NO_COLOR: '' }, stdio: ['ignore', 'pipe', 'inherit'] }).replace(/\r\n/g, '\n');
		assert.match(text, /\r0 of 2 checked: well \((name|TCP|host key)\)/);
		assert.match(text, /\r2 of 2 checked\x1b\[K\r\x1b\[K(\x1b\[32m)?ok {2}/);
		assert.match(text, /\x1b\[31mFAIL\x1b\[0m/);
	});
});

describe('nvwebmon check', () => {
	it('climbs to all hosts at the same time', async () => {
		// More than may log in at once: each one waits until all are there, and only whoever waits for the network lets the next ones in.
		const names = Array.from({ length: 12 }, (_, i) => `h${i}`);
		const lab = await startLab({ hosts: names, control: { gpus: 1 } });
		try {
			fs.mkdirSync(path.join(lab.dir, 'here'));
			const meet = `: >"$LAB_DIR/here/$LAB_HOST"
until [ "$(ls "$LAB_DIR/here" | wc -l)" = ${names.length} ]; do sleep 0.1; done
exec sh -c "$SSH_ORIGINAL_COMMAND"`;
			setLogins(lab, Object.fromEntries(names.map((name) => [name, meet])));
			const { code, stdout } = await run(['check', '--config', lab.writeConfig()]);
			assert.equal(code, 0, stdout);
			assert.deepEqual(stdout.split('\n').map((line) => /^ok +(\w+)/.exec(line)?.[1]).filter(Boolean), names);
		} finally {
			await lab.stop();
		}
	});

	it('ends when it is told to, tells what it has learned, and leaves nothing on the hosts', async () => {
		const lab = await startLab({ hosts: ['stuck'], control: { gpus: 1, fault: 'hang' } });
		try {
			const child = spawn(nvwebmon, ['check', '--config', lab.writeConfig()], { stdio: ['ignore', 'pipe', 'inherit'] });
			const ended = once(child, 'close');
			let said = '';
			child.stdout.on('data', (text) => (said += text));
			await until(() => lab.farProcesses('stuck').some((far) => far.name === 'nvidia-smi'), 'nvidia-smi hangs there');
			child.kill('SIGTERM');
			assert.deepEqual(await within(ended, 'check ends'), [128 + 15, null]);
			assert.match(said, /^FAIL {2}stuck {2}at nvidia-smi: closed\n.*interrupted\n/s, 'what was learned until then is told');
			await until(() => lab.farProcesses('stuck').length === 0, 'nothing is left');
		} finally {
			await lab.stop();
		}
	});

	it('of this machine begins with the shell', async () => {
		const lab = await startLab({ hosts: ['alpha'], control: { gpus: 2, load: 'busy' } });
		try {
			const { code, stdout } = await run(['check', '--json', '--config', lab.writeConfig({ hosts: [], localhost: true })], { env: localEnv(lab, 'alpha') });
			assert.equal(code, 0, stdout);
			assert.deepEqual(JSON.parse(stdout).hosts[0].rungs.map((/** @type {any} */ rung) => rung.rung), ladder.slice(4));
		} finally {
			await lab.stop();
		}
	});
});

describe('the ladder in a network', { skip: whyNoNetwork() }, () => {
	/** @type {import('../lab/lab.mjs').Lab} */
	let lab;
	/** @type {any[]} */
	let hosts;

	before(async () => {
		lab = await startLab({ network: true, hosts: { fine: {}, dropped: {}, 'no-way': {}, refused: {}, paused: {}, changed: { login: { hostKey: 'changed' } }, passwords: { login: { auth: 'password' } } }, control: { gpus: 1 } });
		lab.setLink('dropped', 'cut');
		lab.setLink('no-way', 'unreachable');
		await lab.stopSshd('refused');
		lab.pauseSshd('paused');
		const config = lab.writeConfig({ ssh: { command: lab.sshCommand, connect_timeout: 2 } });
		const [binary = nvwebmon, ...args] = [...lab.enter, nvwebmon, 'check', '--json', '--config', config];
		const { stdout } = await run(args, { binary });
		hosts = JSON.parse(stdout).hosts;
	});
	after(() => lab.stop());

	for (const [name, rung, kind, remedy] of /** @type {[string, string, string, RegExp][]} */ ([
		['dropped', 'tcp', 'timeout', /^ping -c 3 10\.77\.\d+\.2 .*\nsudo ufw allow 22\/tcp /],
		['no-way', 'tcp', 'unreachable', /^ip route get 10\.77\.\d+\.2 /],
		['refused', 'tcp', 'refused', /^sudo systemctl enable --now ssh /],
		['paused', 'host-key', 'timeout', /^nc -w 5 10\.77\.\d+\.2 22 /],
		['changed', 'host-key', 'host-key', /ssh-keygen -f '\S+' -R '\S+' && ssh /],
		['passwords', 'login', 'auth', /takes no keys, only \S*password/],
	]))
		it(`fails at ${rung} on a host of the kind ${name}`, () => {
			const host = hosts.find((one) => one.name === name);
			const failed = host.rungs.find((/** @type {any} */ one) => one.state === 'failed');
			assert.deepEqual([failed?.rung, failed?.kind], [rung, kind], JSON.stringify(host.rungs, null, 1));
			assert.match(failed.remedy ?? '', remedy);
		});

	it('holds beside them', () => {
		assert.equal(hosts.find((one) => one.name === 'fine').ok, true, JSON.stringify(hosts[0], null, 1));
	});
});
