// Sessions: one ssh a host for as long as it stands, logins that take turns, and an end that leaves nothing, here and there.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { readProcess, startLab, until, within } from '../lab/lab.mjs';
import { signal } from '../lab/processes.mjs';
import { allGone, allOk, childrenOf, configureSsh, hostOf, localEnv, moreSamples, run, sessionsOf, setLogins, sshPath, writeProgram } from './harness.mjs';

/** @typedef {import('../lab/lab.mjs').Lab} Lab */

/** @type {Lab} */
let lab;

before(async () => {
	lab = await startLab({ hosts: ['a', 'b', 'c'], control: { gpus: 1, load: 'busy' } });
});
after(() => lab.stop());
afterEach(async () => {
	await lab.stopServers();
	lab.hosts.forEach((host) => lab.heal(host));
});

/** @param {string[]} hosts */
const nothingLeft = (...hosts) => until(() => hosts.every((host) => lab.farProcesses(host).length === 0), 'nothing is left on the far side',
	{ show: () => hosts.flatMap((host) => lab.farProcesses(host)) });

describe('a session', () => {
	it('is one ssh child a host, the same over many samples', async () => {
		const server = await lab.startServer();
		await server.waitFor(allOk, 'all are ok');
		const pids = sessionsOf(server);
		assert.deepEqual(Object.keys(pids).sort(), ['a', 'b', 'c']);
		for (const pid of Object.values(pids))
			assert.match(readProcess(pid)?.args ?? '', /^ssh .* -T .*-oBatchMode=yes .*-oClearAllForwardings=yes .*-oForwardAgent=no /);
		await Promise.all(lab.hosts.map((host) => moreSamples(server, host, 5)));
		assert.deepEqual(sessionsOf(server), pids);
		assert.equal(await server.stop(), 0);
	});

	it('needs no ssh for this machine', async () => {
		const env = localEnv(lab, 'a');
		const server = await lab.startServer({ config: { localhost: true, hosts: [], ssh: { command: '/nowhere/ssh' } }, env });
		await server.waitForHost('localhost', (host) => host.state === 'ok' && host.gpus.length === 1, 'is ok');
		const pids = sessionsOf(server);
		assert.deepEqual(Object.keys(pids), ['localhost']);
		await moreSamples(server, 'localhost', 3);
		assert.deepEqual(sessionsOf(server), pids);
		assert.equal(await server.stop(), 0);
	});

	it('that is killed on the far side is told as closed, and begins anew by itself', async () => {
		const server = await lab.startServer();
		await server.waitFor(allOk, 'all are ok');
		const pids = sessionsOf(server), events = server.events();
		await events.next();
		lab.killSessions('b');
		const { data } = await events.find((event) => event.event === 'hosts' && event.data.some((/** @type {any} */ host) => host.error));
		const { name, state, error, gpus } = data.find((/** @type {any} */ host) => host.error);
		assert.deepEqual([name, state, error.kind, gpus.length], ['b', 'error', 'closed', 1]);
		assert.match(error.message, /closed by remote host|Connection reset|Broken pipe/);
		events.close();
		await server.waitForHost('b', (host) => host.state === 'ok' && host.error === null, 'is ok again');
		const now = sessionsOf(server);
		assert.deepEqual([now.a, now.c], [pids.a, pids.c]);
		assert.notEqual(now.b, pids.b);
		assert.equal(await server.stop(), 0);
	});

	for (const host of ['a', 'localhost'])
		it(`whose child is killed here says so, and begins anew (${host})`, async () => {
			const env = localEnv(lab, 'b');
			const server = await lab.startServer({ config: { hosts: [host] }, env });
			await server.waitFor(allOk, 'it is ok');
			const { [host]: pid = 0 } = sessionsOf(server), events = server.events();
			await events.next();
			process.kill(pid, 'SIGKILL');
			const { data } = await events.find((event) => event.event === 'hosts' && event.data.some((/** @type {any} */ one) => one.error));
			assert.match(data[0].error.message, /signal 9/);
			assert.equal(data[0].error.kind, 'closed');
			events.close();
			await server.waitFor(allOk, 'it is ok again');
			assert.notEqual(sessionsOf(server)[host], pid);
			assert.equal(await server.stop(), 0);
		});

	it('goes on when a sample was killed on the far side, by want of memory, say', async () => {
		lab.set('a', { fault: 'hang' });
		const server = await lab.startServer({ config: { hosts: ['a'], nvidia_smi_timeout: 1 } });
		await until(() => lab.farProcesses('a').some((far) => far.name === 'nvidia-smi'), 'nvidia-smi hangs');
		// All of the host's but the probe itself, which is the one whose parent is none of them.
		const far = lab.farProcesses('a'), pids = far.map(({ pid }) => pid);
		lab.heal('a');
		for (const { pid, ppid } of far)
			if (pids.includes(ppid))
				signal(pid, 'SIGKILL');
		await server.waitForHost('a', (host) => host.state === 'ok', 'is ok', { seconds: 30 });
		assert.equal(await server.stop(), 0);
	});

	it('is tried again, less and less often, and comes back when sshd does', async (t) => {
		const own = await startLab({ hosts: { a: { gpus: 1 } } });
		t.after(() => own.stop());
		const server = await own.startServer();
		await server.waitFor(allOk, 'a is ok');
		await own.stopSshd();
		own.killSessions('a');
		const tries = new Set();
		let since = 0;
		await server.waitForHost('a', ({ state, error, gpus }) => {
			if (error?.kind !== 'refused')
				return false;
			assert.deepEqual([state, gpus.length], ['error', 1]);
			assert.match(error.message, /Connection refused/);
			assert.match(error.hint, /sshd/);
			since ||= error.since;
			assert.equal(error.since, since, 'the same trouble goes on');
			if (error.next_try !== null)
				tries.add(error.next_try);
			return tries.size === 3;
		}, 'is tried three times');
		const [first, second, third] = [...tries];
		assert.ok(first > since && second > first && third > second, `${since} ${[...tries]}`);
		// 2, 4 and 8 s, each a quarter more or less at random.
		assert.ok(third - second > second - first, `${[...tries]}`);
		await own.startSshd();
		await server.waitForHost('a', (host) => host.state === 'ok' && host.error === null, 'is ok again');
		assert.equal(server.stderr.match(/^nvwebmon: a: refused: /gm)?.length, 1, 'the log tells of it once');
		assert.match(server.stderr, /^nvwebmon: a: well again$/m);
		assert.equal(await server.stop(), 0);
	});

	it('with an overdue sample is stale, and shows what it knew', async () => {
		const server = await lab.startServer({ config: { hosts: ['a'] } });
		const { sampled } = await server.waitForHost('a', (host) => host.state === 'ok', 'is ok');
		const pids = sessionsOf(server);
		lab.set('a', { fault: 'hang' });
		const { error, gpus, ...late } = await server.waitForHost('a', (host) => host.state !== 'ok', 'is overdue');
		assert.deepEqual([late.state, error, gpus.length], ['stale', null, 1]);
		assert.ok(late.sampled >= sampled && late.since - late.sampled >= 5);
		lab.heal('a');
		await server.waitForHost('a', (host) => host.state === 'ok' && host.sampled > late.sampled, 'is ok again');
		assert.deepEqual(sessionsOf(server), pids);
		assert.equal(await server.stop(), 0);
	});

	it('whose ssh is not there says so', async () => {
		const server = await lab.startServer({ config: { hosts: ['a'], ssh: { command: '/nowhere/ssh' } } });
		const { error } = await server.waitForHost('a', (host) => host.error, 'is in error');
		assert.equal(error.kind, 'ssh');
		assert.match(error.message, /\/nowhere\/ssh: no such file or directory/);
		assert.match(error.hint, /ssh\.command/);
		assert.equal(await server.stop(), 0);
	});

	it('counts what it costs', async () => {
		const server = await lab.startServer({ config: { hosts: ['a'] } });
		await server.waitForHost('a', (host) => host.state === 'ok', 'is ok');
		await moreSamples(server, 'a', 3);
		const { session, sampled } = hostOf(await server.snapshot(), 'a');
		assert.deepEqual([session.logins, session.attempts, session.keeps_driver], [1, 1, false]);
		assert.ok(session.connected <= sampled && session.connected > sampled - 60, `${session.connected}`);
		assert.ok(session.samples >= 4 && session.bytes_out > 5000 && session.bytes_in > 1000, JSON.stringify(session));
		assert.ok(session.probe_cpu_ms > 0 && session.probe_cpu_ms < 1000, JSON.stringify(session));
		lab.killSessions('a');
		const anew = (await server.waitForHost('a', (host) => host.state === 'ok' && host.session.logins === 2, 'is ok again')).session;
		assert.equal(anew.attempts, 2);
		assert.ok(anew.connected > session.connected && anew.samples > session.samples && anew.bytes_in > session.bytes_in, JSON.stringify(anew));
		assert.equal(await server.stop(), 0);
	});

	it('tells of the last error that is over, how long it stood and what was said', async () => {
		const server = await lab.startServer({ config: { hosts: ['a'] } });
		const well = await server.waitForHost('a', (host) => host.state === 'ok', 'is ok');
		assert.equal(well.session.last_error, null);
		lab.set('a', { fault: 'driver-not-loaded' });
		const { error, session, sampled } = await server.waitForHost('a', (host) => host.error, 'is in error');
		assert.equal(session.last_error, null, 'it is not over');
		lab.heal('a');
		const healed = await server.waitForHost('a', (host) => host.state === 'ok', 'is ok again');
		const { until: over, ...last } = healed.session.last_error;
		assert.deepEqual([healed.error, last], [null, { kind: 'no-driver', message: error.message, since: error.since }]);
		assert.ok(error.since > sampled && over > error.since && over <= healed.sampled, `${sampled} ${error.since} ${over} ${healed.sampled}`);
		assert.equal(healed.session.logins, 1);

		lab.killSessions('a');
		const anew = await server.waitForHost('a', (host) => host.state === 'ok' && host.session.logins === 2, 'is ok after a new login');
		assert.equal(anew.session.last_error.kind, 'closed');
		assert.ok(anew.session.last_error.since > over && anew.session.last_error.until <= anew.sampled, JSON.stringify(anew.session));
		await moreSamples(server, 'a', 2);
		assert.deepEqual(hostOf(await server.snapshot(), 'a').session.last_error, anew.session.last_error);
		assert.equal(await server.stop(), 0);
	});

	it('asks for the disk and the clock between two samples, and waits for neither', async () => {
		lab.set('b', { fault: 'df-hangs' });
		const server = await lab.startServer({ config: { hosts: ['a', 'b'] } });
		const { machine } = await server.waitForHost('a', (host) => host.machine?.disk, 'tells its disk');
		assert.ok(machine.disk.size > 0 && Math.abs(machine.clock_ahead) < 60, JSON.stringify(machine));
		await moreSamples(server, 'b', 3);
		assert.deepEqual(hostOf(await server.snapshot(), 'b').machine.disk, null);
		assert.equal(await server.stop(), 0);
	});

	it('whose ps hangs goes on to tell of its GPUs, and of whose the processes are when it comes back', async () => {
		const server = await lab.startServer({ config: { hosts: ['a'], nvidia_smi_timeout: 1 } });
		await server.waitForHost('a', (host) => host.state === 'ok', 'is ok');
		const pids = sessionsOf(server);
		lab.set('a', { fault: 'ps-hangs' });
		const first = await server.waitForHost('a', (now) => now.process_problem, 'says so');
		assert.match(first.process_problem, /^ps does not come back/);
		await moreSamples(server, 'a', 5);
		const { state, error, gpus, sampled } = hostOf(await server.snapshot(), 'a');
		assert.deepEqual([state, error, gpus[0].problem], ['ok', null, null]);
		assert.ok(sampled > first.sampled);
		lab.heal('a');
		// It is tried again every minute.
		await server.waitForHost('a', (now) => now.state === 'ok' && now.process_problem === null, 'is as before', { seconds: 120 });
		assert.deepEqual(sessionsOf(server), pids);
		assert.equal(await server.stop(), 0);
	});

	it('starts no nvidia-smi behind one that was left by a server that was killed', async () => {
		const config = { hosts: ['a'], nvidia_smi_timeout: 3 };
		const running = () => lab.farProcesses('a').filter(({ name }) => name === 'nvidia-smi').map(({ pid }) => pid);
		let server = await lab.startServer({ config });
		await server.waitForHost('a', (host) => host.state === 'ok', 'is ok');
		lab.set('a', { fault: 'unkillable' });
		const [pid = 0] = await until(() => (running().length > 0 ? running() : null), 'nvidia-smi hangs');
		for (let i = 0; i < 2; i++) {
			await server.kill();
			await until(() => lab.farProcesses('a').every(({ name }) => name !== 'sh'), 'its shell is gone');
			// Into the /proc of this host.
			fs.rmSync(path.join(lab.dir, `proc/a/${pid}`), { recursive: true, force: true });
			fs.symlinkSync(`/proc/${pid}`, path.join(lab.dir, `proc/a/${pid}`));
			server = await lab.startServer({ config });
			// Where the machine is slow it may be late first.
			const { error } = await server.waitForHost('a', (host) => /since before this session/.test(host.error?.message), 'is found to hang');
			assert.deepEqual([error.kind, error.message.split(')')[0]], ['nvidia-smi-hangs', `nvidia-smi (PID ${pid}`]);
			assert.deepEqual(running(), [pid]);
		}
		const pids = sessionsOf(server);
		lab.heal('a');
		await server.waitForHost('a', (host) => host.state === 'ok' && host.error === null, 'is ok again');
		assert.deepEqual(sessionsOf(server), pids);
		assert.equal(await server.stop(), 0);
	});

	it('is not blamed for our own sleep', async (t) => {
		// Longer than every limit here: stale after 7 s, overdue after 4 s. There is always a sample of c under way.
		const seconds = 10;
		lab.set('c', { fault: 'slow', fault_seconds: 1 });
		const server = await lab.startServer({ config: { interval: 1, nvidia_smi_timeout: 2 } });
		await server.waitFor(allOk, 'all are ok');
		const pids = sessionsOf(server), events = server.events();
		await events.next();
		server.child.kill('SIGSTOP');
		await wait(seconds * 1000);
		server.child.kill('SIGCONT');
		const resumed = Date.now() / 1000;
		const snapshot = await server.waitFor((now) => now.hosts.every((/** @type {any} */ host) => host.state === 'ok' && host.sampled > resumed + 1), 'samples go on');
		t.diagnostic(`all were sampled again ${(Math.max(...snapshot.hosts.map((/** @type {any} */ host) => host.sampled)) - resumed).toFixed(1)} s later at most`);
		events.close();
		const told = events.all.flatMap(({ event, data }) => (event === 'snapshot' ? data.hosts : data));
		assert.deepEqual(told.filter((host) => host.error).map((host) => [host.name, host.error]), []);
		assert.deepEqual(told.filter((host) => host.sample_ms > 5000).map((host) => [host.name, host.sample_ms]), [], 'our sleep is not in it');
		assert.deepEqual(sessionsOf(server), pids);
		assert.match(server.stderr, /^nvwebmon: this process did not run for about (9|1\d) s$/m);
		assert.equal(server.stderr.match(/did not run/g)?.length, 1);
		assert.equal(await server.stop(), 0);
	});

	it('is given up when a locked-down key has a probe of another version', async (t) => {
		const own = await startLab({ hosts: { a: { gpus: 1 } } });
		t.after(() => own.stop());
		setLogins(own, { a: 'echo "@ready 1"; exec cat >/dev/null' });
		const server = await own.startServer();
		const { error } = await server.waitForHost('a', (host) => host.error, 'is in error');
		assert.equal(error.kind, 'shell');
		assert.match(error.message, /probe .* of another version/);
		assert.equal(error.hint, "nvwebmon probe a | ssh a 'cat >.nvwebmon-probe'");
		assert.equal(await server.stop(), 0);
	});
});

describe('an ssh_config', () => {
	/** @type {Lab} */
	let own;

	before(async () => {
		own = await startLab({ hosts: ['null', 'none', 'fork', 'plain'], control: { gpus: 1 } });
		configureSsh(own, {
			null: ['StdinNull yes'], none: ['SessionType none'], fork: ['ForkAfterAuthentication yes'],
			'*': ['IgnoreUnknown Frobnicate', 'Frobnicate yes'],
		});
	});
	after(() => own.stop());

	it('cannot take our pipes or our command away', async () => {
		const server = await own.startServer();
		await server.waitFor(allOk, 'all are ok');
		for (const { name, session } of (await server.snapshot()).hosts)
			assert.deepEqual([session.attempts, session.logins], [1, 1], name);
		assert.equal(await server.stop(), 0);
	});

	it('and an ssh that is too old for that is enough', async () => {
		const log = path.join(own.dir, 'words');
		const ssh = writeProgram(own, 'old-ssh', `#!/bin/sh
echo "$*" >>${log}
case "$*" in *StdinNull*)
	echo 'command-line: line 0: Bad configuration option: stdinnull' >&2
	exit 255
esac
exec ${sshPath} -F ${own.dir}/ssh_config "$@"
`);
		const server = await own.startServer({ config: { hosts: ['plain'], ssh: { command: ssh } } });
		await server.waitFor(allOk, 'it is ok');
		const { session, error } = hostOf(await server.snapshot(), 'plain');
		assert.deepEqual([session.attempts, session.logins, error], [1, 1, null]);
		own.killSessions('plain');
		await server.waitForHost('plain', (host) => host.state === 'ok' && host.session.logins === 2, 'is ok again');
		const words = fs.readFileSync(log, 'utf8').trim().split('\n');
		assert.deepEqual(words.map((line) => line.includes('StdinNull')), [true, false, false], 'it is remembered');
		assert.doesNotMatch(server.stderr, /Bad configuration/);
		assert.equal(await server.stop(), 0);
	});

	it('and an ssh that may say nothing leave us a guess', async () => {
		const server = await own.startServer({ config: { hosts: ['plain'], ssh: { command: [...own.sshCommand, '-q', '-oProxyCommand=false'] } } });
		const { error } = await server.waitForHost('plain', (host) => host.error, 'is in error');
		assert.match(error.hint, /-q, or LogLevel QUIET/);
		assert.equal(await server.stop(), 0);
	});
});

describe('logins', () => {
	const hosts = Array.from({ length: 30 }, (_, i) => `many${i}`);
	/** @type {Lab} */
	let many;

	before(async () => {
		many = await startLab({ hosts, control: { gpus: 1, load: 'free' } });
	});
	after(() => many.stop());

	it('take turns: eight at a time, and who waits for long keeps nobody', async () => {
		// An ssh that writes down when it was started (seconds after boot), and goes on when it is let.
		const log = path.join(many.dir, 'starts');
		const ssh = writeProgram(many, 'slow-ssh', `#!/bin/sh
read -r now rest </proc/uptime
echo "$now" >>${log}
while [ ! -e ${many.dir}/go ]; do
	[ -d ${many.dir} ] || exit
	sleep 0.1
done
exec ${sshPath} -F ${many.dir}/ssh_config "$@"
`);
		fs.writeFileSync(log, '');
		const server = await many.startServer({ config: { interval: 2, ssh: { command: ssh, connect_timeout: 300, login_timeout: 600 } } });
		const starts = () => fs.readFileSync(log, 'utf8').trim().split('\n').map(Number).sort((a, b) => a - b);
		await until(() => starts().length > 8, 'the ninth has its turn');
		assert.equal((await server.snapshot()).hosts.filter((/** @type {any} */ host) => host.state === 'connecting').length, 30);
		// A turn is over after 2 s, however little came of it: until then there are eight.
		const [first = 0, ...others] = starts();
		assert.ok((others[7] ?? 0) - first > 1.2, `${[first, ...others]}`);

		fs.writeFileSync(path.join(many.dir, 'go'), '');
		await server.waitFor(allOk, 'all are ok');
		assert.equal(Object.keys(sessionsOf(server)).length, 30);
		assert.equal(starts().length, 30, 'each logged in once');
		assert.equal(await server.stop(), 0);
	});

	it('are as many at a time as ssh.handshakes says', async () => {
		// It never becomes anything, and ends with its stdin.
		const ssh = writeProgram(many, 'stuck-ssh', '#!/bin/sh\nexec cat\n');
		const server = await many.startServer({ config: { ssh: { command: ssh, handshakes: 3 } } });
		await until(() => childrenOf(server.pid).length > 3, 'the fourth has its turn');
		const pids = childrenOf(server.pid);
		assert.equal(await server.stop(), 0);
		await allGone(pids);
	});
});

describe('the end', () => {
	it('by SIGTERM is exit status 0, and nothing is left, here and there', async () => {
		const server = await lab.startServer();
		await server.waitFor(allOk, 'all are ok');
		const pids = childrenOf(server.pid);
		assert.equal(pids.length, 3);
		assert.equal(await server.stop(), 0);
		await allGone(pids);
		await nothingLeft('a', 'b', 'c');
	});

	it('by SIGTERM ends an nvidia-smi that hangs', async () => {
		lab.set('a', { fault: 'hang' });
		const server = await lab.startServer({ config: { hosts: ['a'] } });
		await until(() => lab.farProcesses('a').some((far) => far.name === 'nvidia-smi'), 'nvidia-smi hangs on a');
		assert.equal(await server.stop(), 0);
		await nothingLeft('a');
	});

	it('by SIGTERM comes in the midst of logins, too', async () => {
		const server = await lab.startServer();
		await until(() => childrenOf(server.pid).length > 0, 'a login begins');
		const pids = childrenOf(server.pid);
		assert.equal(await server.stop(), 0);
		await allGone(pids);
		await nothingLeft('a', 'b', 'c');
	});

	it('waits for a child that ignores it, and kills it', async () => {
		const ssh = writeProgram(lab, 'stubborn-ssh', '#!/bin/sh\ntrap "" TERM\nwhile [ -d "$LAB_DIR" ]; do sleep 0.1; done\n');
		const server = await lab.startServer({ config: { hosts: ['a'], ssh: { command: ssh } }, env: { LAB_DIR: lab.dir } });
		await until(() => childrenOf(server.pid).length > 0, 'the child is started');
		const pids = childrenOf(server.pid);
		assert.equal(await server.stop(), 0);
		await allGone(pids);
	});

	it('comes at once when it is asked for twice', async () => {
		const ssh = writeProgram(lab, 'stubborn-ssh', '#!/bin/sh\ntrap "" TERM\nwhile [ -d "$LAB_DIR/hosts" ] && [ ! -e "$LAB_DIR/enough" ]; do sleep 0.1; done\n');
		const server = await lab.startServer({ config: { hosts: ['a'], ssh: { command: ssh } }, env: { LAB_DIR: lab.dir } });
		await until(() => childrenOf(server.pid).length > 0, 'the child is started');
		const pids = childrenOf(server.pid);
		server.child.kill('SIGINT');
		await until(() => /stopping/.test(server.stderr), 'it says that it stops');
		server.child.kill('SIGINT');
		assert.equal(await within(server.exited, 'it ends'), 130);
		fs.writeFileSync(path.join(lab.dir, 'enough'), '');
		await until(() => pids.every((pid) => readProcess(pid) === null), 'the child ends by itself');
	});

	it('by SIGKILL leaves no probe and no nvidia-smi on the far side, within 2 s', async (t) => {
		for (const host of lab.hosts)
			lab.set(host, { fault: 'hang' });
		const server = await lab.startServer();
		await until(() => lab.hosts.every((host) => lab.farProcesses(host).some((far) => far.name === 'nvidia-smi')), 'nvidia-smi hangs everywhere');
		const pids = childrenOf(server.pid);
		const killed = process.hrtime.bigint();
		await server.kill('SIGKILL');
		await nothingLeft(...lab.hosts);
		const seconds = Number(process.hrtime.bigint() - killed) / 1e9;
		t.diagnostic(`nothing was left after ${seconds.toFixed(2)} s`);
		assert.ok(seconds < 2, `${seconds} s`);
		await until(() => pids.every((pid) => readProcess(pid) === null), 'our ssh are gone, too');
	});

	it('of list leaves nothing either', async () => {
		const { code } = await run(['list', '--config', lab.writeConfig()]);
		assert.equal(code, 0);
		await nothingLeft('a', 'b', 'c');
	});
});
