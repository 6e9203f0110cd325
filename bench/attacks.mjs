// What each attack of tests/e2e/attacks/attacks.mjs costs: memory of the server and of the kernel, CPU, and what somebody else
// notices.
//
//     node bench/attacks.mjs [PART OF A NAME]
//
// The deadlines are the tests' short ones; those who stall have some seconds, so that memory can pile up. The kernel's TCP memory is
// that of the server's sockets, as ss tells it; the attackers' own sockets are on this machine too, and are not counted.
import { execFileSync } from 'node:child_process';
import { Crowd, attacks, startBystander } from '../tests/e2e/attacks/attacks.mjs';
import { startHttpServer } from '../tests/e2e/attacks/server.mjs';
import { build } from './http_server.mjs';
import { printTable, sleep } from './measure.mjs';

const wanted = process.argv[2] ?? '';
const mb = (/** @type {number} */ kB) => `${(kB / 1024).toFixed(1)} MB`;

/**
 * Kernel memory of the connections to this port: what is queued either way, and what is set aside for them. kB.
 *
 * @param {string} port
 */
function kernelMemory(port) {
	const list = execFileSync('ss', ['-Htmn', 'state', 'all', `sport = :${port}`], { encoding: 'utf8', maxBuffer: 1e8 });
	let bytes = 0;
	for (const [, received, ahead, queued] of list.matchAll(/skmem:\(r(\d+),rb\d+,t\d+,tb\d+,f(\d+),w(\d+)/g))
		bytes += Number(received) + Number(ahead) + Number(queued);
	return bytes / 1024;
}

/** @param {import('../tests/e2e/attacks/attacks.mjs').Attack} attack */
async function measure(attack) {
	const server = await startHttpServer(attack.limits, { descriptors: attack.descriptors });
	const bystander = await startBystander(server.url);
	const crowd = new Crowd(server);
	const { port } = new URL(server.url);
	const before = { rss: server.rss(), cpu: server.cpu(), time: performance.now() };
	const highest = { rss: before.rss, kernel: 0 };
	const watch = setInterval(() => {
		highest.rss = Math.max(highest.rss, server.rss());
		highest.kernel = Math.max(highest.kernel, kernelMemory(port));
	}, 50);
	let outcome = 'fine';
	try {
		await attack.run(server, crowd);
	} catch (error) {
		outcome = String(error);
	}
	clearInterval(watch);
	const seconds = (performance.now() - before.time) / 1000;
	const kernelAfter = kernelMemory(port);
	const cpu = server.cpu() - before.cpu;
	crowd.close();
	await bystander.stop();
	await sleep(0.2);
	const row = [attack.name, mb(before.rss), mb(highest.rss), mb(server.rss()), mb(highest.kernel), mb(kernelAfter),
		`${((cpu / seconds) / 10).toFixed()} %`, `${seconds.toFixed(1)} s`, String(bystander.asked), String(bystander.failed),
		`${bystander.slowest.toFixed()} ms`, outcome];
	await server.stop();
	return row;
}

build();
const rows = [['attack', 'RSS before', 'highest', 'after', 'kernel TCP, highest', 'when over', 'CPU', 'took', 'others asked', 'failed',
	'slowest', '']];
for (const attack of attacks)
	if (attack.name.includes(wanted))
		rows.push(await measure(attack));
printTable(rows);
