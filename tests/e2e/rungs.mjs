// A lab with one host for each rung of the ladder that `nvwebmon check` climbs, failing just there.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { freePort, startLab, until } from '../lab/lab.mjs';
import { configureSsh, guard, setLogins } from './harness.mjs';

/** @typedef {import('../lab/lab.mjs').Lab} Lab */
/** @typedef {import('../lab/lab.mjs').Control} Control */

/** @type {Record<string, Control>} */
const hosts = {
	well: { gpus: 2, load: 'busy' },
	'no-name': {},
	'no-such.invalid': {},
	refused: {},
	silent: {},
	'hangs-up': {},
	'unknown-key': {},
	'changed-key': {},
	'no-key': {},
	'wrong-key': {},
	'passwords-only': {},
	'two-factors': {},
	'too-many-keys': {},
	nologin: {},
	'old-probe': {},
	'no-nvidia-smi': { fault: 'not-found' },
	'no-driver': { fault: 'driver-not-loaded' },
	mismatch: { fault: 'mismatch' },
	'no-rights': { fault: 'init-permission' },
	hangs: { fault: 'hang' },
	unkillable: { fault: 'unkillable' },
	dies: {},
	mute: {},
	floods: {},
	'no-gpu': { fault: 'no-devices' },
	'lost-gpu': { gpus: 3, load: 'free', fault: 'gpu-lost', fault_gpu: 1 },
	'no-list': { gpus: 1, fault: 'apps-fail' },
	'ps-hangs': { gpus: 1, load: 'busy', fault: 'ps-hangs' },
	hidden: { gpus: 1, load: 'busy' },
	chatty: { gpus: 1, load: 'free' },
	bare: { gpus: 1, load: 'free' },
	proxied: { gpus: 1, load: 'free' },
};

/** A server that does with each connection what it is told to. @param {(socket: net.Socket) => void} onConnection */
async function listen(onConnection) {
	const server = net.createServer(onConnection);
	await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
	return server;
}

/** @param {net.Server} server */
const portOf = (server) => /** @type {net.AddressInfo} */ (server.address()).port;

/**
 * Another sshd, of another mind.
 *
 * @param {Lab} lab
 * @param {string} name
 * @param {Record<string, string>} settings  instead of the lab's
 */
async function startOtherSshd(lab, name, settings) {
	const port = await freePort();
	const all = { ...settings, Port: String(port), PidFile: `${lab.dir}/${name}.pid` };
	const kept = fs.readFileSync(path.join(lab.dir, 'sshd_config'), 'utf8').split('\n').filter((line) => !((line.split(' ')[0] ?? '') in all));
	const file = path.join(lab.dir, `${name}.conf`);
	fs.writeFileSync(file, [...kept, ...Object.entries(all).map(([key, value]) => `${key} ${value}`), ''].join('\n'));
	const binary = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/sbin/sshd'].find((candidate) => fs.existsSync(candidate)) ?? 'sshd';
	const child = spawn(binary, ['-D', '-f', file, '-E', path.join(lab.dir, `${name}.log`)], { stdio: 'ignore' });
	guard(lab, child.pid);
	await until(() => fs.existsSync(`${lab.dir}/${name}.pid`), `${name} listens`);
	return { port, stop: () => child.kill() };
}

/** @param {string} file */
function makeKey(file) {
	execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'other', '-f', file]);
}

/** Speaks as the probe does, of a host that hides the processes of others. */
const hiddenProbe = `echo '@ready 2'
while read -r order id rest; do
	case $order in
	poll)
		echo "@$id begin"
		echo "@$id host"; echo 'cpus 8'; echo 'hidepid 2'; echo "@$id status 0"
		echo "@$id gpus"; nvidia-smi --query-gpu="$fields" --format=csv; echo "@$id status 0"
		echo "@$id apps"; nvidia-smi --query-compute-apps=gpu_uuid,gpu_bus_id,pid,used_memory,process_name --format=csv,noheader,nounits; echo "@$id status 0"
		echo "@$id ps"; echo "@$id status 1"
		echo "@$id proc"; echo "@$id status 1"
		echo "@$id end" ;;
	fields) fields=$id ;;
	tools)
		echo "@$id begin"; echo "@$id tools"
		printf '%s\\n' 'timeout gnu' 'ps procps' 'df yes' 'getent yes' 'grep yes' 'hidepid 2' 'uid 1000' 'user alice' 'shell bash' 'nvidia-smi /usr/bin/nvidia-smi' 'kernel 6.1.0-28-amd64'
		echo "@$id status 0"; echo "@$id end" ;;
	esac
done`;

/** Without what the tools rung looks for: a PATH of its own, with links to what is left. */
const bareLogin = `bare=$LAB_DIR/bare
if [ ! -d "$bare" ]; then
	mkdir "$bare.$$"
	for tool in sh cat cut head sed tail mkdir kill sleep nvidia-smi; do ln -s "$(command -v $tool)" "$bare.$$/$tool"; done
	mv "$bare.$$" "$bare"
fi
sed -u 's|:/usr/local/bin:/usr/bin:/bin:[^ ]*||' | PATH=$bare exec sh`;

/**
 * Starts it. Every host but `well`, `hidden`, `chatty`, `bare` and `proxied` fails.
 *
 * @returns {Promise<{lab: Lab, configFile: (hosts?: unknown[]) => string, stop: () => Promise<void>}>}
 */
export async function startRungs() {
	const lab = await startLab({ hosts });
	const silent = await listen(() => {}), hangsUp = await listen((socket) => socket.destroy());
	const passwords = await startOtherSshd(lab, 'passwords', { PubkeyAuthentication: 'no', PasswordAuthentication: 'yes' });
	const factors = await startOtherSshd(lab, 'factors', { AuthenticationMethods: 'publickey,password', PasswordAuthentication: 'yes' });
	const strict = await startOtherSshd(lab, 'strict', { MaxAuthTries: '1' });
	for (const name of ['wrong', 'impostor'])
		makeKey(path.join(lab.dir, `${name}_key`));
	fs.writeFileSync(path.join(lab.dir, 'nobody_known'), '');
	fs.writeFileSync(path.join(lab.dir, 'impostor_known'), `lab ${fs.readFileSync(path.join(lab.dir, 'impostor_key.pub'), 'utf8')}`);
	const account = ['HostName 127.0.0.1', `User ${os.userInfo().username}`, 'IdentitiesOnly yes', 'IdentityAgent none', 'HostKeyAlias lab',
		`UserKnownHostsFile ${lab.dir}/known_hosts`, 'GlobalKnownHostsFile /dev/null', 'StrictHostKeyChecking yes'];
	// Identity files add up: these hosts must not get the lab's.
	const file = path.join(lab.dir, 'ssh_config');
	fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(/^Host \*$/m, 'Host * !no-key !wrong-key !too-many-keys'));
	configureSsh(lab, {
		'no-name': ['HostName no-such-host.invalid'],
		'no-such.invalid': ['HostName no-such.invalid'],
		refused: ['Port 1'],
		silent: [`Port ${portOf(silent)}`],
		'hangs-up': [`Port ${portOf(hangsUp)}`],
		'unknown-key': [`UserKnownHostsFile ${lab.dir}/nobody_known`, 'StrictHostKeyChecking ask'],
		'changed-key': [`UserKnownHostsFile ${lab.dir}/impostor_known`],
		'no-key': [...account, `Port ${lab.port}`, `IdentityFile ${lab.dir}/no_such_key`],
		'wrong-key': [...account, `Port ${lab.port}`, `IdentityFile ${lab.dir}/wrong_key`],
		'too-many-keys': [...account, `Port ${strict.port}`, `IdentityFile ${lab.dir}/wrong_key`, `IdentityFile ${lab.dir}/client_key`],
		'passwords-only': [`Port ${passwords.port}`],
		'two-factors': [`Port ${factors.port}`],
		proxied: ['ProxyJump well'],
	});
	setLogins(lab, {
		nologin: 'echo "This account is currently not available."; exit 1',
		'old-probe': "echo '@ready 1'; cat >/dev/null",
		chatty: 'echo "Welcome to chatty!"; echo "You have new mail."; exec sh -c "$SSH_ORIGINAL_COMMAND"',
		// Without the end of a line: what ssh tells of itself follows in the same one.
		dies: "echo '@ready 2'; while read -r order rest; do [ \"$order\" != poll ] || { printf 'sh: 2: out of memory' >&2; exit 2; }; done",
		mute: "echo '@ready 2'; cat >/dev/null",
		floods: 'yes "You have new mail."',
		hidden: hiddenProbe,
		bare: bareLogin,
	});
	const config = { nvidia_smi_timeout: 2, ssh: { command: lab.sshCommand, connect_timeout: 2 } };
	return {
		lab,
		configFile: (list = Object.keys(hosts)) => lab.writeConfig({ ...config, hosts: list }),
		stop: async () => {
			for (const server of [silent, hangsUp])
				server.close();
			passwords.stop();
			factors.stop();
			strict.stop();
			await lab.stop();
		},
	};
}
