// What it costs to watch a fleet: so many lab hosts of 8 GPUs, one sample a second each, over a real sshd on this machine.
//
//     node bench/fleet.mjs [HOSTS [SECONDS]]     100 hosts, 30 s for each of the two windows
//
// First without a viewer, for the CPU; then with one, who notes when each sample came. The yardstick is what the tool's ancestors do: one
// `ssh` login per host and sample, on the same lab in the same run.
import { spawnSync } from 'node:child_process';
import { startLab } from '../tests/lab/lab.mjs';
import { children, cpuSeconds, endedChildrenSeconds, median, printTable, pss, rss, sleep } from './measure.mjs';

const count = Number(process.argv[2] ?? 100);
const seconds = Number(process.argv[3] ?? 30);
const LOGINS = 20;

/** @param {import('../tests/lab/server.mjs').Server} server */
async function cpuWindow(server) {
	const ssh = children(server.pid);
	const read = () => ({ server: cpuSeconds(server.pid), ssh: ssh.map(cpuSeconds).reduce((a, b) => a + b, 0) });
	const before = read();
	const first = (await server.snapshot()).generation;
	await sleep(seconds);
	const after = read();
	const samples = (await server.snapshot()).generation - first;
	return { samples, server: (after.server - before.server) / samples, ssh: (after.ssh - before.ssh) / samples };
}

/**
 * How late each sample was, against a beat of one second that begins with the host's first one.
 *
 * @param {import('../tests/lab/server.mjs').Server} server
 */
async function latenessWindow(server) {
	/** @type {Map<string, number[]>} */
	const times = new Map();
	const events = server.events();
	await sleep(seconds);
	events.close();
	for (const { event, data } of events.all)
		for (const host of event === 'snapshot' ? data.hosts : data) {
			const list = times.get(host.name) ?? [];
			times.set(host.name, list);
			if (host.sampled && host.sampled !== list.at(-1))
				list.push(host.sampled);
		}
	const lateness = [];
	let missed = 0;
	for (const list of times.values()) {
		const beats = list.map((time) => Math.round(time - list[0]));
		missed += beats.at(-1) + 1 - new Set(beats).size;
		/* The beat itself is the earliest phase seen: a sample cannot come before it was due. */
		const phase = Math.min(...list.map((time, i) => time - beats[i]));
		lateness.push(...list.map((time, i) => time - beats[i] - phase));
	}
	return { hosts: times.size, samples: lateness.length, missed, median: median(lateness), worst: Math.max(...lateness) };
}

/** @param {import('../tests/lab/lab.mjs').Lab} lab */
function loginCost(lab) {
	const [ssh, ...options] = lab.sshCommand;
	const before = endedChildrenSeconds();
	for (let i = 0; i < LOGINS; i++)
		spawnSync(ssh, [...options, '-oBatchMode=yes', lab.hosts[i % lab.hosts.length], 'nvidia-smi --query-gpu=index,name --format=csv']);
	return (endedChildrenSeconds() - before) / LOGINS;
}

const ms = (/** @type {number} */ value) => `${(value * 1000).toFixed(3)} ms`;
const mb = (/** @type {number} */ value) => `${value.toFixed(1)} MB`;

const lab = await startLab({ hosts: Array.from({ length: count }, (_, i) => `node${i}`), control: { gpus: 8 } });
try {
	const server = await lab.startServer();
	await server.waitFor((snapshot) => snapshot.hosts.every((/** @type {any} */ host) => host.state === 'ok'), 'every host is ok', { seconds: 120 });
	await sleep(3);
	const cpu = await cpuWindow(server);
	const late = await latenessWindow(server);
	const sshPss = children(server.pid).map(pss);
	const serverRss = rss(server.pid);
	await server.stop();
	const login = loginCost(lab);
	printTable([
		[`${count} hosts of 8 GPUs, interval 1 s`, 'measured', 'aim'],
		['samples in the first window, no viewer', `${cpu.samples} of ${count * seconds}`, ''],
		['CPU per host and sample: server', ms(cpu.server), ''],
		['CPU per host and sample: ssh child', ms(cpu.ssh), ''],
		['CPU per host and sample: together', ms(cpu.server + cpu.ssh), '0.25 ms'],
		['samples in the second window, one viewer', `${late.samples} of ${late.hosts} hosts, ${late.missed} missed`, '0 missed'],
		['lateness: median', ms(late.median), ''],
		['lateness: worst', ms(late.worst), ''],
		['RSS of the server', mb(serverRss), '25 MB'],
		['PSS per ssh child: median', mb(median(sshPss)), '1.6 MB'],
		['yardstick: CPU of one login per sample', ms(login), `${(login / (cpu.server + cpu.ssh)).toFixed(0)} x ours`],
	]);
} finally {
	await lab.stop();
}
