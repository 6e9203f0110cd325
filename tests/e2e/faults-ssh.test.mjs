// ssh in trouble: each kind is told by its name, odd far sides are watched all the same, and it is over when it is mended.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { freePort, startLab, until } from '../lab/lab.mjs';
import { configureSsh, sessionsOf, setLogins, writeProgram } from './harness.mjs';

/** @typedef {import('../lab/lab.mjs').Lab} Lab */
/** @typedef {import('../lab/lab.mjs').Server} Server */

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
				ssh: { command: lab.sshCommand, connect_timeout: 5, login_timeout: 15 },
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
