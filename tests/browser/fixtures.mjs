/* fixtures: make-believe hosts in the shapes of the HTTP interface. Each builder fills in what a test does not care about. */

export const GiB = 2 ** 30;
export const NOW = () => Date.now() / 1000;

export const columns = [
	{ field: 'index', title: 'GPU' },
	{ field: 'name', title: 'Model' },
	{ field: 'temperature.gpu', title: 'Temperature' },
	{ field: 'utilization.gpu', title: 'Utilization' },
	{ field: 'memory.used', title: 'Memory used' },
	{ field: 'memory.total', title: 'Memory' },
	{ field: 'power.draw', title: 'Power' },
	{ field: 'fan.speed', title: 'Fan' },
	{ field: 'pstate', title: 'State' },
];

let pids = 4000;

export function process(user, command, gib, elapsed, more = {}) {
	return {
		pid: ++pids,
		user,
		name: command?.split(' ')[0] ?? null,
		command,
		memory: gib === null ? null : gib * GiB,
		elapsed,
		...more,
	};
}

const mib = (value) => (value === null ? '[N/A]' : `${Math.round(value / 2 ** 20)} MiB`);
const shown = (value, unit) => (value === null ? '[N/A]' : `${value}${unit}`);

export function gpu(index, more = {}) {
	const it = {
		index,
		uuid: `GPU-${String(index).padStart(8, '0')}-aaaa-bbbb-cccc-000000000000`,
		bus_id: `00000000:${(index + 1).toString(16).padStart(2, '0')}:00.0`,
		name: 'NVIDIA A100-SXM4-80GB',
		utilization: 0,
		memory_total: 80 * GiB,
		memory_used: 0.4 * GiB,
		temperature: 31,
		power: 54.2,
		power_limit: 400,
		fan: null,
		problem: null,
		processes: [],
		...more,
	};
	it.cells =
		'cells' in more
			? more.cells
			: [
					shown(it.index, ''),
					it.name,
					shown(it.temperature, ''),
					shown(it.utilization, ' %'),
					mib(it.memory_used),
					mib(it.memory_total),
					shown(it.power, ' W'),
					shown(it.fan, ' %'),
					it.utilization > 0 ? 'P0' : 'P8',
				];
	return it;
}

export function busy(index, user, command, more = {}) {
	const processes = more.processes ?? [process(user, command, 71, 273_600)];
	return gpu(index, { utilization: 97, memory_used: 71 * GiB, temperature: 67, power: 388.4, ...more, processes });
}

/* A GPU that no longer answers: nothing is known, and the driver says why. */
export function lost(index, problem = 'GPU is lost', more = {}) {
	const none = {
		utilization: null,
		memory_total: null,
		memory_used: null,
		temperature: null,
		power: null,
		power_limit: null,
		fan: null,
	};
	return gpu(index, { ...none, problem, cells: columns.map(() => `[${problem}]`), ...more });
}

export function host(name, more = {}) {
	const now = NOW();
	return {
		name,
		address: `${name}.lab.example`,
		people: null,
		kvm: null,
		comment: null,
		state: 'ok',
		since: now - 7200,
		sampled: now - 1,
		sample_ms: 41,
		driver: '550.54.15',
		error: null,
		gpus: [gpu(0)],
		...more,
	};
}

export function failed(name, error, more = {}) {
	const now = NOW();
	const full = {
		kind: 'auth',
		message: 'Permission denied (publickey).',
		hint: `ssh-copy-id ${name}`,
		since: now - 200,
		next_try: now + 8,
		...error,
	};
	return host(name, { state: 'error', since: full.since, sampled: now - 205, error: full, ...more });
}

export function snapshot(hosts, more = {}) {
	return { version: 1, generation: 1, time: NOW(), interval: 5, demo: false, columns, hosts, ...more };
}

/* A lab with everything in it, for looking at. */
export function lab() {
	const h100 = { name: 'NVIDIA H100 80GB HBM3', power_limit: 700 };
	const ada = { name: 'NVIDIA RTX 6000 Ada Generation', memory_total: 48 * GiB };
	const rtx = { name: 'NVIDIA GeForce RTX 3090', memory_total: 24 * GiB, power_limit: 350 };
	const jupyter = () =>
		process(
			'dora',
			'/usr/bin/python3 -m ipykernel_launcher -f /home/dora/.local/share/jupyter/runtime/kernel-7.json',
			34,
			440_000,
		);
	const finetune = () => process('chen', 'python finetune.py --model llama-3-8b --lora', 48, 7860);
	const small = [
		process('bob', 'python eval.py --shard 1', 3.1, 620),
		process('erin', 'python eval.py --shard 2', 3.1, 615),
		process('chen', './gpu_burn 60', 2, 40),
		process('frida', '/opt/conda/bin/python notebook.py', 1.2, 86_400),
		process('bob', 'python eval.py --shard 3', 0.9, 12),
		process(null, null, 0.4, null),
	];
	return snapshot([
		host('node4', {
			address: '192.168.1.14',
			kvm: 'A1',
			people: 'Alice',
			gpus: [0, 1, 2, 3]
				.map((i) => gpu(i))
				.concat([4, 5, 6, 7].map((i) => busy(i, 'alice', '/home/alice/env/bin/python train.py --cfg vit_l --seed 3'))),
		}),
		host('node7', {
			address: '192.168.1.17',
			kvm: 'B3',
			people: 'Chen',
			comment: 'new fans on Friday',
			driver: '570.86.10',
			gpus: [
				busy(0, 'bob', 'vllm serve Qwen2.5-72B', { ...h100, power: 611 }),
				busy(1, 'bob', 'vllm serve Qwen2.5-72B', { ...h100, power: 603 }),
				gpu(2, { ...h100, memory_used: 34 * GiB, processes: [jupyter()], temperature: 39, power: 118 }),
				gpu(3, { ...h100, memory_used: 34 * GiB, processes: [jupyter()], temperature: 38, power: 117 }),
				busy(4, '', '', { ...h100, utilization: 71, memory_used: 12 * GiB, processes: small, power: 402 }),
				gpu(5, h100),
				lost(6, 'GPU is lost', h100),
				busy(7, '', '', {
					...h100,
					utilization: 93,
					temperature: 86,
					memory_used: 48 * GiB,
					processes: [finetune()],
					power: 668,
				}),
			],
		}),
		failed(
			'node2',
			{ message: 'bob@192.168.1.12: Permission denied (publickey,password).', hint: 'ssh-copy-id bob@192.168.1.12' },
			{
				address: '192.168.1.12',
				kvm: 'A2',
				people: 'Bob',
				driver: '535.183.01',
				gpus: [
					busy(0, 'chen', 'python finetune.py', { ...rtx, utilization: 45, memory_used: 18 * GiB, power: 301 }),
					gpu(1, rtx),
					busy(2, 'alice', 'train.py --cfg vit_b', { ...rtx, memory_used: 23 * GiB, power: 349 }),
					gpu(3, { ...rtx, memory_used: 9 * GiB, processes: [jupyter()] }),
				],
			},
		),
		host('node9', {
			address: '192.168.1.19',
			kvm: 'C1',
			people: 'Dora',
			gpus: [
				gpu(0, ada),
				gpu(1, ada),
				busy(2, '', '', { ...ada, utilization: 64, memory_used: 31 * GiB, processes: [finetune()], power: 240 }),
				gpu(3, { ...ada, memory_used: 12 * GiB, processes: null }),
			],
		}),
		host('node11', {
			people: 'Erin',
			comment: 'MIG',
			state: 'stale',
			sampled: NOW() - 34,
			gpus: [gpu(0, { utilization: null, memory_used: 40 * GiB, processes: [process('erin', 'python serve.py', null, 9000)] })],
		}),
		host('node12', { state: 'connecting', since: NOW() - 3, sampled: null, sample_ms: null, driver: null, gpus: [] }),
		failed(
			'node13',
			{
				kind: 'nvidia-smi-hangs',
				message: 'nvidia-smi gave no answer for 15 s',
				hint: 'ssh node13 dmesg | grep -i xid',
				since: NOW() - 90_000,
			},
			{ sampled: null, gpus: [] },
		),
	]);
}
