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
		owner: user,
		inferred: null,
		name: command?.split(' ')[0] ?? null,
		command,
		memory: gib === null ? null : gib * GiB,
		elapsed,
		cpu: null,
		rss: null,
		container: null,
		slurm_job: null,
		mig: null,
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
		clock: null,
		clock_max: null,
		pcie_gen: 4,
		pcie_gen_max: 4,
		pcie_width: 16,
		pcie_width_max: 16,
		ecc_corrected: 0,
		ecc_uncorrected: 0,
		throttle: [],
		pstate: null,
		persistence_mode: 'Enabled',
		compute_mode: 'Default',
		retired_pending: null,
		mig_mode: 'Disabled',
		remap_pending: 'No',
		remap_failure: 'No',
		recovery_action: null,
		asleep: false,
		problem: null,
		problem_since: null,
		processes: [],
		process_problem: null,
		mig: null,
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

/* A GPU that the kernel has suspended: nobody asks it anything. */
export function asleep(index, more = {}) {
	return lost(index, null, { asleep: true, cells: null, ...more });
}

/* A part of a GPU with MIG on. */
export function part(index, profile, gib, processes = [], more = {}) {
	return {
		index,
		gpu_instance: index + 1,
		compute_instance: 0,
		profile,
		uuid: `MIG-${String(index).padStart(8, '0')}-dddd-eeee-ffff-000000000000`,
		memory_total: Number(/(\d+)gb/.exec(profile)?.[1] ?? 10) * GiB,
		memory_used: gib * GiB,
		processes: processes.map((process) => ({ ...process, mig: index })),
		...more,
	};
}

/* A GPU that is cut into `parts`: its utilization is not told. */
export function cut(index, parts, more = {}) {
	return gpu(index, {
		name: 'NVIDIA H100 80GB HBM3',
		mig_mode: 'Enabled',
		utilization: null,
		memory_used: parts.reduce((sum, { memory_used }) => sum + memory_used, 0),
		mig: parts,
		processes: parts.flatMap(({ processes }) => processes ?? []),
		...more,
	});
}

export function finding(kind, severity, message, more = {}) {
	return { kind, severity, gpu: null, uuid: null, message, remedy: null, since: NOW() - 7200, ...more };
}

export function machine(more = {}) {
	return {
		load: [12.34, 10.1, 8],
		cpus: 64,
		memory_total: 503 * GiB,
		memory_available: 383 * GiB,
		uptime: 12 * 86_400,
		clock_ahead: 0.2,
		reboot_required: false,
		disk: { mount: '/data', size: 7300 * GiB, used: 6640 * GiB, percent: 91 },
		...more,
	};
}

export function pastError(more = {}) {
	const until = NOW() - 3600;
	return { kind: 'refused', message: 'connect to host port 22: Connection refused', since: until - 209, until, ...more };
}

export function session(more = {}) {
	return {
		connected: NOW() - 3 * 86_400,
		logins: 1,
		attempts: 1,
		samples: 51_840,
		bytes_in: 12.3e6,
		bytes_out: 340e3,
		probe_cpu_ms: 21.3,
		keeps_driver: false,
		last_error: null,
		...more,
	};
}

/* As a server told before it knew more than this. */
export function asOlderServer(snapshot) {
	const pick = (names) => (it) => Object.fromEntries(names.split(' ').map((name) => [name, it[name]]));
	const oldProcess = pick('pid user name command memory elapsed');
	const oldGpu = pick(
		'index uuid bus_id name utilization memory_total memory_used temperature power power_limit fan problem cells processes',
	);
	const oldHost = pick('name address people kvm comment state since sampled sample_ms driver error gpus');
	return {
		...snapshot,
		hosts: snapshot.hosts.map((host) => ({
			...oldHost(host),
			gpus: host.gpus.map((gpu) => ({ ...oldGpu(gpu), processes: gpu.processes?.map(oldProcess) ?? null })),
		})),
	};
}

export function host(name, more = {}) {
	const now = NOW();
	return {
		name,
		address: `${name}.lab.example`,
		port: null,
		people: null,
		kvm: null,
		comment: null,
		state: 'ok',
		since: now - 7200,
		sampled: now - 1,
		sample_ms: 41,
		driver: '550.54.15',
		error: null,
		machine: null,
		findings: [],
		session: null,
		process_problem: null,
		left_out: null,
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
			machine: machine(),
			session: session(),
			findings: [0, 1, 2, 3, 4, 5, 6, 7].map((i) =>
				finding('persistence-off', 'warning', `GPU ${i}: persistence mode is off; a query takes 2.1 s`, {
					gpu: i,
					remedy: '`sudo nvidia-smi -pm 1`, or for good: `sudo systemctl enable --now nvidia-persistenced`',
				}),
			),
			gpus: [0, 1, 2, 3]
				.map((i) => gpu(i, { pstate: 'P8', clock: 210, clock_max: 1410, throttle: ['gpu-idle'] }))
				.concat([4, 5, 6, 7].map((i) => busy(i, 'alice', '/home/alice/env/bin/python train.py --cfg vit_l --seed 3'))),
		}),
		host('node7', {
			address: '192.168.1.17',
			kvm: 'B3',
			people: 'Chen',
			comment: 'new fans on Friday',
			driver: '570.86.10',
			machine: machine({ load: [71.2, 70, 66], cpus: 96, reboot_required: true, uptime: 40_000 }),
			session: session({ logins: 4, attempts: 9, keeps_driver: true, last_error: pastError() }),
			findings: [
				finding('gpu-problem', 'error', 'GPU 6: GPU is lost', {
					gpu: 6,
					remedy: 'see why in `sudo dmesg | grep -i -e xid -e nvrm`, then reboot the host',
				}),
				finding('ecc-uncorrected', 'error', 'GPU 7: 2 uncorrected ECC errors since the driver was loaded', {
					gpu: 7,
					remedy:
						'what ran then may have computed wrongly; when nothing runs on it: `sudo nvidia-smi -r -i 7`, or reboot the host',
				}),
				finding('throttled', 'warning', 'GPU 7: too hot: slowed down by its hardware', {
					gpu: 7,
					remedy: 'look after its fans and the air that it gets',
				}),
				finding('reboot-required', 'warning', 'the host wants to be rebooted', {
					remedy: 'when nobody computes there: `sudo reboot`',
				}),
				finding('clock-off', 'note', 'its clock is 41 s ahead'),
			],
			gpus: [
				busy(0, 'bob', 'vllm serve Qwen2.5-72B', { ...h100, power: 611 }),
				busy(1, 'bob', 'vllm serve Qwen2.5-72B', { ...h100, power: 603 }),
				gpu(2, { ...h100, memory_used: 34 * GiB, processes: [jupyter()], temperature: 39, power: 118 }),
				gpu(3, { ...h100, memory_used: 34 * GiB, processes: [jupyter()], temperature: 38, power: 117 }),
				busy(4, '', '', { ...h100, utilization: 71, memory_used: 12 * GiB, processes: small, power: 402 }),
				gpu(5, h100),
				lost(6, 'GPU is lost', { ...h100, problem_since: NOW() - 10_800 }),
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
		host('node10', {
			people: 'Erin and Frida',
			machine: machine({ disk: null }),
			session: session(),
			process_problem: 'nvidia-smi: Insufficient Permissions',
			gpus: [
				cut(0, [
					part(0, '3g.40gb', 31, [
						process('erin', 'python serve.py --port 8080', 31, 9000, {
							owner: 'root',
							inferred: 'loginuid',
							container: { runtime: 'docker', id: '3f4e5d6c7b8a', pod: null },
						}),
					]),
					part(1, '2g.20gb', 4, [process(null, 'python notebook.py', 4, 600, { owner: 'root' })]),
					part(2, '1g.10gb', 0.1),
					part(3, '1g.10gb+me', 0.1),
				]),
				cut(1, []),
				gpu(2, {
					utilization: 88,
					memory_used: 60 * GiB,
					processes: [
						process('frida', 'python -m torch.distributed.run train.py', 60, 7000, {
							slurm_job: '48213',
							cpu: 412,
							rss: 21 * GiB,
						}),
						process(null, 'trainer', 9, 7000, {
							owner: 'root',
							container: { runtime: 'containerd', id: 'aabbccddeeff', pod: '1b2c-3d4e' },
						}),
					],
				}),
				asleep(3),
				lost(4, 'missing', { problem_since: NOW() - 600 }),
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

/* Many hosts of many GPUs in every state: the same ones whenever it is called. */
export function fleet(count, gpusEach = 8) {
	let seed = 7;
	const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
	const people = 'alice bob chen dora erin frida gina hugo ines jan kim lena'.split(' ');
	const models = ['NVIDIA A100-SXM4-80GB', 'NVIDIA H100 80GB HBM3', 'NVIDIA GeForce RTX 3090'];
	const one = (model, owner) => (_, index) => {
		const chance = random();
		const user = people[Math.floor(random() * people.length)];
		const values = { name: model, temperature: 30 + Math.round(60 * random()), uuid: `GPU-${seed}` };
		if (chance < 0.16 || owner < 0.1) return gpu(index, { ...values, temperature: 31 });
		if (chance < 0.21)
			return gpu(index, { ...values, memory_used: 34 * GiB, processes: [process(user, 'jupyter', 34, 440_000)], idle_since: NOW() - 21_000 });
		if (chance > 0.995) return lost(index, 'GPU is lost', { name: model, uuid: values.uuid, problem_since: NOW() - 5000 });
		const more = { utilization: Math.round(100 * random()), memory_used: 80 * GiB * random(), power: 100 + Math.round(300 * random()) };
		return busy(index, user, `python train.py --seed ${index}`, { ...values, ...more });
	};
	return snapshot(
		Array.from({ length: count }, (_, place) => {
			const name = `node${place + 1}`;
			const chance = random();
			const gpus = Array.from({ length: gpusEach }, one(models[place % models.length], random()));
			if (chance < 0.015) return failed(name, {}, { gpus });
			return chance > 0.99 ? host(name, { state: 'stale', sampled: NOW() - 40, gpus }) : host(name, { gpus });
		}),
	);
}
