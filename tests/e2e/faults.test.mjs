// Trouble: each kind is told by its name, stays the trouble of its host or its GPU, and is over when it is mended.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { freePort, startLab, until } from '../lab/lab.mjs';
import { allOk, configureSsh, hostOf, sessionsOf, setLogins, writeProgram } from './harness.mjs';

/** @typedef {import('../lab/lab.mjs').Lab} Lab */
/** @typedef {import('../lab/lab.mjs').Server} Server */
/** @typedef {import('../lab/lab.mjs').Control} Control */

describe('one host in trouble among twenty', () => {
	const others = Array.from({ length: 19 }, (_, i) => `good${i}`);
	/** @type {Lab} */
	let lab;
	/** @type {Server} */
	let server;
	/** @type {import('../lab/lab.mjs').Events} */
	let events;
	let pid = 0;

	before(async () => {
		lab = await startLab({ hosts: ['bad', ...others], control: { gpus: 2, load: 'free' } });
		server = await lab.startServer({ config: { interval: 1, nvidia_smi_timeout: 2 } });
		await server.waitFor(allOk, 'all are ok');
		events = server.events();
		await events.next();
		pid = sessionsOf(server).bad ?? 0;
	});
	after(() => lab.stop());

	/** The times at which a host was sampled, since all began. @param {string} name */
	const samples = (name) => [...new Set(events.all.flatMap(({ event, data }) => (event === 'snapshot' ? data.hosts : data)
		.filter((/** @type {any} */ host) => host.name === name).map((/** @type {any} */ host) => host.sampled)))];

	/** Waits until all others were sampled twice more. */
	const othersGoOn = async () => {
		const counts = others.map((name) => samples(name).length);
		await until(() => others.every((name, i) => samples(name).length >= (counts[i] ?? 0) + 2), 'the others go on',
			{ show: () => others.map((name, i) => `${name}: ${samples(name).length - (counts[i] ?? 0)}`) });
	};

	for (const [control, kind, message] of /** @type {[Control, string, RegExp][]} */ ([
		[{ fault: 'driver-not-loaded' }, 'no-driver', /couldn't communicate with the NVIDIA driver/],
		[{ fault: 'mismatch' }, 'driver-mismatch', /Driver\/library version mismatch/],
		[{ fault: 'libnvidia-ml-missing' }, 'no-driver', /couldn't find libnvidia-ml\.so/],
		[{ fault: 'init-permission' }, 'nvidia-smi', /Insufficient Permissions/],
		[{ fault: 'init-unknown' }, 'nvidia-smi', /Failed to initialize NVML: Unknown Error/],
		[{ fault: 'no-devices' }, 'no-gpu', /No devices were found/],
		[{ fault: 'not-found' }, 'no-nvidia-smi', /nvidia-smi: not found/],
		[{ fault: 'exit-255' }, 'nvidia-smi', /The flux capacitor/],
		[{ fault: 'silent' }, 'bad-output', /./],
		[{ fault: 'hang' }, 'nvidia-smi-hangs', /./],
		[{ fault: 'unkillable' }, 'nvidia-smi-hangs', /has not come back/],
		[{ fault: 'slow', fault_seconds: 30 }, 'nvidia-smi-hangs', /./],
		[{ fault: 'garbage' }, 'bad-output', /./],
		[{ fault: 'binary' }, 'bad-output', /./],
		[{ fault: 'endless' }, 'bad-output', /no end of text/],
		[{ fault: 'endless-line' }, 'bad-output', /no end of text/],
	]))
		it(`${control.fault} is told as ${kind}, and the others go on`, async () => {
			lab.set('bad', control);
			const { state, error, gpus } = await server.waitForHost('bad', (host) => host.error, 'is in error');
			assert.deepEqual([state, error.kind], ['error', kind], JSON.stringify(error));
			assert.match(error.message, message);
			assert.ok(error.hint === null ? kind === 'bad-output' : error.hint.length > 0, `${error.hint}`);
			assert.equal(gpus.length, 2, 'the last values stay');
			await othersGoOn();
			assert.equal(hostOf(await server.snapshot(), 'bad').error?.kind, kind, 'it stays');
			assert.equal(sessionsOf(server).bad, pid, 'no new login');

			lab.heal('bad');
			await server.waitForHost('bad', (host) => host.state === 'ok' && host.error === null, 'is ok by itself');
			assert.equal(sessionsOf(server).bad, pid, 'no new login');
		});

	it('has cost the others no sample', (t) => {
		const times = others.map(samples);
		const beats = times.reduce((sum, all) => sum + Math.round(all.at(-1) - all[0]) + 1, 0), count = times.flat().length;
		const worst = Math.max(...times.flatMap((all) => all.slice(1).map((time, i) => time - all[i])));
		t.diagnostic(`${count} of ${beats} samples, at most ${worst.toFixed(2)} s apart`);
		assert.ok(beats > 19 * 30);
		// This machine may be late now and then, all by itself. Whoever waited for the bad host would be late by 2 to 4 s, again and again.
		assert.ok(beats - count <= beats / 100, `${beats - count} of ${beats} are missing`);
		assert.ok(worst < 3, `${worst} s`);
		const troubled = others.filter((name) => events.all.some(({ event, data }) => (event === 'snapshot' ? data.hosts : data)
			.some((/** @type {any} */ host) => host.name === name && host.state !== 'ok')));
		assert.deepEqual(troubled, []);
	});
});

describe('a GPU in trouble', () => {
	/** @type {Record<string, Control>} */
	const hosts = {
		'lost-550': { fault: 'gpu-lost', fault_gpu: 1 },
		'lost-580': { fault: 'gpu-lost', fault_gpu: 1, driver: '580.95.05' },
		'lost-580-no-rows': { fault: 'gpu-lost', fault_gpu: 1, driver: '580.95.05', fault_rows: 'off' },
		'lost-580-free': { fault: 'gpu-lost', fault_gpu: 1, driver: '580.95.05', load: 'free' },
		'lost-470': { fault: 'gpu-lost', fault_gpu: 0, driver: '470.256', fault_reason: 'Unknown Error' },
		'the-only-one-lost': { fault: 'gpu-lost', gpus: 1 },
		'lost-cells': { fault: 'gpu-lost-cells', fault_gpu: 2 },
		'wants-reset': { fault: 'gpu-requires-reset', fault_gpu: 0, driver: '570.124.06' },
		'unknown-error': { fault: 'gpu-unknown-error', fault_gpu: 1 },
		vanished: { fault: 'gpu-vanished', fault_gpu: 1 },
		inforom: { fault: 'inforom' },
		'no-process-query': { fault: 'apps-fail' },
		'no-ps': { fault: 'no-ps' },
		'unknown-field': { fault: 'unknown-field', fault_field: 'vbios_version' },
		'unknown-own-field': { fault: 'unknown-field', fault_field: 'fan.speed' },
		'no-newline': { fault: 'no-newline' },
		truncated: { fault: 'truncated' },
		dribble: { fault: 'dribble', fault_ms: 1 },
		huge: { fault: 'huge' },
		'many-processes': { fault: 'many-processes' },
		hostile: { fault: 'hostile-names' },
	};
	const columns = ['index', 'temperature.gpu', 'vbios_version', 'memory.used'];
	/** @type {Lab} */
	let lab;
	/** @type {Server} */
	let server;
	/** @type {Record<string, number>} */
	let pids;

	before(async () => {
		lab = await startLab({ hosts, control: { gpus: 3, load: 'busy' } });
		server = await lab.startServer({ config: { interval: 1, columns } });
	});
	after(() => lab.stop());

	/** What is known of a host that is ok. @param {string} name */
	const ok = (name) => server.waitForHost(name, (host) => host.state === 'ok', 'is ok in spite of it');

	/** @param {any} gpu */
	const isWhole = (gpu) => {
		assert.equal(gpu.problem, null);
		for (const key of ['utilization', 'memory_total', 'memory_used', 'temperature', 'power', 'power_limit'])
			assert.equal(typeof gpu[key], 'number', key);
		assert.ok(gpu.cells.every((/** @type {any} */ cell) => typeof cell === 'string' && cell !== ''), `${gpu.cells}`);
		assert.ok(gpu.processes.length > 0 && gpu.processes[0].user && gpu.processes[0].command, JSON.stringify(gpu.processes));
	};

	for (const [name, index, reason] of /** @type {[string, number, string][]} */ ([
		['lost-550', 1, 'GPU is lost'], ['lost-580', 1, 'GPU is lost'], ['lost-580-no-rows', 1, 'GPU is lost'], ['lost-470', 0, 'Unknown Error'],
	]))
		it(`${name}: it has a problem and no values, its neighbours have theirs`, async () => {
			const { gpus, error } = await ok(name);
			assert.equal(error, null);
			assert.deepEqual(gpus.map((/** @type {any} */ gpu) => gpu.index), [0, 1, 2]);
			const [lost] = gpus.splice(index, 1);
			assert.equal(lost.problem, reason);
			assert.deepEqual([lost.utilization, lost.memory_used, lost.temperature], [null, null, null]);
			gpus.forEach(isWhole);
		});

	it('lost-580-free: that nobody is on its neighbours is known', async () => {
		const { gpus } = await ok('lost-580-free');
		assert.deepEqual([gpus[0].processes, gpus[2].processes], [[], []]);
	});

	it('the only one is lost: the host is there, with a GPU that has a problem', async () => {
		const { gpus } = await ok('the-only-one-lost');
		assert.deepEqual(gpus.map((/** @type {any} */ gpu) => [gpu.problem, gpu.utilization]), [['GPU is lost', null]]);
	});

	for (const [name, index, reason] of /** @type {[string, number, string][]} */ ([
		['lost-cells', 2, 'GPU is lost'], ['wants-reset', 0, 'GPU requires reset'], ['unknown-error', 1, 'Unknown Error'],
	]))
		it(`${name}: the driver's words are the GPU's problem, and its neighbours are well`, async () => {
			const { gpus } = await ok(name);
			const [broken] = gpus.splice(index, 1);
			assert.equal(broken.problem, reason);
			assert.equal(broken.temperature, null);
			assert.match(broken.cells[1], new RegExp(reason));
			gpus.forEach(isWhole);
		});

	it('vanished: the others are there, under their numbers', async () => {
		const { gpus } = await ok('vanished');
		assert.deepEqual(gpus.map((/** @type {any} */ gpu) => gpu.index), [0, 2]);
		gpus.forEach(isWhole);
	});

	for (const name of ['inforom', 'no-newline', 'dribble'])
		it(`${name}: nothing of it is lost`, async () => {
			const { gpus } = await ok(name);
			assert.equal(gpus.length, 3);
			gpus.forEach(isWhole);
		});

	it('no-process-query: who is there is not known, which is not nobody', async () => {
		const { gpus } = await ok('no-process-query');
		assert.deepEqual(gpus.map((/** @type {any} */ gpu) => [gpu.processes, typeof gpu.utilization]), Array(3).fill([null, 'number']));
	});

	it('no-ps: the processes are there, with what /proc tells of them', async () => {
		const { gpus } = await ok('no-ps');
		for (const gpu of gpus) {
			assert.ok(gpu.processes.length > 0);
			for (const process of gpu.processes)
				// Of root's own nobody can say who is behind them.
				assert.deepEqual([process.owner, process.command, process.inferred, typeof process.memory, typeof process.name],
					[null, null, process.user === null ? null : 'loginuid', 'number', 'string']);
		}
	});

	it('unknown-field: that column is empty, all others are there', async () => {
		const { gpus } = await ok('unknown-field');
		for (const gpu of gpus) {
			const [index, temperature, unknown, memory] = gpu.cells;
			assert.deepEqual([index, unknown], [String(gpu.index), null]);
			assert.match(`${temperature} ${memory}`, /^\d+ \d+ MiB$/);
			assert.equal(typeof gpu.utilization, 'number');
		}
	});

	it('unknown-own-field: a value that we ask for ourselves is not known, all others are there', async () => {
		const { gpus } = await ok('unknown-own-field');
		assert.deepEqual(gpus.map((/** @type {any} */ gpu) => gpu.fan), [null, null, null]);
		gpus.forEach(isWhole);
	});

	it('truncated: what was cut is not shown as if it were whole', async () => {
		const { state, error, gpus } = await server.waitForHost('truncated', (host) => host.state !== 'connecting', 'is sampled');
		if (state === 'error')
			assert.equal(error.kind, 'bad-output');
		else
			gpus.slice(0, 2).forEach((/** @type {any} */ gpu) => assert.equal(gpu.problem, null));
		const last = gpus[2];
		assert.ok(!last || (last.cells[3] === null || / MiB$/.test(last.cells[3])), JSON.stringify(last));
	});

	it('huge: 64 GPUs are there', async () => {
		assert.equal((await ok('huge')).gpus.length, 64);
	});

	it('many-processes: 64 on each GPU are there, each with its owner', async () => {
		const { gpus } = await ok('many-processes');
		for (const gpu of gpus) {
			assert.ok(gpu.processes.length >= 64, `${gpu.processes.length}`);
			assert.ok(gpu.processes.every((/** @type {any} */ process) => process.user && process.command));
		}
	});

	it('hostile: names stay text, and nothing that they hold is run or believed', async () => {
		const { gpus } = await ok('hostile');
		assert.equal(gpus.length, 3);
		const reply = await server.get('/api/v1/hosts/hostile');
		const names = gpus.flatMap((/** @type {any} */ gpu) => gpu.processes.map((/** @type {any} */ process) => process.name));
		assert.ok(names.some((/** @type {any} */ name) => name?.includes('<script>')), JSON.stringify(names));
		assert.doesNotMatch(reply.body, /[\0-\x1f\x7f]/);
		const table = await server.get('/', { headers: { Accept: '*/*' } });
		assert.doesNotMatch(table.body, /[\0-\x09\x0b-\x1f\x7f]/);
		assert.equal(fs.readdirSync('.').includes('owned'), false);
		assert.equal(fs.existsSync(path.join(process.env.HOME ?? '', 'owned')), false);
	});

	it('is over when it is mended, in the same sessions', async () => {
		pids = sessionsOf(server);
		assert.equal(Object.keys(pids).length, Object.keys(hosts).length);
		for (const name of Object.keys(hosts))
			lab.heal(name);
		// Else it would have fewer GPUs than before.
		lab.set('huge', { gpus: 64 });
		const counts = /** @type {Record<string, number>} */ ({ 'the-only-one-lost': 1, huge: 64 });
		// All GPUs are looked at once in twelve samples when some are lost.
		await server.waitFor((snapshot) => snapshot.hosts.every((/** @type {any} */ host) => host.state === 'ok'
			&& host.gpus.length === (counts[host.name] ?? 3)
			&& host.gpus.every((/** @type {any} */ gpu) => gpu.problem === null && gpu.processes?.every((/** @type {any} */ process) => process.user))), 'all are well');
		assert.deepEqual(sessionsOf(server), pids);
		const { gpus } = hostOf(await server.snapshot(), 'unknown-field');
		assert.deepEqual(gpus.map((/** @type {any} */ gpu) => gpu.cells[2]), [null, null, null], 'this driver does not know it');
	});

	it('unknown-field: is asked for again when the driver is another', async () => {
		lab.set('unknown-field', { driver: '560.35.03' });
		await server.waitForHost('unknown-field', (host) => host.driver === '560.35.03' && host.gpus.every((/** @type {any} */ gpu) => gpu.cells[2]), 'is known now');
		assert.equal(sessionsOf(server)['unknown-field'], pids['unknown-field']);
	});
});

/** @param {string} program */
const missing = (program) => !(process.env.PATH ?? '').split(':').some((dir) => fs.existsSync(path.join(dir, program))) && `${program} is not installed`;

describe('ssh in trouble', () => {
	/** @type {Lab} */
	let lab;
	/** @type {Server} */
	let server;
	/** @type {net.Server} */
	let silent;
	/** @type {Set<net.Socket>} */
	const held = new Set();
	let plainConfig = '';

	before(async () => {
		lab = await startLab({
			hosts: ['dns', 'refused', 'unreachable', 'auth', 'changed-key', 'unknown-key', 'silent', 'nologin', 'stuck', 'chatty', 'endless', 'csh', 'fish',
				'no-timeout', 'busybox-timeout', 'no-nvidia-smi'],
			control: { gpus: 1, load: 'busy' },
		});
		silent = net.createServer((socket) => {
			held.add(socket);
			socket.on('error', () => {});
		}).listen(0, '127.0.0.1');
		await once(silent, 'listening');
		plainConfig = fs.readFileSync(path.join(lab.dir, 'ssh_config'), 'utf8');
		execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(lab.dir, 'other_key')]);
		fs.appendFileSync(path.join(lab.dir, 'known_hosts'), `changed ${fs.readFileSync(path.join(lab.dir, 'other_key.pub'), 'utf8')}`);
		configureSsh(lab, {
			dns: ['HostName no-such-host.invalid'],
			refused: [`Port ${await freePort()}`],
			unreachable: ['HostName 224.0.0.1'],
			auth: ['PubkeyAuthentication no'],
			'changed-key': ['HostKeyAlias changed'],
			'unknown-key': ['HostKeyAlias never-seen'],
			silent: [`Port ${/** @type {net.AddressInfo} */ (silent.address()).port}`],
		});
		const tools = path.join(lab.dir, 'tools');
		writeProgram(lab, 'tools/none/timeout', '#!/bin/sh\nexit 127\n');
		writeProgram(lab, 'tools/busybox/timeout', '#!/bin/sh\ncase $1 in -*) exit 1 ;; esac\nexec /usr/bin/timeout "$@"\n');
		setLogins(lab, {
			nologin: 'echo "This account is currently not available."; exit 1',
			stuck: 'exec cat >/dev/null',
			chatty: 'i=0; while [ $i -lt 1600 ]; do echo "Welcome to node $i of the cluster, dear user! 0123456789 0123"; i=$((i + 1)); done\n'
				+ 'printf "no end of line"; exec sh -c "$SSH_ORIGINAL_COMMAND"',
			endless: 'exec yes "I will not stop"',
			csh: 'HOME=$LAB_DIR exec csh -c "$SSH_ORIGINAL_COMMAND"',
			fish: 'unset XDG_CONFIG_HOME XDG_DATA_HOME; HOME=$LAB_DIR exec fish -c "$SSH_ORIGINAL_COMMAND"',
			'no-timeout': `PATH=${tools}/none:$PATH exec sh -c "$SSH_ORIGINAL_COMMAND"`,
			'busybox-timeout': `PATH=${tools}/busybox:$PATH exec sh -c "$SSH_ORIGINAL_COMMAND"`,
		});
		server = await lab.startServer({
			config: {
				hosts: lab.hosts.map((name) => name === 'no-nvidia-smi' ? { address: name, nvidia_smi: '/nowhere/nvidia-smi' } : name),
				nvidia_smi_timeout: 2,
				ssh: { command: lab.sshCommand, connect_timeout: 2, login_timeout: 5 },
			},
		});
	});
	after(async () => {
		await lab.stop();
		held.forEach((socket) => socket.destroy());
		silent.close();
	});

	for (const [name, kind, message, hint] of /** @type {[string, string, RegExp, RegExp][]} */ ([
		['dns', 'dns', /Could not resolve hostname no-such-host\.invalid/, /^getent hosts no-such-host\.invalid /],
		['refused', 'refused', /Connection refused/, /is sshd running/],
		['unreachable', 'unreachable', /Network is unreachable/, /./],
		['auth', 'auth', /Permission denied \(publickey\)/, /^ssh-copy-id auth/],
		['changed-key', 'host-key', /host key for changed has changed/i, /^ssh-keygen -f '\S+' -R 'changed' && ssh /],
		['unknown-key', 'host-key', /[Hh]ost key/, /^ssh unknown-key /],
		['silent', 'timeout', /timed out/, /./],
		['nologin', 'shell', /status 1: This account is currently not available\.$/, /exec sh/],
		['stuck', 'timeout', /login/, /ssh -v/],
		['endless', 'shell', /more than 1 MiB/, /rc files/],
		['no-nvidia-smi', 'no-nvidia-smi', /\/nowhere\/nvidia-smi/, /nvidia_smi/],
	]))
		it(`${name} is told as ${kind}`, async () => {
			const { state, error, gpus, sampled } = await server.waitForHost(name, (host) => host.error, 'is in error');
			assert.deepEqual([state, error.kind, gpus.length, sampled], ['error', kind, 0, null], JSON.stringify(error));
			assert.match(error.message, message);
			assert.match(error.hint, hint);
		});

	it('100 KB of an rc file before the probe are passed over', async () => {
		assert.equal((await server.waitForHost('chatty', (host) => host.state === 'ok', 'is ok')).gpus.length, 1);
	});

	for (const shell of ['csh', 'fish'])
		it(`a login shell that is ${shell} will do`, { skip: missing(shell) }, async () => {
			assert.equal((await server.waitForHost(shell, (host) => host.state === 'ok', 'is ok')).gpus.length, 1);
		});

	it('a host without timeout(1) is watched, and its hanging nvidia-smi is told', async () => {
		await server.waitForHost('no-timeout', (host) => host.state === 'ok', 'is ok');
		const pid = sessionsOf(server)['no-timeout'];
		lab.set('no-timeout', { fault: 'hang' });
		const { error } = await server.waitForHost('no-timeout', (host) => host.error, 'is in error');
		assert.equal(error.kind, 'nvidia-smi-hangs');
		lab.heal('no-timeout');
		await server.waitForHost('no-timeout', (host) => host.state === 'ok', 'is ok again');
		assert.equal(sessionsOf(server)['no-timeout'], pid);
	});

	it('a host with a timeout(1) that knows no options is watched, and its hanging nvidia-smi is ended', async () => {
		await server.waitForHost('busybox-timeout', (host) => host.state === 'ok', 'is ok');
		lab.set('busybox-timeout', { fault: 'hang' });
		const hanging = await until(() => lab.farProcesses('busybox-timeout').find((far) => far.name === 'nvidia-smi'), 'it hangs');
		await until(() => !lab.farProcesses('busybox-timeout').some((far) => far.pid === hanging.pid), 'it is ended');
		const { error } = await server.waitForHost('busybox-timeout', (host) => host.error, 'is in error');
		assert.equal(error.kind, 'nvidia-smi-hangs');
		lab.heal('busybox-timeout');
		await server.waitForHost('busybox-timeout', (host) => host.state === 'ok', 'is ok again');
	});

	it('is over by itself when it is mended', async () => {
		fs.writeFileSync(path.join(lab.dir, 'ssh_config'), plainConfig);
		fs.rmSync(path.join(lab.dir, 'logins'), { recursive: true });
		held.forEach((socket) => socket.destroy());
		await server.waitFor((snapshot) => snapshot.hosts.every((/** @type {any} */ host) => host.state === 'ok' || host.name === 'no-nvidia-smi'), 'all are ok');
		assert.equal(Object.keys(sessionsOf(server)).length, lab.hosts.length);
	});
});
