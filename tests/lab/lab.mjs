// The lab: hosts that can be logged in to by ssh, with GPUs that do not exist. See README.md.
//
//     const lab = await startLab({hosts: ['node0', 'node1']});
//     lab.set('node0', {fault: 'gpu-lost', fault_gpu: 3});
//     const server = await lab.startServer();
//     await server.waitForHost('node0', (host) => host.gpus[3].problem, 'GPU 3 is lost');
//     await lab.stop();
import { spawn, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { processesWith, readProcess, signal } from './processes.mjs';
import { startServer } from './server.mjs';
import { until, within } from './wait.mjs';

export { get, Events, EventParser } from './client.mjs';
export { startServer, Server } from './server.mjs';
export { readProcess, processesWith } from './processes.mjs';
export { until, within, slowness } from './wait.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** The server under test. */
export const nvwebmon = process.env.NVWEBMON ?? path.join(root, 'build/release/src/nvwebmon');
/** Where the stand-ins are. */
export const labBin = process.env.LAB_BIN ?? path.resolve(path.dirname(nvwebmon), '../tests/lab/bin');

/** @typedef {Record<string, string | number>} Control  lines of a host's control file */

/**
 * @typedef {object} LabOptions
 * @property {string[] | Record<string, Control>} hosts  names, or names with what they are like
 * @property {Control} [control]                         what all hosts are like
 */

/**
 * Starts an sshd with its hosts. `stop()` it; if the tests die before that, its guard does.
 *
 * @param {LabOptions} options
 */
export async function startLab(options) {
	const lab = new Lab(options);
	try {
		await lab.startSshd();
	} catch (error) {
		await lab.stop();
		throw error;
	}
	return lab;
}

export class Lab {
	/** @type {Map<string, Control>} */
	#controls = new Map();
	/** @type {import('./server.mjs').Server[]} */
	#servers = [];
	/** @type {import('node:child_process').ChildProcess | null} */
	#sshd = null;
	#guard;
	#configs = 0;
	port = 0;

	/** @param {LabOptions} options */
	constructor({ hosts, control = {} }) {
		if (!fs.existsSync(path.join(labBin, 'nvidia-smi')))
			throw new Error(`${labBin}/nvidia-smi is not built (NVWEBMON or LAB_BIN tell where to look)`);
		this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nvwebmon-lab.'));
		for (const name of ['hosts', 'guarded'])
			fs.mkdirSync(path.join(this.dir, name));
		this.#guard = spawn('sh', [path.join(root, 'tests/lab/guard'), this.dir], { detached: true, stdio: ['pipe', 'ignore', 'inherit'] });
		/** @type {[string, Control][]} */
		const list = Array.isArray(hosts) ? hosts.map((name) => [name, {}]) : Object.entries(hosts);
		this.hosts = list.map(([name]) => name);
		for (const [name, own] of list)
			this.set(name, { ...control, ...own });
		makeKeys(this.dir);
	}

	/** What to give as `ssh.command`. */
	get sshCommand() {
		return ['ssh', '-F', path.join(this.dir, 'ssh_config')];
	}

	/** The log of sshd. */
	get log() {
		return fs.readFileSync(path.join(this.dir, 'sshd.log'), 'utf8');
	}

	/**
	 * Changes what a host is like, from its next nvidia-smi on. Keys that are not given stay.
	 *
	 * @param {string} host
	 * @param {Control} control
	 */
	set(host, control) {
		this.#write(host, { ...this.#controls.get(host), ...control });
	}

	/**
	 * Takes every fault from a host.
	 *
	 * @param {string} host
	 */
	heal(host) {
		const control = Object.entries(this.#controls.get(host) ?? {});
		this.#write(host, Object.fromEntries(control.filter(([key]) => !key.startsWith('fault'))));
	}

	/**
	 * @param {string} host
	 * @param {Control} control
	 */
	#write(host, control) {
		const file = path.join(this.dir, 'hosts', host);
		const lines = Object.entries(control).map(([key, value]) => `${key}=${value}\n`);
		fs.writeFileSync(`${this.dir}/control.new`, lines.join(''));
		fs.renameSync(`${this.dir}/control.new`, file);
		this.#controls.set(host, control);
	}

	/**
	 * Writes a configuration: a text as it is, or keys beside (or instead of) those that watch all hosts of the lab every second.
	 *
	 * @param {string | Record<string, unknown>} [config]
	 * @param {string} [name]  of the file, to write it again
	 * @returns {string} its path
	 */
	writeConfig(config = {}, name = `config${this.#configs++}.yaml`) {
		const whole = { listen: '127.0.0.1:0', interval: 1, localhost: false, hosts: this.hosts, ssh: { command: this.sshCommand } };
		// JSON is YAML too.
		const text = typeof config === 'string' ? config : JSON.stringify({ ...whole, ...config }, null, 1);
		const file = path.join(this.dir, name);
		fs.writeFileSync(file, text);
		return file;
	}

	/**
	 * Starts the server on all hosts of the lab, or as configured.
	 *
	 * @param {{config?: string | Record<string, unknown>, binary?: string, args?: string[], env?: Record<string, string>, ready?: RegExp}} [options]
	 */
	async startServer({ config, binary = nvwebmon, args = [], env = {}, ready } = {}) {
		const file = this.writeConfig(config);
		const guard = (/** @type {number} */ pid) => this.#guardProcess(pid);
		const server = await startServer({ binary, args: ['--config', file, ...args], env, cwd: this.dir, guard, ...(ready ? { ready } : {}) });
		this.#servers.push(server);
		return server;
	}

	/**
	 * Processes that run on a host now: the login shell or probe, nvidia-smi, what they started.
	 *
	 * @param {string} host
	 */
	farProcesses(host) {
		return processesWith({ LAB_HOST: host, LAB_DIR: this.dir });
	}

	/**
	 * Ends a host's sessions as a dying network would: its sshd processes are killed.
	 *
	 * @param {string} host
	 * @returns {number[]} the PIDs of the killed
	 */
	killSessions(host) {
		const killed = new Set();
		for (const far of this.farProcesses(host))
			for (let above = readProcess(far.ppid); above && above.pid !== this.#sshd?.pid; above = readProcess(above.ppid))
				if (above.name.startsWith('sshd'))
					killed.add(above.pid);
		for (const pid of killed)
			signal(pid, 'SIGKILL');
		return [...killed];
	}

	/** Starts sshd, on the same port as before. */
	async startSshd() {
		this.port ||= await freePort();
		writeSshdConfig(this.dir, this.port);
		writeSshConfig(this.dir, this.port, this.hosts);
		const arguments_ = ['-D', '-f', path.join(this.dir, 'sshd_config'), '-E', path.join(this.dir, 'sshd.log')];
		const sshd = spawn(sshdPath(), arguments_, { stdio: ['ignore', 'ignore', 'pipe'] });
		let said = '';
		sshd.stderr.on('data', (text) => (said += text));
		this.#sshd = sshd;
		const release = this.#guardProcess(sshd.pid ?? 0);
		sshd.on('exit', release);
		await until(() => {
			if (sshd.exitCode !== null)
				throw new Error(`sshd ended with ${sshd.exitCode}: ${said}${this.log}`);
			return greets(this.port);
		}, 'sshd answers');
	}

	/** Ends sshd: no new logins. Sessions that stand go on. */
	async stopSshd() {
		const sshd = this.#sshd;
		this.#sshd = null;
		if (!sshd || sshd.exitCode !== null)
			return;
		const ended = new Promise((resolve) => sshd.on('exit', resolve));
		sshd.kill('SIGTERM');
		await within(ended, 'sshd ends');
	}

	/** Ends everything and removes the directory. */
	async stop() {
		for (const server of this.#servers)
			if (server.running)
				await server.stop();
		for (const host of this.hosts)
			this.killSessions(host);
		await this.stopSshd();
		const ended = new Promise((resolve) => this.#guard.on('exit', resolve));
		this.#guard.stdin?.end();
		await within(ended, 'the guard cleans up');
		await until(() => processesWith({ LAB_DIR: this.dir }).length === 0, 'nothing of the lab is left');
	}

	/**
	 * Has the guard end a process if we cannot.
	 *
	 * @param {number} pid
	 * @returns {() => void} to call when it has ended
	 */
	#guardProcess(pid) {
		const file = path.join(this.dir, 'guarded', String(pid));
		fs.writeFileSync(file, readProcess(pid)?.started ?? '');
		return () => fs.rmSync(file, { force: true });
	}
}

/** @param {string} dir */
function makeKeys(dir) {
	for (const name of ['host_key', 'client_key'])
		execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'lab', '-f', path.join(dir, name)]);
	fs.copyFileSync(path.join(dir, 'client_key.pub'), path.join(dir, 'authorized_keys'));
	fs.writeFileSync(path.join(dir, 'known_hosts'), `lab ${fs.readFileSync(path.join(dir, 'host_key.pub'), 'utf8')}`);
}

/**
 * @param {string} dir
 * @param {number} port
 */
function writeSshdConfig(dir, port) {
	if (process.getuid?.() === 0)
		fs.mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
	const lines = [
		'ListenAddress 127.0.0.1',
		`Port ${port}`,
		`HostKey ${dir}/host_key`,
		`PidFile ${dir}/sshd.pid`,
		`AuthorizedKeysFile ${dir}/authorized_keys`,
		'PermitRootLogin prohibit-password',
		'PasswordAuthentication no',
		'KbdInteractiveAuthentication no',
		'UsePAM no',
		'StrictModes no',
		'UseDNS no',
		'PrintMotd no',
		'PrintLastLog no',
		'MaxStartups 4096',
		'MaxSessions 4096',
		'AcceptEnv LAB_HOST',
		`SetEnv PATH=${labBin}:/usr/bin:/bin LAB_DIR=${dir}`,
		'LogLevel VERBOSE',
	];
	// Newer ones shut out an address that fails to log in; all our hosts are one address.
	if (sshVersion() >= 9.8)
		lines.push('PerSourcePenalties no');
	fs.writeFileSync(path.join(dir, 'sshd_config'), lines.join('\n') + '\n');
}

/**
 * @param {string} dir
 * @param {number} port
 * @param {string[]} hosts
 */
function writeSshConfig(dir, port, hosts) {
	const blocks = hosts.map((host) => `Host ${host}\n\tSetEnv LAB_HOST=${host}\n`);
	const all = [
		'Host *',
		'HostName 127.0.0.1',
		`Port ${port}`,
		`User ${os.userInfo().username}`,
		`IdentityFile ${dir}/client_key`,
		'IdentitiesOnly yes',
		'IdentityAgent none',
		'HostKeyAlias lab',
		`UserKnownHostsFile ${dir}/known_hosts`,
		'GlobalKnownHostsFile /dev/null',
		'StrictHostKeyChecking yes',
	];
	fs.writeFileSync(path.join(dir, 'ssh_config'), blocks.join('') + all.join('\n\t') + '\n');
}

function sshdPath() {
	return ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/sbin/sshd'].find((file) => fs.existsSync(file)) ?? 'sshd';
}

function sshVersion() {
	const text = execFileSync('sh', ['-c', 'ssh -V 2>&1'], { encoding: 'utf8' });
	return Number(/OpenSSH_(\d+\.\d+)/.exec(text)?.[1] ?? 0);
}

/** @returns {Promise<number>} */
export function freePort() {
	return new Promise((resolve, reject) => {
		const server = net.createServer();
		server.on('error', reject);
		server.listen(0, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
		});
	});
}

/**
 * Whether an SSH server greets us.
 *
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function greets(port) {
	return new Promise((resolve) => {
		const socket = net.connect(port, '127.0.0.1');
		socket.setTimeout(5000, () => socket.destroy());
		socket.on('data', (text) => {
			resolve(text.toString().startsWith('SSH-'));
			socket.destroy();
		});
		socket.on('error', () => {});
		socket.on('close', () => resolve(false));
	});
}
