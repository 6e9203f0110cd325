// The lab: hosts that can be logged in to by ssh, with GPUs that do not exist. See README.md.
//
//     const lab = await startLab({hosts: ['node0', 'node1']});
//     lab.set('node0', {fault: 'gpu-lost', fault_gpu: 3});
//     const server = await lab.startServer();
//     await server.waitForHost('node0', (host) => host.gpus[3].problem, 'GPU 3 is lost');
//     await lab.stop();
import { spawn, execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { knownHosts, user, writeHost } from './account.mjs';
import { Network } from './network.mjs';
import { processesWith, readProcess, signal } from './processes.mjs';
import { startServer } from './server.mjs';
import { Sshd } from './sshd.mjs';
import { until, within } from './wait.mjs';

export { get, Events, EventParser } from './client.mjs';
export { startServer, Server } from './server.mjs';
export { canUseNetwork, whyNoNetwork } from './network.mjs';
export { oldProbe } from './account.mjs';
export { readProcess, processesWith } from './processes.mjs';
export { crowded, slowness, until, within } from './wait.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** The server under test. */
export const nvwebmon = process.env.NVWEBMON ?? path.join(root, 'build/release/src/nvwebmon');
/** What a host is sent, but for its first two lines. */
export const probeScript = path.resolve(path.dirname(nvwebmon), 'collect/probe.sh');
/** Where the stand-ins are. */
export const labBin = process.env.LAB_BIN ?? path.resolve(path.dirname(nvwebmon), '../tests/lab/bin');

/** @typedef {Record<string, string | number>} Control  lines of a host's control file */

/** @typedef {import('./account.mjs').Login} Login  what those who log in find */
/** @typedef {Control | Control & {login: Login}} Host */

/**
 * @typedef {object} LabOptions
 * @property {string[] | Record<string, Host>} hosts  names, or names with what they are like
 * @property {Control} [control]                      what all hosts are like
 * @property {boolean} [network]                      an address, an sshd and a link for each host; see canUseNetwork()
 */

/**
 * Starts an sshd with its hosts. `stop()` it; if the tests die before that, its guard does.
 *
 * @param {LabOptions} options
 */
export async function startLab(options) {
	const lab = new Lab(options);
	try {
		await lab.start();
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
	/** @type {Map<string, Login>} */
	#logins = new Map();
	/** @type {Map<string, Sshd>} by host; in a lab without network one for all */
	#sshds = new Map();
	/** @type {Network | null} */
	#network = null;
	#guard;
	#options;
	#configs = 0;
	port = 22;

	/** @param {LabOptions} options */
	constructor(options) {
		if (!fs.existsSync(path.join(labBin, 'lab-proc')))
			throw new Error(`${labBin}/lab-proc is not built (NVWEBMON or LAB_BIN tell where to look)`);
		this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nvwebmon-lab.'));
		for (const name of ['hosts', 'guarded', 'runs'])
			fs.mkdirSync(path.join(this.dir, name));
		this.#guard = spawn('sh', [path.join(root, 'tests/lab/guard'), this.dir], { detached: true, stdio: ['pipe', 'ignore', 'inherit'] });
		this.#options = options;
		this.hosts = Array.isArray(options.hosts) ? options.hosts : Object.keys(options.hosts);
	}

	async start() {
		const { hosts, control = {}, network = false } = this.#options;
		makeKeys(this.dir);
		for (const host of this.hosts) {
			/** @type {any} */
			const { login, ...own } = Array.isArray(hosts) ? {} : hosts[host];
			if (login && !network)
				throw new Error(`${host}: only hosts of a lab with a network have logins of their own`);
			this.set(host, { ...control, ...own });
			this.#logins.set(host, login ?? {});
		}
		if (network)
			await this.#makeHosts();
		else
			await this.#makeFaces();
		await this.startSshd();
	}

	/** One sshd for all: each host is one of its faces. */
	async #makeFaces() {
		this.port = await freePort();
		writeSshConfig(this.dir, this.port, this.hosts);
		// Newer ones shut out an address that fails to log in; all our hosts are one address.
		const settings = [`SetEnv PATH=${labBin}:/usr/bin:/bin LAB_DIR=${this.dir}`, ...(sshVersion() >= 9.8 ? ['PerSourcePenalties no'] : [])];
		const guard = (/** @type {number} */ pid) => this.#guardProcess(pid);
		const sshd = new Sshd({ dir: this.dir, address: '127.0.0.1', port: this.port, settings, guard });
		for (const host of this.hosts)
			this.#sshds.set(host, sshd);
	}

	/** An sshd for each host, on a host of its own. */
	async #makeHosts() {
		const network = this.#network = new Network(this.dir, this.hosts);
		await network.start();
		writeNetworkSshConfig(this.dir);
		for (const host of this.hosts) {
			const dir = this.#hostDir(host);
			const command = [...network.enter('far'), 'unshare', '--mount', '--uts', '--propagation', 'private', path.join(root, 'tests/lab/far-host'), dir, host];
			const guard = (/** @type {number} */ pid) => this.#guardProcess(pid);
			const settings = this.#writeHost(host);
			this.#sshds.set(host, new Sshd({ dir, address: network.address(host), port: this.port, settings, command, guard }));
		}
	}

	/** @param {string} host */
	#hostDir(host) {
		return path.join(this.dir, 'far', host);
	}

	/** @param {string} host */
	#writeHost(host) {
		fs.writeFileSync(path.join(this.dir, 'known_hosts'), knownHosts(this.dir, this.#logins));
		const settings = writeHost({ dir: this.#hostDir(host), labDir: this.dir, labBin, host, login: this.#logins.get(host) ?? {} });
		return sshVersion() >= 9.8 ? [...settings, 'PerSourcePenalties no'] : settings;
	}

	/** What to put before a command, to run it where the server runs. Nothing without a network. */
	get enter() {
		return this.#network?.enter('near') ?? [];
	}

	/** The address of a host. @param {string} host */
	address(host) {
		return this.#network?.address(host) ?? '127.0.0.1';
	}

	/**
	 * Cuts the link to a host without a word to anybody, takes the route to it away, or mends both. Needs a network.
	 *
	 * @param {string} host
	 * @param {import('./network.mjs').LinkState} state
	 */
	setLink(host, state) {
		if (!this.#network)
			throw new Error('a lab without a network has no links');
		this.#network.setLink(host, state);
	}

	/**
	 * Changes what those find who log in, from the next login on. What is not given is as usual. Needs a network.
	 *
	 * @param {string} host
	 * @param {Login} login
	 */
	async setLogin(host, login) {
		this.#logins.set(host, login);
		const settings = this.#writeHost(host);
		await this.stopSshd(host);
		await this.#sshdOf(host).start(settings);
	}

	/** What to give as `ssh.command`. */
	get sshCommand() {
		return ['ssh', '-F', path.join(this.dir, 'ssh_config')];
	}

	/** What the sshds logged. */
	get log() {
		return this.#everySshd().map((sshd) => sshd.log).join('');
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
	 * Takes every fault and trouble from a host.
	 *
	 * @param {string} host
	 */
	heal(host) {
		const control = Object.entries(this.#controls.get(host) ?? {});
		this.#write(host, Object.fromEntries(control.filter(([key]) => !/^(fault|trouble)/.test(key))));
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
		// What is read of the host without its nvidia-smi.
		const { status, stderr } = spawnSync(path.join(labBin, 'lab-proc'), { env: { ...process.env, LAB_DIR: this.dir, LAB_HOST: host }, encoding: 'utf8' });
		if (status !== 0)
			throw new Error(`lab-proc: ${stderr}`);
	}

	/** From now on it is written down when nvidia-smi is run on a host. @param {string} host */
	noteRuns(host) {
		fs.writeFileSync(path.join(this.dir, 'runs', host), '');
	}

	/** The arguments of each nvidia-smi that was run since then. @param {string} host */
	runs(host) {
		return fs.readFileSync(path.join(this.dir, 'runs', host), 'utf8').split('\n').slice(0, -1);
	}

	/**
	 * A file of what a host tells of itself: "proc/uptime", "sys/bus/pci/devices/0000:07:00.0/power/runtime_status".
	 *
	 * @param {string} host
	 * @param {string} file
	 */
	told(host, file) {
		const [root = '', ...rest] = file.split('/');
		return fs.readFileSync(path.join(this.dir, root, host, ...rest), 'utf8');
	}

	/**
	 * Writes a configuration: a text as it is, or keys beside (or instead of) those that watch all hosts of the lab every second.
	 *
	 * @param {string | Record<string, unknown>} [config]
	 * @param {string} [name]  of the file, to write it again
	 * @returns {string} its path
	 */
	writeConfig(config = {}, name = `config${this.#configs++}.yaml`) {
		const listen = this.#network ? `unix:${this.dir}/http${this.#configs}` : '127.0.0.1:0';
		const whole = { listen, interval: 1, localhost: false, hosts: this.hosts, ssh: { command: this.sshCommand } };
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
		const enter = this.enter.length > 0 ? [...this.enter, 'sh', '-c', 'cd "$0" && exec "$@"', this.dir] : [];
		const server = await startServer({ enter, binary, args: ['--config', file, ...args], env, cwd: this.dir, guard, ...(ready ? { ready } : {}) });
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
	 * Sends a signal to the sshd processes of a host's sessions. Killed, they end as on a dying machine; stopped, as on one that does not answer any more.
	 *
	 * @param {string} host
	 * @param {NodeJS.Signals} name
	 * @returns {number[]} their PIDs
	 */
	signalSessions(host, name) {
		const pids = new Set();
		const listeners = new Set(this.#everySshd().map((sshd) => sshd.pid));
		for (const far of this.farProcesses(host))
			for (let above = readProcess(far.ppid); above && !listeners.has(above.pid); above = readProcess(above.ppid))
				if (above.name.startsWith('sshd'))
					pids.add(above.pid);
		for (const pid of pids)
			signal(pid, name);
		return [...pids];
	}

	/**
	 * Ends a host's sessions as a dying network would: its sshd processes are killed.
	 *
	 * @param {string} host
	 * @returns {number[]} the PIDs of the killed
	 */
	killSessions(host) {
		return this.signalSessions(host, 'SIGKILL');
	}

	/** Starts sshd, on the same port as before. @param {string} [host]  all, when not given */
	async startSshd(host) {
		await Promise.all(this.#everySshd(host).map((sshd) => sshd.start()));
	}

	/** Ends sshd: connections are refused. Sessions that stand go on. @param {string} [host]  all, when not given */
	async stopSshd(host) {
		await Promise.all(this.#everySshd(host).map((sshd) => sshd.stop()));
	}

	/** Has sshd stand still: connections are accepted, by the kernel, and hear nothing. @param {string} host */
	pauseSshd(host) {
		this.#sshdOf(host).pause();
	}

	/** @param {string} host */
	resumeSshd(host) {
		this.#sshdOf(host).resume();
	}

	/** @param {string} host */
	#sshdOf(host) {
		const sshd = this.#sshds.get(host);
		if (!sshd)
			throw new Error(`no host ${host} in this lab`);
		return sshd;
	}

	/** @param {string} [host] */
	#everySshd(host) {
		return host === undefined ? [...new Set(this.#sshds.values())] : [this.#sshdOf(host)];
	}

	/** Ends the servers that run yet, as they do when a test failed before its end. */
	async stopServers() {
		for (const server of this.#servers)
			if (server.running)
				await server.stop();
	}

	/** Ends everything and removes the directory. */
	async stop() {
		await this.stopServers();
		for (const host of this.hosts)
			this.killSessions(host);
		await this.stopSshd();
		await this.#network?.stop();
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
	for (const name of ['host_key', 'client_key', 'strange_key'])
		execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'lab', '-f', path.join(dir, name)]);
	fs.copyFileSync(path.join(dir, 'client_key.pub'), path.join(dir, 'authorized_keys'));
	fs.writeFileSync(path.join(dir, 'known_hosts'), `lab ${fs.readFileSync(path.join(dir, 'host_key.pub'), 'utf8')}`);
}

/**
 * @param {string} dir
 * @param {number} port
 * @param {string[]} hosts
 */
function writeSshConfig(dir, port, hosts) {
	const about = (/** @type {string} */ host) => `LAB_HOST=${host} NVWEBMON_PROC=${dir}/proc/${host} NVWEBMON_SYS=${dir}/sys/${host}`;
	const blocks = hosts.map((host) => `Host ${host}\n\tSetEnv ${about(host)}\n`);
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

/**
 * In a network nothing has to be pretended: names are found, keys belong to names.
 *
 * @param {string} dir
 */
function writeNetworkSshConfig(dir) {
	const all = [
		'Host *',
		`User ${user}`,
		`IdentityFile ${dir}/client_key`,
		'IdentitiesOnly yes',
		'IdentityAgent none',
		`UserKnownHostsFile ${dir}/known_hosts`,
		'GlobalKnownHostsFile /dev/null',
	];
	fs.writeFileSync(path.join(dir, 'ssh_config'), all.join('\n\t') + '\n');
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
