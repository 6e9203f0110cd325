// Sessions: one ssh a host for as long as it stands, logins that take turns, and an end that leaves nothing, here and there.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { labBin, readProcess, startLab, until, within } from '../lab/lab.mjs';
import { allGone, allOk, childrenOf, moreSamples, run, sessionsOf, sshPath, writeProgram } from './harness.mjs';

/** @typedef {import('../lab/lab.mjs').Lab} Lab */

/** @type {Lab} */
let lab;

before(async () => {
	lab = await startLab({ hosts: ['a', 'b', 'c'], control: { gpus: 1 } });
});
after(() => lab.stop());
afterEach(() => lab.hosts.forEach((host) => lab.heal(host)));

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
		const env = { PATH: `${labBin}:${process.env.PATH}`, LAB_DIR: lab.dir, LAB_HOST: 'a' };
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
			const env = { PATH: `${labBin}:${process.env.PATH}`, LAB_DIR: lab.dir, LAB_HOST: 'b' };
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
				process.kill(pid, 'SIGKILL');
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
		const server = await many.startServer({ config: { interval: 2, ssh: { command: ssh } } });
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
