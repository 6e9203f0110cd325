// A network of the lab's own: the server's side and the hosts' side are two network namespaces, with a link between them for each host.
//
//     near (nvwebmon, its ssh)        far (an sshd for each host)
//     n1 10.77.1.1/24  ------------  f1 10.77.1.2/24   the first host
//     n2 10.77.2.1/24  ------------  f2 10.77.2.2/24   the second
//
// A link is cut without a word to anybody: both ends are told a hardware address that nobody has, so every packet is dropped by the one that
// receives it. Needs CAP_SYS_ADMIN and CAP_NET_ADMIN, and of the kernel no more than veth. The namespaces have no name: they live as long as their holders,
// and those as long as the tests.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { within } from './wait.mjs';

/** @typedef {'up' | 'cut' | 'unreachable'} LinkState  `unreachable`: there is no route to it, and that is said at once */
/** @typedef {'near' | 'far'} Side */

const programs = ['ip', 'nsenter', 'unshare', 'mount'];
const nobody = '02:00:00:00:00:01';
const most = 250;
const sides = /** @type {Side[]} */ (['near', 'far']);

/** @type {string | false | undefined} */
let reason;

/** Why there can be no network here, for a test's `skip`; false when there can. */
export function whyNoNetwork() {
	return reason ??= findReason();
}

export function canUseNetwork() {
	return whyNoNetwork() === false;
}

function findReason() {
	if (process.platform !== 'linux' || process.getuid?.() !== 0)
		return 'network namespaces need root';
	const missing = programs.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0);
	if (missing.length > 0)
		return `not installed: ${missing.join(', ')}`;
	const try_ = 'ip link add n1 type veth peer name f1 && mount --bind /etc/passwd /etc/passwd';
	const { status, stderr } = spawnSync('unshare', [...apart, 'sh', '-c', try_], { encoding: 'utf8' });
	return status === 0 ? false : `no network namespaces: ${stderr.trim()}`;
}

const apart = ['--net', '--mount', '--propagation', 'private'];

export class Network {
	/** @type {Record<Side, import('node:child_process').ChildProcess>} */
	#holders;
	#dir;
	/** @type {string[]} */
	#hosts;
	/** @type {Map<string, LinkState>} */
	#links = new Map();

	/**
	 * @param {string} dir
	 * @param {string[]} hosts
	 */
	constructor(dir, hosts) {
		if (hosts.length > most)
			throw new Error(`${hosts.length} hosts in a network, ${most} are the most`);
		this.#dir = path.join(dir, 'net');
		this.#hosts = hosts;
		fs.mkdirSync(this.#dir);
		const names = hosts.map((host) => `${this.address(host)}\t${host}\n`);
		fs.writeFileSync(path.join(this.#dir, 'hosts'), `127.0.0.1\tlocalhost\n::1\tlocalhost\n${names.join('')}`);
		fs.writeFileSync(path.join(this.#dir, 'nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files\n');
		this.#holders = { near: this.#hold(), far: this.#hold() };
	}

	/** Names are found in a file, and nowhere else: one that is not in it is not known, at once. */
	#hold() {
		const script = 'mount --bind "$1/hosts" /etc/hosts && mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf && ip link set lo up && echo && exec cat';
		return spawn('unshare', [...apart, 'sh', '-c', script, 'sh', this.#dir], { stdio: ['pipe', 'pipe', 'inherit'] });
	}

	/** Lays the links. */
	async start() {
		for (const [side, holder] of Object.entries(this.#holders))
			await within(new Promise((resolve, reject) => {
				holder.on('exit', (code) => reject(new Error(`no ${side} side of the network: exit status ${code}`)));
				holder.stdout?.once('data', resolve);
			}), `the ${side} side of the network`);
		const all = this.#hosts.map((_, i) => i + 1);
		this.#ip('near', all.flatMap((n) => [
			`link add n${n} address ${hardware('near', n)} type veth peer name f${n} address ${hardware('far', n)} netns ${this.#holders.far.pid}`,
			`addr add 10.77.${n}.1/24 dev n${n}`,
			`link set n${n} up`,
		]));
		this.#ip('far', all.flatMap((n) => [`addr add 10.77.${n}.2/24 dev f${n}`, `link set f${n} up`]));
		for (const side of sides)
			this.#ip(side, all.map((n) => neighbour(side, n, hardware(other(side), n))));
	}

	/** @param {string} host */
	address(host) {
		return `10.77.${this.#number(host)}.2`;
	}

	/**
	 * What to put before a command to run it on a side.
	 *
	 * @param {Side} side
	 */
	enter(side) {
		return ['nsenter', '--target', String(this.#holders[side].pid), '--net', '--mount', '--'];
	}

	/**
	 * @param {string} host
	 * @param {LinkState} state
	 */
	setLink(host, state) {
		const n = this.#number(host), before = this.#links.get(host) ?? 'up';
		const route = `unreachable ${this.address(host)}/32`;
		if (before === 'unreachable')
			this.#ip('near', [`route del ${route}`]);
		if (state === 'unreachable')
			this.#ip('near', [`route add ${route}`]);
		if ((before === 'cut') !== (state === 'cut'))
			for (const side of sides)
				this.#ip(side, [neighbour(side, n, state === 'cut' ? nobody : hardware(other(side), n))]);
		this.#links.set(host, state);
	}

	/** Ends the namespaces, as soon as nobody is in them. */
	async stop() {
		for (const holder of Object.values(this.#holders)) {
			holder.removeAllListeners('exit');
			if (holder.exitCode !== null)
				continue;
			const ended = new Promise((resolve) => holder.on('exit', resolve));
			holder.stdin?.end();
			await within(ended, 'a side of the network ends');
		}
	}

	/** @param {string} host */
	#number(host) {
		const index = this.#hosts.indexOf(host);
		if (index < 0)
			throw new Error(`no host ${host} in the network`);
		return index + 1;
	}

	/**
	 * @param {Side} side
	 * @param {string[]} commands  of ip
	 */
	#ip(side, commands) {
		const [program = '', ...args] = this.enter(side);
		const { status, stderr } = spawnSync(program, [...args, 'ip', '-batch', '-'], { input: commands.join('\n') + '\n', encoding: 'utf8' });
		if (status !== 0)
			throw new Error(`ip: ${stderr}`);
	}
}

/** @param {Side} side */
const other = (side) => (side === 'near' ? 'far' : 'near');

/**
 * @param {Side} side
 * @param {number} n
 */
const hardware = (side, n) => `02:77:00:00:${side === 'near' ? '01' : '02'}:${n.toString(16).padStart(2, '0')}`;

/**
 * What a side believes to be the hardware address of the other end of a link.
 *
 * @param {Side} side
 * @param {number} n
 * @param {string} address
 */
const neighbour = (side, n, address) => `neigh replace 10.77.${n}.${side === 'near' ? 2 : 1} lladdr ${address} dev ${side === 'near' ? 'n' : 'f'}${n} nud permanent`;
