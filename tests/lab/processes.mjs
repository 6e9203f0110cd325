// Processes of this machine, by /proc: which belong to a host of the lab, whose child is whose.
import fs from 'node:fs';

/**
 * @typedef {object} Process
 * @property {number} pid
 * @property {number} ppid
 * @property {string} name   as the kernel has it, 15 characters at most
 * @property {string} args   the command line, blanks between its words
 * @property {string} started  clock ticks after boot; with the PID it names a process for good
 */

/**
 * @param {number} pid
 * @returns {Process | null} null when it is gone, or only waits to be reaped
 */
export function readProcess(pid) {
	try {
		const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
		const end = stat.lastIndexOf(')');
		const fields = stat.slice(end + 2).split(' ');
		if (fields[0] === 'Z' || fields[0] === 'X')
			return null;
		const args = fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').join(' ').trim();
		return { pid, ppid: Number(fields[1]), name: stat.slice(stat.indexOf('(') + 1, end), args, started: fields[19] ?? '' };
	} catch {
		return null;
	}
}

/** @returns {number[]} */
export function allPids() {
	return fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
}

/**
 * Processes that have all these variables in their environment.
 *
 * @param {Record<string, string>} variables
 * @returns {Process[]}
 */
export function processesWith(variables) {
	const wanted = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
	return allPids().flatMap((pid) => {
		try {
			const environment = new Set(fs.readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0'));
			const process = wanted.every((variable) => environment.has(variable)) ? readProcess(pid) : null;
			return process ? [process] : [];
		} catch {
			return []; // gone, or another user's
		}
	});
}

/**
 * Sends a signal; that the process is gone already is no error.
 *
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
export function signal(pid, signal) {
	try {
		process.kill(pid, signal);
	} catch (error) {
		if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH')
			throw error;
	}
}
