// An hour in a bad network: every host's sshd session is killed at random, once a minute on the mean. Memory and descriptors must not grow.
//
//     node bench/soak.mjs [HOSTS [MINUTES]]     50 hosts, 60 minutes
import { startLab } from '../tests/lab/lab.mjs';
import { cpuSeconds, descriptors, printTable, rss, sleep } from './measure.mjs';

const count = Number(process.argv[2] ?? 50);
const minutes = Number(process.argv[3] ?? 60);

const lab = await startLab({ hosts: Array.from({ length: count }, (_, i) => `node${i}`), control: { gpus: 8 } });
try {
	const server = await lab.startServer({ config: { interval: 2 } });
	const rows = [['minute', 'RSS', 'descriptors', 'hosts ok', 'sessions killed', 'CPU']];
	let killed = 0;
	await server.waitFor((snapshot) => snapshot.hosts.every((/** @type {any} */ host) => host.state === 'ok'), 'every host is ok', { seconds: 120 });
	for (let second = 1; second <= minutes * 60; second++) {
		await sleep(1);
		for (const host of lab.hosts)
			if (Math.random() < 1 / 60)
				killed += lab.killSessions(host).length > 0 ? 1 : 0;
		if (second % 60 !== 0)
			continue;
		const ok = (await server.snapshot()).hosts.filter((/** @type {any} */ host) => host.state === 'ok').length;
		const row = [String(second / 60), `${rss(server.pid).toFixed(2)} MB`, String(descriptors(server.pid)), `${ok} of ${count}`, String(killed),
			`${cpuSeconds(server.pid).toFixed(1)} s`];
		rows.push(row);
		console.log(row.join('\t'));
	}
	await server.waitFor((snapshot) => snapshot.hosts.every((/** @type {any} */ host) => host.state === 'ok'), 'every host is well at the end', { seconds: 120 });
	console.log();
	printTable([rows[0], rows[1], rows.at(-1) ?? []]);
	console.log(`after the last kill all ${count} hosts are ok; descriptors ${descriptors(server.pid)}, RSS ${rss(server.pid).toFixed(2)} MB`);
} finally {
	await lab.stop();
}
