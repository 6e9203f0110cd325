// What the stories share: a command run to its end, a server that finds its own configuration, and whose child is whose.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { labBin, nvwebmon, readProcess, until, within } from '../lab/lab.mjs';

/** @typedef {import('../lab/lab.mjs').Lab} Lab */
/** @typedef {import('../lab/lab.mjs').Server} Server */
/** @typedef {{code: number | null, stdout: string, stderr: string}} Outcome */

/**
 * Runs `nvwebmon` to its end.
 *
 * @param {string[]} args
 * @param {{env?: Record<string, string>, cwd?: string, binary?: string}} [options]
 * @returns {Promise<Outcome>}
 */
export async function run(args, { env = {}, cwd, binary = nvwebmon } = {}) {
	const child = spawn(binary, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
	let stdout = '', stderr = '';
	child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
	child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
	const ended = new Promise((resolve, reject) => {
		child.on('error', reject);
		child.on('close', resolve);
	});
	try {
		const code = /** @type {number | null} */ (await within(ended, `nvwebmon ${args.join(' ')}`));
		return { code, stdout, stderr };
	} finally {
		child.kill('SIGKILL');
	}
}

/**
 * A program of the lab, in its directory.
 *
 * @param {Lab} lab
 * @param {string} name  may hold directories
 * @param {string} text
 * @returns {string} its path
 */
export function writeProgram(lab, name, text) {
	const file = path.join(lab.dir, name);
	fs.mkdirSync(path.dirname(file), { recursive: true });
	fs.writeFileSync(`${file}.new`, text, { mode: 0o755 });
	fs.renameSync(`${file}.new`, file);
	return file;
}

/**
 * Writes a configuration again, at once and whole: a server that looks meanwhile must not see half of it.
 *
 * @param {Lab} lab
 * @param {string} file
 * @param {string | Record<string, unknown>} config
 */
export function rewriteConfig(lab, file, config) {
	fs.renameSync(lab.writeConfig(config, 'config.new'), file);
}

/**
 * Starts a server without `--config`: in `cwd`, with these arguments alone.
 *
 * @param {Lab} lab
 * @param {{args?: string[], cwd: string, env?: Record<string, string>, ready?: RegExp}} options
 */
export function startBare(lab, { args = [], cwd, env = {}, ready }) {
	const binary = writeProgram(lab, 'bare', '#!/bin/sh\nshift 3\ncd "$BARE_CWD" && exec "$BARE_BINARY" "$@"\n');
	return lab.startServer({ binary, args, env: { ...env, BARE_CWD: cwd, BARE_BINARY: nvwebmon }, ...(ready ? { ready } : {}) });
}

/**
 * The environment in which this machine is a host of the lab. Its own processes are nobody's business: an nvidia-smi of another test may hang.
 *
 * @param {Lab} lab
 * @param {string} host
 */
export const localEnv = (lab, host) => ({
	PATH: `${labBin}:${process.env.PATH}`, LAB_DIR: lab.dir, LAB_HOST: host, NVWEBMON_PROC: `${lab.dir}/proc/${host}`, NVWEBMON_SYS: `${lab.dir}/sys/${host}`,
});

/**
 * Processes that a process has started and that are not reaped, the dead ones among them too.
 *
 * @param {number} pid
 * @returns {number[]}
 */
export function childrenOf(pid) {
	const text = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1');
	return text.split(' ').filter(Boolean).map(Number);
}

/**
 * The PIDs of a server's children by the host that each is for; this machine's is called "localhost". An error when two are for one.
 *
 * @param {Server} server
 */
export function sessionsOf(server) {
	/** @type {Record<string, number>} */
	const sessions = {};
	for (const pid of childrenOf(server.pid)) {
		const args = readProcess(pid)?.args;
		if (args === undefined)
			continue;
		const host = args === 'sh' ? 'localhost' : /(?:\S+@)?(\S+) exec sh$/.exec(args)?.[1];
		if (!host || sessions[host])
			throw new Error(`a child that should not be: ${args}`);
		sessions[host] = pid;
	}
	return sessions;
}

/**
 * @param {any} snapshot
 * @param {string} name
 */
export const hostOf = (snapshot, name) => snapshot.hosts.find((/** @type {any} */ host) => host.name === name);

/** @param {any} snapshot */
export const allOk = (snapshot) => snapshot.hosts.every((/** @type {any} */ host) => host.state === 'ok');

/**
 * Waits until a host was sampled so many times more.
 *
 * @param {Server} server
 * @param {string} name
 * @param {number} [count]
 */
export async function moreSamples(server, name, count = 1) {
	let last = hostOf(await server.snapshot(), name)?.sampled ?? null;
	for (let i = 0; i < count; i++)
		last = (await server.waitForHost(name, (host) => host.sampled !== null && host.sampled !== last, 'is sampled again')).sampled;
}

/** @param {number[]} pids */
export const allGone = (pids) => until(() => pids.every((pid) => !fs.existsSync(`/proc/${pid}`)), `${pids} are ended and reaped`);

/**
 * Has the lab's guard end a process that a test started, should the test die.
 *
 * @param {Lab} lab
 * @param {number | undefined} pid
 */
export function guard(lab, pid) {
	fs.writeFileSync(path.join(lab.dir, 'guarded', String(pid)), readProcess(pid ?? 0)?.started ?? '');
}

/**
 * Makes the far side begin with a program of ours instead of the login shell, for each host that has one: `logins[host]`, a script for sh.
 * It finds in SSH_ORIGINAL_COMMAND what it was asked for.
 *
 * @param {Lab} lab
 * @param {Record<string, string>} logins
 */
export function setLogins(lab, logins) {
	fs.mkdirSync(path.join(lab.dir, 'logins'), { recursive: true });
	for (const [host, text] of Object.entries(logins))
		writeProgram(lab, `logins/${host}`, `#!/bin/sh\n${text}\n`);
	const login = writeProgram(lab, 'login', `#!/bin/sh
[ ! -x "$LAB_DIR/logins/$LAB_HOST" ] || exec "$LAB_DIR/logins/$LAB_HOST"
exec sh -c "$SSH_ORIGINAL_COMMAND"
`);
	const key = fs.readFileSync(path.join(lab.dir, 'client_key.pub'), 'utf8');
	fs.writeFileSync(path.join(lab.dir, 'authorized_keys'), `command="${login}" ${key}`);
}

/**
 * Puts lines before the lab's ssh_config: what is said first counts.
 *
 * @param {Lab} lab
 * @param {Record<string, string[]>} blocks  of the hosts
 */
export function configureSsh(lab, blocks) {
	const file = path.join(lab.dir, 'ssh_config');
	const text = Object.entries(blocks).map(([host, lines]) => `Host ${host}\n\t${lines.join('\n\t')}\n`);
	fs.writeFileSync(`${file}.new`, text.join('') + fs.readFileSync(file, 'utf8'));
	fs.renameSync(`${file}.new`, file);
}

/** The real ssh, for programs of ours that are called so. */
export const sshPath = (process.env.PATH ?? '').split(':').map((dir) => path.join(dir, 'ssh')).find((file) => fs.existsSync(file)) ?? '/usr/bin/ssh';
