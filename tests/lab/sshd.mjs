// One sshd of the lab: its configuration, its life.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { signal } from './processes.mjs';
import { until, within } from './wait.mjs';

/**
 * @typedef {object} SshdOptions
 * @property {string} dir          where its files are: host_key, authorized_keys; and sshd_config, sshd.pid and sshd.log, which it makes
 * @property {string} address      to listen on
 * @property {number} port
 * @property {string[]} settings   lines of its configuration beside the usual ones; what is said first counts
 * @property {string[]} [command]  what to put before it, to start it elsewhere
 * @property {(pid: number) => () => void} guard  told of the process; gives what to call when it has ended
 */

export class Sshd {
	/** @type {import('node:child_process').ChildProcess | null} */
	#child = null;
	/** @type {SshdOptions} */
	#options;
	#paused = false;

	/** @param {SshdOptions} options */
	constructor(options) {
		this.#options = options;
	}

	/** 0 when it does not run. */
	get pid() {
		return this.#child?.pid ?? 0;
	}

	get log() {
		return fs.readFileSync(`${this.#options.dir}/sshd.log`, 'utf8');
	}

	/**
	 * Starts it, and waits until it listens.
	 *
	 * @param {string[]} [settings]  others than before
	 */
	async start(settings) {
		const { dir, command = [], guard } = this.#options;
		this.#options.settings = settings ?? this.#options.settings;
		this.#configure();
		fs.rmSync(`${dir}/sshd.pid`, { force: true });
		const [program = '', ...args] = [...command, sshdPath(), '-D', '-f', `${dir}/sshd_config`, '-E', `${dir}/sshd.log`];
		const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
		let said = '';
		child.stderr.on('data', (text) => (said += text));
		child.on('exit', guard(child.pid ?? 0));
		this.#child = child;
		// It writes this file once it listens.
		await until(() => {
			if (child.exitCode !== null)
				throw new Error(`sshd ended with ${child.exitCode}: ${said}${fs.existsSync(`${dir}/sshd.log`) ? this.log : ''}`);
			return fs.existsSync(`${dir}/sshd.pid`);
		}, 'sshd listens');
	}

	/** Ends it: no new logins. Sessions that stand go on. */
	async stop() {
		const child = this.#child;
		this.resume();
		this.#child = null;
		if (!child || child.exitCode !== null)
			return;
		const ended = new Promise((resolve) => child.on('exit', resolve));
		child.kill('SIGTERM');
		await within(ended, 'sshd ends');
	}

	/** From now on who connects is accepted, by the kernel, and hears nothing. */
	pause() {
		signal(this.pid, 'SIGSTOP');
		this.#paused = true;
	}

	resume() {
		if (this.#paused)
			signal(this.pid, 'SIGCONT');
		this.#paused = false;
	}

	#configure() {
		const { dir, address, port, settings } = this.#options;
		if (process.getuid?.() === 0)
			fs.mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
		const lines = [
			...settings,
			`ListenAddress ${address}`,
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
			'AcceptEnv LAB_HOST NVWEBMON_PROC NVWEBMON_SYS',
			'LogLevel VERBOSE',
		];
		fs.writeFileSync(`${dir}/sshd_config`, lines.join('\n') + '\n');
	}
}

function sshdPath() {
	return ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/sbin/sshd'].find((file) => fs.existsSync(file)) ?? 'sshd';
}
