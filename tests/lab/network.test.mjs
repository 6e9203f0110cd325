// The lab's network: whether its links do what they are told, its hosts are what they are said to be, and nothing of it stays.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { oldProbe, processesWith, startLab, until, whyNoNetwork } from './lab.mjs';
import { allPids } from './processes.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const quick = ['-T', '-oBatchMode=yes', '-oConnectTimeout=2'];

/**
 * One login from the server's side, to its end.
 *
 * @param {import('./lab.mjs').Lab} lab
 * @param {string} host
 * @param {string} [command]
 */
function login(lab, host, command = 'exec sh') {
	const [program = '', ...args] = [...lab.enter, ...lab.sshCommand, ...quick, host, command];
	const input = 'echo "$LAB_HOST $(uname -n)"; for name in nvidia-smi timeout ps; do command -v $name; done\n';
	const { status, stdout, stderr } = spawnSync(program, args, { input, encoding: 'utf8' });
	return { status, stdout, stderr };
}

/**
 * A session that stands.
 *
 * @param {import('./lab.mjs').Lab} lab
 * @param {string} host
 */
function stand(lab, host) {
	const [program = '', ...args] = [...lab.enter, ...lab.sshCommand, ...quick, host, 'exec cat'];
	const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
	let text = '';
	child.stdout.on('data', (piece) => (text += piece));
	return { child, exited: once(child, 'close'), output: () => text };
}

/**
 * What the server's side believes of the other end of a host's link.
 *
 * @param {import('./lab.mjs').Lab} lab
 * @param {string} host
 */
function neighbours(lab, host) {
	const [program = '', ...args] = [...lab.enter, 'ip', 'neigh', 'show', lab.address(host)];
	return spawnSync(program, args, { encoding: 'utf8' }).stdout;
}

describe('a lab with a network', { skip: whyNoNetwork() }, () => {
	/** @type {import('./lab.mjs').Lab} */
	let lab;

	before(async () => {
		lab = await startLab({
			network: true,
			control: { gpus: 1 },
			hosts: {
				node0: {}, node1: {},
				csh: { login: { shell: 'csh', rc: 'hello from csh\n' } },
				fish: { login: { shell: 'fish', rc: 'hello from fish\n' } },
				nologin: { login: { shell: 'nologin' } },
				chatty: { login: { rc: 'Welcome to the cluster\n'.repeat(5000) } },
				bare: { login: { tools: { timeout: null, ps: null } } },
				'no-gpu': { login: { tools: { 'nvidia-smi': null } } },
				'other-tools': { login: { tools: { timeout: '#!/bin/sh\necho "not this time"\n' } } },
				password: { login: { auth: 'password' } },
				'wrong-key': { login: { auth: 'wrong-key' } },
				'changed-key': { login: { hostKey: 'changed' } },
				'unknown-key': { login: { hostKey: 'unknown' } },
				old: { login: { probe: oldProbe } },
				reboot: { login: { rebootRequired: true } },
			},
		});
	});
	after(() => lab.stop());

	it('has hosts with a name and an address each, that are found by name', () => {
		for (const host of ['node0', 'node1'])
			assert.equal(login(lab, host).stdout.split('\n')[0], `${host} ${host}`);
		assert.notEqual(lab.address('node0'), lab.address('node1'));
		assert.match(login(lab, 'nowhere').stderr, /Could not resolve hostname nowhere: Name or service not known/);
	});

	it('cuts a link without a word: a session hears nothing until it is mended, a login runs into its timeout', async () => {
		const session = stand(lab, 'node0'), other = stand(lab, 'node1');
		session.child.stdin.write('before\n');
		await until(() => session.output() === 'before\n', 'the session stands');
		lab.setLink('node0', 'cut');
		assert.match(neighbours(lab, 'node0'), /02:00:00:00:00:01 PERMANENT/);
		session.child.stdin.write('after\n');
		other.child.stdin.write('other\n');
		await until(() => other.output() === 'other\n', 'the other host is as before');
		assert.match(login(lab, 'node0').stderr, /^ssh: connect to host node0 port 22: Connection timed out/);
		assert.equal(session.output(), 'before\n');
		lab.setLink('node0', 'up');
		await until(() => session.output() === 'before\nafter\n', 'what was said meanwhile arrives');
		session.child.stdin.end();
		other.child.stdin.end();
		assert.deepEqual(await session.exited, [0, null]);
	});

	it('takes a route away, a listener, or its voice', async () => {
		lab.setLink('node0', 'unreachable');
		assert.match(login(lab, 'node0').stderr, /port 22: No route to host/);
		lab.setLink('node0', 'up');
		await lab.stopSshd('node0');
		assert.match(login(lab, 'node0').stderr, /port 22: Connection refused/);
		assert.equal(login(lab, 'node1').status, 0);
		await lab.startSshd('node0');
		lab.pauseSshd('node0');
		assert.match(login(lab, 'node0').stderr, /Connection timed out during banner exchange/);
		lab.resumeSshd('node0');
		assert.equal(login(lab, 'node0').status, 0);
	});

	it('stops the sessions of a host, and has them go on', async () => {
		const session = stand(lab, 'node0');
		session.child.stdin.write('one\n');
		await until(() => session.output() === 'one\n', 'the session stands');
		const stopped = lab.signalSessions('node0', 'SIGSTOP');
		assert.ok(stopped.length > 0);
		for (const pid of stopped)
			await until(() => /^State:\tT/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8')), 'it is stopped');
		session.child.stdin.end('two\n');
		lab.signalSessions('node0', 'SIGCONT');
		await session.exited;
		assert.equal(session.output(), 'one\ntwo\n');
	});

	for (const [host, status, stdout, stderr] of /** @type {[string, number, RegExp, RegExp][]} */ ([
		['csh', 0, /^hello from csh\ncsh csh\n/, /^$/],
		['fish', 0, /^hello from fish\nfish fish\n/, /^$/],
		['nologin', 1, /^This account is currently not available\.\n$/, /^$/],
		['chatty', 0, /^(Welcome to the cluster\n){5000}chatty chatty\n/, /^$/],
		['bare', 127, /^bare bare\n\S+\/nvidia-smi\n$/, /^$/],
		['no-gpu', 0, /^no-gpu no-gpu\n\/usr\/bin\/timeout\n\S+\/ps\n$/, /^$/],
		['password', 255, /^$/, /^watch@password: Permission denied \(password\)\.\r?\n$/],
		['wrong-key', 255, /^$/, /^watch@wrong-key: Permission denied \(publickey\)\.\r?\n$/],
		['changed-key', 255, /^$/, /REMOTE HOST IDENTIFICATION HAS CHANGED/],
		['unknown-key', 255, /^$/, /Host key verification failed/],
		['old', 0, /^\n@ready 1\n$/, /^$/],
	]))
		it(`${host} is what it is said to be`, () => {
			const result = login(lab, host);
			assert.match(result.stdout, stdout);
			assert.match(result.stderr, stderr);
			assert.equal(result.status, status);
		});

	it('has a host whose programs are others, and one that wants a reboot', () => {
		assert.equal(login(lab, 'other-tools', 'timeout 1 true').stdout, 'not this time\n');
		assert.equal(login(lab, 'other-tools', 'ps -o comm= -p $$').status, 0);
		assert.equal(login(lab, 'reboot', 'ls /run/reboot-required').stdout, '/run/reboot-required\n');
		assert.equal(login(lab, 'node0', 'test -e "$LAB_DIR/far/node0/usr-bin"').status, 1);
	});

	it('changes what is found at the next login', async () => {
		await lab.setLogin('wrong-key', {});
		assert.equal(login(lab, 'wrong-key').status, 0);
		await lab.setLogin('wrong-key', { hostKey: 'changed' });
		assert.match(login(lab, 'wrong-key').stderr, /HAS CHANGED/);
	});
});

describe('what is left of a lab with a network', { skip: whyNoNetwork() }, () => {
	/** Which processes are in a network namespace. @param {string} namespace */
	const inhabitants = (namespace) => allPids().filter((pid) => {
		try {
			return fs.readlinkSync(`/proc/${pid}/ns/net`) === namespace;
		} catch {
			return false; // gone
		}
	});

	/** @param {string[]} enter */
	const namespaceOf = (enter) => fs.readlinkSync(`/proc/${enter[2]}/ns/net`);

	it('is nothing, when it was stopped while all was broken', async () => {
		const lab = await startLab({ network: true, hosts: ['node0', 'node1'] });
		const namespace = namespaceOf(lab.enter);
		const session = stand(lab, 'node0');
		session.child.stdin.write('one\n');
		await until(() => session.output() === 'one\n', 'the session stands');
		lab.setLink('node0', 'cut');
		lab.signalSessions('node0', 'SIGSTOP');
		lab.pauseSshd('node1');
		session.child.kill('SIGKILL');
		await session.exited;
		await lab.stop();
		assert.equal(fs.existsSync(lab.dir), false);
		assert.deepEqual(inhabitants(namespace), []);
	});

	it('is nothing, when its tests were killed', async () => {
		const script = `import { startLab } from ${JSON.stringify(path.join(here, 'lab.mjs'))};
			const lab = await startLab({network: true, hosts: ['node0', 'node1']});
			lab.pauseSshd('node1');
			console.log(JSON.stringify({dir: lab.dir, enter: lab.enter}));
			setInterval(() => {}, 1000);`;
		const tests = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
		const [line] = await once(tests.stdout, 'data');
		const { dir, enter } = JSON.parse(line.toString());
		const namespace = namespaceOf(enter);
		assert.ok(inhabitants(namespace).length > 0);
		tests.kill('SIGKILL');
		await until(() => !fs.existsSync(dir), 'the directory is gone');
		await until(() => inhabitants(namespace).length === 0 && processesWith({ LAB_DIR: dir }).length === 0, 'the processes are gone');
	});
});
