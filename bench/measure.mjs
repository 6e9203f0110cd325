// What a process costs, from /proc: nanoseconds of CPU, memory, descriptors.
import fs from 'node:fs';

/**
 * @param {number} pid
 * @returns {number} CPU time it has had, in seconds, to the nanosecond
 */
export function cpuSeconds(pid) {
	return Number(fs.readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e9;
}

/**
 * @param {number} pid
 * @returns {number[]} its living children
 */
export function children(pid) {
	return fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

/**
 * @param {number} pid
 * @param {'status' | 'smaps_rollup'} file
 * @param {string} key
 * @returns {number} MB (10^6 bytes)
 */
function memory(pid, file, key) {
	const line = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(fs.readFileSync(`/proc/${pid}/${file}`, 'utf8'));
	return (Number(line?.[1] ?? NaN) * 1024) / 1e6;
}

/** @param {number} pid */
export const rss = (pid) => memory(pid, 'status', 'VmRSS');
/** @param {number} pid */
export const pss = (pid) => memory(pid, 'smaps_rollup', 'Pss');
/** @param {number} pid */
export const descriptors = (pid) => fs.readdirSync(`/proc/${pid}/fd`).length;

/** CPU seconds of all children of ours that have ended (to 10 ms). */
export function endedChildrenSeconds() {
	const fields = fs.readFileSync('/proc/self/stat', 'utf8').replace(/^.*\) /, '').split(' ');
	return (Number(fields[13]) + Number(fields[14])) / 100;
}

/** @param {number[]} values */
export function median(values) {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[sorted.length >> 1] ?? NaN;
}

/** @param {number} seconds */
export const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/**
 * Prints rows as an aligned table.
 *
 * @param {string[][]} rows
 */
export function printTable(rows) {
	const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
	for (const row of rows)
		console.log(row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd());
}
