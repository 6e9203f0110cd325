/*
 * What people do to a server on an open port, each as a story: it is run against the HTTP side alone, with limits made short, and ends
 * when the server has got over it. tests/e2e/attacks.test.mjs asks whether it did, bench/attacks.mjs what it cost.
 */
import fs from 'node:fs';
import { get, slowness, until } from '../../lab/lab.mjs';
import { connect, request } from './client.mjs';

/** @typedef {import('./server.mjs').HttpServer} HttpServer */
/** @typedef {import('./client.mjs').Client} Client */
/**
 * @typedef {object} Attack
 * @property {string} name
 * @property {string[]} limits  what the server is started with
 * @property {number} [descriptors]
 * @property {(server: HttpServer, crowd: Crowd) => Promise<void>} run  resolves when the server is rid of it; throws when it never is
 */

const short = ['sweep=50', 'linger=300'];

/** The attackers: whatever becomes of the attack, in the end they are gone. */
export class Crowd {
	/** @type {Client[]} */
	clients = [];

	/**
	 * @param {HttpServer} server
	 */
	constructor(server) {
		this.server = server;
		this.before = server.sockets();
	}

	/**
	 * @param {number} count
	 * @param {(client: Client, index: number) => void} act  what each does once it is connected
	 * @param {{reading?: boolean}} [options]
	 */
	async open(count, act, options) {
		const open = async (/** @type {number} */ index) => {
			const client = await connect(this.server.url, options);
			this.clients.push(client);
			act(client, index);
		};
		for (let i = 0; i < count; i += 50) // not more at once than the kernel's backlog likes
			await Promise.all(Array.from({ length: Math.min(50, count - i) }, (_, j) => open(i + j)));
	}

	/** Until the server has no socket more than before they came. */
	async gone() {
		const show = () => this.server.sockets();
		await until(() => show() <= this.before, 'the server has closed them all', { show });
	}

	close() {
		for (const client of this.clients)
			client.close();
	}
}

/**
 * Sends as fast as the server takes it, until that is the end.
 *
 * @param {Client | undefined} client
 * @param {string} text
 */
function flood(client, text) {
	if (!client)
		return;
	const more = () => {
		for (let i = 0; client.state === 'open' && i < 100; i++)
			if (!client.socket.write(text))
				return;
		if (client.state === 'open')
			setImmediate(more);
	};
	client.socket.on('drain', more);
	more();
}

/** One of each kind of nonsense; the unit tests know what each is answered with. */
const nonsense = fs.readdirSync(new URL('../../fuzz/corpus/http/', import.meta.url)).map((name) =>
	fs.readFileSync(new URL(`../../fuzz/corpus/http/${name}`, import.meta.url)).subarray(1));

/** @type {Attack[]} */
export const attacks = [
	{
		name: 'malformed requests, 1,000',
		limits: ['head=500', 'idle=500', ...short],
		async run(_server, crowd) {
			await crowd.open(1000, (client, index) => client.socket.end(nonsense[index % nonsense.length]));
			await crowd.gone();
		},
	},
	{
		name: '500 half heads, silent',
		limits: ['head=1000', ...short],
		async run(_server, crowd) {
			await crowd.open(500, (client) => client.send('GET / HTTP/1.1\r\nHost: loc'));
			await crowd.gone();
		},
	},
	{
		name: '500 half heads, drip-fed',
		limits: ['head=1000', ...short],
		async run(_server, crowd) {
			await crowd.open(500, (client) => client.send('GET / HTTP/1.1\r\nHost: localhost\r\nX: '));
			const open = () => crowd.clients.filter((client) => client.state === 'open');
			const drip = setInterval(() => open().forEach((client) => client.send('x')), 100);
			try {
				await crowd.gone();
			} finally {
				clearInterval(drip);
			}
		},
	},
	{
		name: '200 readers of events, stalled',
		limits: ['hosts=100', 'gpus=8', 'every=10', 'write=3000', ...short],
		async run(_server, crowd) {
			await crowd.open(200, (client) => client.send(request('/api/v1/events')), { reading: false });
			await crowd.gone();
		},
	},
	{
		name: 'a reader of events that keeps sending',
		limits: short,
		async run(_server, crowd) {
			await crowd.open(1, (client) => client.send(request('/api/v1/events')));
			const [client] = crowd.clients;
			await client?.until(() => client.got.includes('event: snapshot'), 'the first event');
			flood(client, 'x'.repeat(65536));
			await client?.closed();
		},
	},
	{
		name: 'a body that does not end',
		limits: short,
		async run(_server, crowd) {
			const post = 'POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n';
			await crowd.open(1, (client) => client.send(post));
			flood(crowd.clients[0], 'x'.repeat(65536));
			await crowd.clients[0]?.closed();
		},
	},
	{
		name: '100 x pipelined snapshots, never read',
		limits: ['hosts=100', 'gpus=8', 'every=10', 'write=2000', ...short],
		async run(_server, crowd) {
			await crowd.open(100, (client) => flood(client, request('/api/v1/snapshot').repeat(100)), { reading: false });
			await crowd.gone();
		},
	},
	{
		name: 'no descriptor left, 200 wait',
		limits: ['idle=60000', ...short],
		descriptors: 64,
		async run(server, crowd) {
			await crowd.open(200, () => {});
			const away = () => crowd.clients.filter((client) => client.state !== 'open').length;
			await until(() => away() > 100, 'the server has turned some away');
			crowd.close();
			await until(() => get(server.url, '/healthz').then(({ status }) => status === 200, () => false), 'it answers again');
		},
	},
	{
		name: '2,000 come and go at once',
		limits: short,
		async run(_server, crowd) {
			await crowd.open(2000, (client, index) => {
				if (index % 2)
					client.send(request('/api/v1/snapshot'));
				if (index % 3)
					client.socket.resetAndDestroy();
				else
					client.close();
			});
			await crowd.gone();
		},
	},
];

/**
 * Somebody else, who only wants to see the page: asks on one connection, again and again.
 */
export class Bystander {
	asked = 0;
	failed = 0;
	slowest = 0; // ms
	#client;
	#stop = false;
	/** @type {Promise<void>} */
	#done;

	/** @param {Client} client */
	constructor(client) {
		this.#client = client;
		this.#done = this.#run();
	}

	async #run() {
		while (!this.#stop) {
			const start = performance.now();
			this.#client.got = '';
			this.#client.send(request('/healthz'));
			try {
				await this.#client.until(() => this.#client.got.endsWith('\r\n\r\nok\n'), 'a reply');
			} catch {
				this.failed++;
				return;
			}
			this.asked++;
			this.slowest = Math.max(this.slowest, performance.now() - start);
			await new Promise((resolve) => setTimeout(resolve, 5));
		}
	}

	/** Ends, and waits for the last reply. */
	async stop() {
		this.#stop = true;
		await this.#done;
		this.#client.close();
	}
}

/** @param {string} url */
export async function startBystander(url) {
	const bystander = new Bystander(await connect(url));
	await until(() => bystander.asked > 0 || bystander.failed > 0, 'somebody else has seen the page');
	return bystander;
}

/** How slow a reply to somebody else may be while we attack: this machine may have other things to do. */
export const patience = 1000 * slowness;
