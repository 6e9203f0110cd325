// The probe by itself, under every shell that is here: what it answers to each order, and what it leaves behind. The nvidia-smi, the /proc
// and the /sys that it finds are made for it; its processes are real.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { labBin, probeScript } from '../lab/lab.mjs';
import { processesWith, readProcess, signal } from '../lab/processes.mjs';
import { until, within } from '../lab/wait.mjs';

/** @typedef {import('../lab/processes.mjs').Process} Process */
/** @typedef {{text: string, status: number | null}} Section */

const script = fs.readFileSync(probeScript, 'utf8');
const guard = new URL('../lab/guard', import.meta.url).pathname;

/** Shells that are `sh` somewhere: their commands, and the name by which they are called. */
const shells = [
	{ name: 'dash', command: ['dash'] },
	{ name: 'bash as sh', command: ['bash'], argv0: 'sh' },
	{ name: 'busybox', command: ['busybox', 'sh'] },
	{ name: 'mksh', command: ['mksh'] },
	// Its own sleep is no process, and not to be shortened.
	{ name: 'ksh', command: ['ksh'], setup: 'builtin -d sleep\n' },
	{ name: 'zsh as sh', command: ['zsh', '--emulate', 'sh'] },
].flatMap(({ command: [name = '', ...args], ...rest }) => {
	const file = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
	return file ? [{ ...rest, command: [file, ...args] }] : [];
});

// It logs who it is, and whether another one was there; the rest is in the files that a test writes.
const nvidiaSmi = `#!/bin/sh
case "$*" in
*-l\\ 3600*)
	mkfifo "$FAR/never" 2>/dev/null
	read -r nothing <"$FAR/never"
	;;
esac
mkdir "$FAR/running" || echo "two at a time" >>"$FAR/faults"
trap 'rmdir "$FAR/running"; exit 0' TERM
echo "$*" >>"$FAR/asked"
case "$*" in
*query-gpu*) part=gpus ;;
*compute-apps*) part=apps ;;
*-x*) part=xml ;;
*) part=list ;;
esac
[ ! -x "$FAR/do-$part" ] || "$FAR/do-$part"
[ ! -e "$FAR/$part" ] || cat "$FAR/$part"
rmdir "$FAR/running"
exit "$(cat "$FAR/$part.status" 2>/dev/null || echo 0)"
`;

const hangingPs = '#!/bin/sh\nwhile [ -e "$FAR/hang" ]; do sleep 0.1; done\n';

class FarHost {
	constructor() {
		this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'probe-'));
		this.mark = randomBytes(8).toString('hex');
		// What hangs here hangs as long as the directory is there; should the tests be killed, that goes all the same.
		fs.mkdirSync(path.join(this.dir, 'guarded'));
		this.guard = spawn('sh', [guard, this.dir], { detached: true, stdio: ['pipe', 'ignore', 'inherit'] });
		this.write('bin/nvidia-smi', nvidiaSmi, 0o755);
		this.write('gpus', 'index, uuid, name\n0, GPU-a, Invented X1\n');
		this.write('list', 'GPU 0: Invented X1 (UUID: GPU-a)\n');
		this.write('proc/uptime', '5000.50 9000.10\n');
		this.write('proc/loadavg', '0.50 0.40 0.30 1/234 5678\n');
		this.write('proc/meminfo', 'MemTotal:  1000 kB\nMemFree:  100 kB\nMemAvailable:  500 kB\nBuffers:  1 kB\n');
		this.write('proc/mounts', 'sysfs /sys sysfs rw 0 0\nproc /proc proc rw,nosuid,hidepid=invisible 0 0\n');
		this.write('sys/devices/system/cpu/online', '0-3,8-11\n');
	}

	/** @param {string} file @param {string} text @param {number} [mode] */
	write(file, text, mode = 0o644) {
		const at = path.join(this.dir, file);
		fs.mkdirSync(path.dirname(at), { recursive: true });
		fs.writeFileSync(`${at}.new`, text, { mode });
		fs.renameSync(`${at}.new`, at);
	}

	/** @param {string} file */
	read(file) {
		const at = path.join(this.dir, file);
		return fs.existsSync(at) ? fs.readFileSync(at, 'utf8') : '';
	}

	/** A display controller of NVIDIA. @param {string} address @param {Record<string, string>} [files] */
	plug(address, files = {}) {
		const device = { vendor: '0x10de', class: '0x030200', 'power/runtime_status': 'suspended', 'power/runtime_suspended_time': '0', ...files };
		for (const [name, text] of Object.entries(device))
			this.write(`sys/bus/pci/devices/${address}/${name}`, `${text}\n`);
	}

	/** A process in its /proc. @param {number} pid @param {string} name @param {string} state @param {number} start in seconds after boot */
	run(pid, name, state, start = 100) {
		const rest = ['1', '1', '1', '0', '-1', '4194304', '10', '0', '0', '0', '40', '20', '0', '0', '20', '0', '1', '0', `${start * 100}`,
			'18378752', '3480', '18446744073709551615', '1', '1'];
		this.write(`proc/${pid}/stat`, `${pid} (${name}) ${state} ${rest.join(' ')}\n`);
	}

	/** Has a real process in its /proc, and the time to go with it. @param {number} pid */
	show(pid) {
		for (const name of [pid, 'uptime']) {
			fs.rmSync(path.join(this.dir, `proc/${name}`), { recursive: true, force: true });
			fs.symlinkSync(`/proc/${name}`, path.join(this.dir, `proc/${name}`));
		}
	}

	/** @returns {Process[]} */
	processes() {
		return processesWith({ FAR_MARK: this.mark });
	}

	remove() {
		for (const { pid } of this.processes())
			signal(pid, 'SIGKILL');
		fs.rmSync(this.dir, { recursive: true });
		this.guard.stdin?.end();
	}
}

/** A shell on it that runs the probe, and our end of it. */
class Probe {
	/**
	 * @param {FarHost} far
	 * @param {{command: string[], argv0?: string, setup?: string}} shell
	 * @param {{limit?: number, env?: Record<string, string>, text?: string}} [options]
	 */
	constructor(far, { command, argv0, setup = '' }, { limit = 5, env = {}, text = script } = {}) {
		const [file = '', ...args] = command;
		this.child = spawn(file, args, {
			...(argv0 ? { argv0 } : {}),
			detached: true, // its end is the end of its process group
			stdio: ['pipe', 'pipe', 'pipe'],
			// All of it: what the caller's is like is nobody's business here.
			env: {
				PATH: `${far.dir}/bin:/usr/local/bin:/usr/bin:/bin`, HOME: far.dir, SHELL: '/bin/sh', LANG: 'C.UTF-8', FAR: far.dir, FAR_MARK: far.mark,
				NVWEBMON_PROC: `${far.dir}/proc`, NVWEBMON_SYS: `${far.dir}/sys`, ...env,
			},
		});
		this.output = '';
		this.asked = 0;
		this.child.stdout.setEncoding('latin1').on('data', (text) => (this.output += text));
		this.child.stderr.resume();
		this.child.stdin.on('error', () => {}); // it was killed
		this.over = new Promise((resolve) => this.child.on('close', resolve));
		this.child.stdin.write(`${setup}smi_limit=${limit}\nsmi_command() { $limit nvidia-smi "$@"; }\n${text}`);
	}

	async ready() {
		await this.comes(/^@ready 2$/m);
		return this;
	}

	/** @param {RegExp} pattern */
	comes(pattern) {
		return until(() => pattern.exec(this.output), `the probe says ${pattern}`, { show: () => this.output.slice(-2000) });
	}

	/** @param {string} text */
	say(text) {
		this.child.stdin.write(`${text}\n`);
	}

	/** Asks, and gives the sections of the answer. @param {string} order  with ID in it @param {string} [before]  other orders */
	async ask(order, before = '') {
		const id = `id${++this.asked}`;
		this.say(`${before}${order.replace('ID', id)}`);
		return this.answer(id);
	}

	/** @param {string} id @returns {Promise<Record<string, Section>>} */
	async answer(id) {
		const [, frame = ''] = await this.comes(new RegExp(`^@${id} begin\n([^]*?)^@${id} end$`, 'm'));
		/** @type {Record<string, Section>} */
		const sections = {};
		/** @type {Section | null} */
		let open = null;
		for (const line of frame.split('\n')) {
			const [, word = '', rest] = new RegExp(`^@${id} (\\S+) ?(.*)$`).exec(line) ?? [];
			if (word === 'status' && open) {
				open.status = Number(rest);
				open.text = open.text.replace(/\n+$/, '\n');
				open = null;
			} else if (word) {
				open = sections[word] = { text: '', status: null };
			} else if (open) {
				open.text += `${line}\n`;
			}
		}
		return sections;
	}

	async end() {
		this.child.stdin.end();
		return within(this.over, 'the end of the probe');
	}
}

/** Rows of the process query for these PIDs. @param {number[]} pids */
const apps = (pids) => pids.map((pid) => `GPU-a, 00000000:01:00.0, ${pid}, 10, python? of course\n`).join('');

for (const shell of shells)
	describe(`the probe under ${shell.name}`, () => {
		/** @type {FarHost} */
		let far;
		/** @type {Probe} */
		let probe;
		/** @param {{limit?: number, env?: Record<string, string>}} [options] */
		const start = async (options) => (probe = await new Probe(far, shell, options).ready());

		before(() => (far = new FarHost()));
		afterEach(async () => {
			assert.equal(far.read('faults'), '', 'nvidia-smi ran twice at a time');
			assert.equal(await probe.end(), 0);
			await until(() => far.processes().length === 0, 'nothing is left', { show: () => far.processes() });
			far.remove();
			far = new FarHost();
		});
		after(() => far.remove());

		it('tells of the host and its GPUs', async () => {
			await start();
			const { host, gpus, took, apps: none, ...more } = await probe.ask('poll ID', 'fields index,uuid\nonly 0,2\n');
			assert.deepEqual(gpus, { text: 'index, uuid, name\n0, GPU-a, Invented X1\n', status: 0 });
			assert.deepEqual(none, { text: '\n', status: 0 });
			assert.match(took?.text ?? '', /^\d+\.\d\d \d+\.\d\d\n$/);
			assert.deepEqual(more, {});
			assert.equal(far.read('asked').split('\n')[0], '-i 0,2 --query-gpu=index,uuid --format=csv');
			const lines = host?.text.split('\n') ?? [];
			for (const line of ['load 0.50 0.40 0.30 1/234 5678', 'uptime 5000.50 9000.10', 'cpus 8', 'hidepid invisible', 'MemTotal:  1000 kB', 'MemFree:  100 kB',
				'MemAvailable:  500 kB', 'ticks 100'])
				assert.ok(lines.includes(line), `${line} is in ${host?.text}`);
			assert.match(host?.text ?? '', new RegExp(`^self ${probe.child.pid} \\(.*\\) [A-Z] \\d+ `, 'm'));
			assert.match(host?.text ?? '', /^page \d+$/m);
			assert.doesNotMatch(host?.text ?? '', /^Buffers/m);
		});

		it('passes on what nvidia-smi says, and how it ended', async () => {
			far.write('gpus', 'Failed to initialize NVML: Unknown Error');
			far.write('gpus.status', '255');
			await start();
			const { gpus, apps: asked } = await probe.ask('poll ID');
			assert.deepEqual(gpus, { text: 'Failed to initialize NVML: Unknown Error\n', status: 255 });
			assert.ok(asked, 'it may be one GPU alone');
			far.write('gpus.status', '127');
			assert.equal((await probe.ask('poll ID')).apps, undefined);
		});

		it('tells how long the query took, and not what comes after it', async () => {
			far.write('do-gpus', '#!/bin/sh\nsleep 0.3\n', 0o755);
			far.write('apps', apps([13]));
			far.run(13, 'python', 'S');
			far.write('bin/ps', '#!/bin/sh\nsleep 1\n', 0o755);
			await start();
			const began = performance.now();
			const { took, ps } = await probe.ask('poll ID');
			const whole = (performance.now() - began) / 1000;
			assert.ok(ps);
			const [asked = NaN, answered = NaN] = (took?.text ?? '').split(' ').map(Number);
			assert.ok(answered - asked >= 0.28 && answered - asked < whole - 0.98, `${answered - asked} s of ${whole} s`);
		});

		it('tells of processes, and what it knows of them once', async () => {
			await start();
			const sleeper = spawn('sleep', ['1000'], { stdio: 'ignore' });
			try {
				const pid = sleeper.pid ?? 0;
				far.write('apps', apps([pid, 4711, pid]));
				far.run(pid, 'sleep', 'S');
				far.write(`proc/${pid}/cgroup`, '0::/user.slice/user-1000.slice/session-1.scope\n');
				far.write(`proc/${pid}/loginuid`, '1000');
				const mount = (/** @type {string} */ root) => `36 35 98:0 ${root} /somewhere rw,noatime master:1 - ext3 /dev/root rw\n`;
				far.write(`proc/${pid}/mountinfo`,
					['/', '/home/alice', '/usr/lib/libcuda.so', '/users/bob', '/nvidia0', '/nvme/carol', '/nfs/dave'].map(mount).join(''));
				const first = await probe.ask('poll ID');
				assert.match(first.ps?.text ?? '', new RegExp(`^ *${pid} +\\S+ +\\d+ +\\d+ +sleep 1000$`, 'm'));
				// A name with a newline is no way to hide.
				far.run(4711, 'new\nline', 'S');
				assert.match((await probe.ask('poll ID')).proc?.text ?? '', /^4711\/stat:line\) S 1 1 1 0 .* 3480 1$/m);
				fs.rmSync(path.join(far.dir, 'proc/4711'), { recursive: true });
				const stat = `${pid}/stat:${pid} (sleep) S 1 1 1 0 -1 4194304 10 0 0 0 40 20 0 0 20 0 1 0 10000 18378752 3480 1\n`;
				const origin = ['cgroup:0::/user.slice/user-1000.slice/session-1.scope', 'loginuid:1000',
					...['/home/alice', '/users/bob', '/nvme/carol', '/nfs/dave'].map((root) => `mountinfo:${mount(root).trimEnd()}`)];
				assert.equal(first.proc?.text, `${stat}${origin.map((line) => `${pid}/${line}\n`).join('')}uptime:5000.50 9000.10\n`);
				const second = await probe.ask('poll ID', `told 1,${pid},99\n`);
				assert.equal(second.proc?.text, `${stat}uptime:5000.50 9000.10\n`);
				const third = await probe.ask('poll ID', 'told none\n');
				assert.equal(third.proc?.text, first.proc?.text);
			} finally {
				sleeper.kill();
			}
		});

		it('asks for no process of another PID namespace', async () => {
			const row = (/** @type {string} */ name) => apps([process.pid]).replace(/, python.*/, `, ${name}`);
			far.write('apps', row('[Not Found]'));
			await start();
			const { apps: told, ps, proc } = await probe.ask('poll ID');
			assert.deepEqual([told?.text, ps, proc], [row('[Not Found]'), undefined, undefined]);
			far.write('apps', row('x[Not Found]'));
			assert.ok((await probe.ask('poll ID')).ps);
		});

		it('takes what other kinds of ps can tell', async () => {
			far.write('apps', apps([process.pid, 4711]));
			const row = (/** @type {string} */ user, /** @type {string} */ rss) => `${process.pid} ${user} ${rss} node  test`;
			far.write('bin/ps', `#!/bin/sh\ncase "$*" in *etimes*|*:32*) exit 1 ;; esac\necho '  ${row('alice', '123')}'\n`, 0o755);
			await start();
			assert.equal((await probe.ask('poll ID')).ps?.text, `${process.pid} alice - 123 node  test\n`);
			await probe.end();
			far.write('bin/ps', '#!/bin/sh\ncase "$*" in *-q*) exit 1 ;; esac\nexec /bin/ps "$@"\n', 0o755);
			await start();
			assert.match((await probe.ask('poll ID')).ps?.text ?? '', new RegExp(`^ *${process.pid} +\\S+ +\\d+ +\\d+ `));
			await probe.end();
			far.write('bin/ps', `#!/bin/sh\ncase "$*" in *-[pq]*) exit 1 ;; esac\necho PID USER COMMAND\necho 1 root init\necho '${process.pid} alice node test'\n`, 0o755);
			await start();
			assert.equal((await probe.ask('poll ID')).ps?.text, `${process.pid} alice - - node test\n`);
			await probe.end();
			far.write('bin/ps', '#!/bin/sh\nexit 1\n', 0o755);
			await start();
			assert.deepEqual((await probe.ask('poll ID')).ps, { text: '\n', status: 127 });
		});

		it('bounds what has no end', async () => {
			far.write('do-apps', '#!/bin/sh\nexec yes "GPU-a, 00000000:01:00.0, 1, 10, python"\n', 0o755);
			await start();
			const { gpus, apps: cut } = await probe.ask('poll ID');
			assert.equal(gpus?.status, 0);
			assert.equal(cut?.status, null);
			assert.ok(probe.output.length < 1 << 20);
			fs.rmSync(path.join(far.dir, 'do-apps'));
			fs.rmSync(path.join(far.dir, 'running'), { recursive: true, force: true });
			// Mounts without end hide no other process' state.
			far.write('apps', apps([11, 12]));
			for (const pid of [11, 12])
				far.run(pid, 'x', 'S');
			far.write('proc/11/mountinfo', `36 35 98:0 /home/${'x'.repeat(100)} /somewhere rw - ext3 /dev/root rw\n`.repeat(20_000));
			const { proc } = await probe.ask('poll ID');
			assert.match(proc?.text ?? '', /^12\/stat:12 /m);
			assert.ok((proc?.text.length ?? 0) < 400_000);
			assert.doesNotMatch(proc?.text ?? '', /^uptime:/m, 'that it was cut shows');
		});

		it('leaves suspended GPUs alone', async () => {
			far.plug('0000:01:00.0');
			far.plug('0000:02:00.0');
			far.plug('0000:02:00.1', { class: '0x040300', 'power/runtime_status': 'active' });
			far.plug('0000:03:00.0', { vendor: '0x8086', 'power/runtime_status': 'active' });
			far.plug('0000:04:00.0', { 'power/runtime_status': 'active' });
			fs.mkdirSync(path.join(far.dir, 'sys/bus/pci/drivers/vfio-pci'), { recursive: true });
			fs.symlinkSync('../../drivers/vfio-pci', path.join(far.dir, 'sys/bus/pci/devices/0000:04:00.0/driver'));
			await start();
			const { host, asleep, gpus } = await probe.ask('poll ID');
			assert.deepEqual(asleep, { text: '0000:01:00.0\n0000:02:00.0\n', status: 0 });
			assert.equal(gpus, undefined);
			assert.match(host?.text ?? '', /^cpus 8$/m);
			assert.equal(far.read('asked'), '');
			// One of them wakes up, and all are asked.
			far.write('sys/bus/pci/devices/0000:02:00.0/power/runtime_status', 'active\n');
			assert.equal((await probe.ask('poll ID')).gpus?.status, 0);
			far.write('sys/bus/pci/devices/0000:02:00.0/power/runtime_status', 'suspended\n');
			assert.ok((await probe.ask('poll ID')).asleep);
			// One is plugged in that is awake.
			far.plug('0000:05:00.0', { 'power/runtime_status': 'active' });
			assert.equal((await probe.ask('poll ID')).gpus?.status, 0);
		});

		it('starts no nvidia-smi behind one that hangs', async () => {
			far.run(4711, 'nvidia-smi', 'D');
			far.run(4712, 'nvidia-smi', 'S');
			far.run(4713, 'python (nvidia-smi)', 'D');
			await start();
			const { host, stuck, gpus } = await probe.ask('poll ID');
			assert.deepEqual(stuck, { text: '4711\n', status: 0 });
			assert.equal(gpus, undefined);
			assert.ok(host);
			assert.equal(far.read('asked'), '');
			// It is over, then another process has its PID.
			fs.rmSync(path.join(far.dir, 'proc/4711'), { recursive: true });
			assert.equal((await probe.ask('poll ID')).gpus?.status, 0);
			far.run(4711, 'python', 'D');
			assert.equal((await probe.ask('poll ID')).gpus?.status, 0);
		});

		/** Kills the probe, and makes its nvidia-smi one of those that the next probe sees. @returns {Promise<number>} its PID */
		const leaveNvidiaSmi = async () => {
			const left = await until(() => far.processes().find(({ name }) => name === 'nvidia-smi'), 'nvidia-smi is there');
			signal(probe.child.pid ?? 0, 'SIGKILL');
			await until(() => !readProcess(probe.child.pid ?? 0), 'the shell is gone');
			far.show(left.pid);
			return left.pid;
		};

		it('starts no nvidia-smi behind one that was left and ignores TERM', async () => {
			far.write('do-gpus', '#!/bin/sh\ntrap "" TERM\nwhile [ -e "$FAR/stubborn" ]; do sleep 0.1; done\n', 0o755);
			far.write('bin/nvidia-smi', '#!/bin/sh\necho "$$" >>"$FAR/started"\n[ ! -e "$FAR/stubborn" ] || . "$FAR/do-gpus"\n', 0o755);
			far.write('stubborn', '');
			await start({ limit: 1 });
			probe.say('poll abc');
			const pid = await leaveNvidiaSmi();
			for (const how of ['killed', 'killed again', 'recovering']) {
				await start({ limit: 1 });
				const { stuck, gpus } = await probe.ask('poll ID');
				assert.deepEqual([stuck, gpus], [{ text: `${pid}\n`, status: 0 }, undefined]);
				if (how !== 'recovering')
					await leaveNvidiaSmi();
			}
			assert.equal(far.read('started'), `${pid}\n`);
			fs.rmSync(path.join(far.dir, 'stubborn'));
			await until(() => !readProcess(pid), 'it is gone');
			assert.equal((await probe.ask('poll ID')).gpus?.status, 0);
		});

		it('starts no nvidia-smi behind one that was left in the kernel', async () => {
			far.write('hosts/far', 'fault=uninterruptible\n');
			fs.rmSync(path.join(far.dir, 'bin/nvidia-smi'));
			fs.symlinkSync(path.join(labBin, 'nvidia-smi'), path.join(far.dir, 'bin/nvidia-smi'));
			const options = { limit: 1, env: { LAB_DIR: far.dir, LAB_HOST: 'far' } };
			await start(options);
			probe.say('poll abc');
			const waits = (/** @type {number} */ pid) => fs.readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') D ');
			await until(() => far.processes().some(({ name, pid }) => name === 'nvidia-smi' && waits(pid)), 'nvidia-smi waits');
			const pid = await leaveNvidiaSmi();
			await start(options);
			assert.deepEqual((await probe.ask('poll ID')).stuck, { text: `${pid}\n`, status: 0 });
			assert.deepEqual(far.processes().filter(({ name }) => name === 'nvidia-smi').map((one) => one.pid), [pid]);
			far.write('hosts/far', '');
			await until(() => !readProcess(pid), 'it is over');
			assert.equal((await probe.ask('poll ID')).gpus?.status, 0);
		});

		it('ends no nvidia-smi of somebody else, and waits for none', async () => {
			far.write('own/nvidia-smi', '', 0o755);
			fs.copyFileSync('/bin/sleep', path.join(far.dir, 'own/nvidia-smi'));
			// Its shell is gone too, as with a job that was sent to the background.
			const owner = spawn('sh', ['-c', `${far.dir}/own/nvidia-smi 1000 &`], { detached: true, stdio: 'ignore', env: { PATH: '/usr/bin:/bin', FAR_MARK: far.mark } });
			await until(() => !readProcess(owner.pid ?? 0), 'its shell is gone');
			const own = await until(() => far.processes().find(({ name }) => name === 'nvidia-smi'), 'it is there');
			far.show(own.pid);
			far.write('bin/sleep', '#!/bin/sh\necho >>"$FAR/slept"\n', 0o755);
			await start({ limit: 1 });
			assert.equal((await probe.ask('poll ID')).gpus?.status, 0);
			assert.equal(far.read('slept'), '');
			assert.ok(readProcess(own.pid));
			signal(own.pid, 'SIGTERM');
			await until(() => !readProcess(own.pid), 'it ends');
		});

		it('waits for one that has just begun', async () => {
			far.run(4711, 'nvidia-smi', 'D', 4998);
			await start({ limit: 30 });
			probe.say('poll young');
			probe.say('ping young');
			await probe.comes(/^@young alive$/m);
			await until(() => far.processes().some(({ name }) => name === 'sleep'), 'it waits');
			assert.equal(far.read('asked'), '');
			far.run(4711, 'nvidia-smi', 'S', 4998);
			assert.equal((await probe.answer('young')).gpus?.status, 0);
		});

		it('does not take one that works for one that hangs', async () => {
			far.run(4711, 'nvidia-smi', 'D');
			await start();
			probe.say('poll busy');
			await until(() => far.processes().some(({ name }) => name === 'sleep'), 'it looks twice');
			far.write('proc/4711/stat', far.read('proc/4711/stat').replace(' 40 20 ', ' 41 20 '));
			assert.equal((await probe.answer('busy')).gpus?.status, 0);
		});

		const psOfNone = '#!/bin/sh\n'; // a container has few processes, and ours are not among them

		it('waits for none that was awake meanwhile', async () => {
			far.write('bin/sleep', '#!/bin/sh\necho >>"$FAR/slept"\n', 0o755);
			far.write('bin/ps', psOfNone, 0o755);
			far.write('apps', apps([13]));
			far.run(4711, 'nvidia-smi', 'D');
			far.run(12, 'ps', 'D');
			await start();
			far.run(4711, 'nvidia-smi', 'S');
			far.run(12, 'ps', 'S');
			await probe.ask('poll ID');
			far.run(4711, 'nvidia-smi', 'D');
			far.run(12, 'ps', 'D');
			const { gpus, ps } = await probe.ask('poll ID');
			assert.deepEqual([gpus?.status, ps?.status, far.read('slept')], [0, 0, '']);
		});

		it('starts no ps behind one that hangs', async () => {
			far.write('bin/ps', psOfNone, 0o755);
			far.run(12, 'ps', 'D');
			far.run(13, 'python', 'S');
			far.write('apps', apps([13]));
			await start();
			const { gpus, ps, proc } = await probe.ask('poll ID');
			assert.equal(gpus?.status, 0);
			assert.deepEqual(ps, { text: 'ps (PID 12) hangs on this host\n', status: 124 });
			assert.match(proc?.text ?? '', /^13\/stat:/);
			far.run(12, 'ps', 'S');
			assert.equal((await probe.ask('poll ID')).ps?.status, 0);
		});

		it('tells of the GPUs before ps has come back', async () => {
			far.write('apps', apps([13]));
			far.run(13, 'python', 'S');
			far.write('bin/ps', hangingPs, 0o755);
			await start();
			// One that is new is looked at, and may be one that hangs; so may one that waits in the kernel.
			for (const [id, told, state] of /** @type {const} */ ([['new', 'none', 'S'], ['waits', '13', 'D']])) {
				far.run(13, 'python', state);
				far.write('hang', '');
				probe.say(`told ${told}\npoll ${id}`);
				await probe.comes(new RegExp(`^@${id} apps\n[^]*^@${id} status 0$`, 'm'));
				assert.ok(!probe.output.includes(`@${id} end`));
				fs.rmSync(path.join(far.dir, 'hang'));
				assert.ok((await probe.answer(id)).ps);
			}
		});

		const psVain = { text: 'ps does not come back on this host: it is tried again every minute\n', status: 124 };
		const hangingOnes = () => far.processes().filter(({ name }) => name === 'ps');

		it('tells of the GPUs when a ps hangs that was not expected to, and of what follows in time', async () => {
			far.write('apps', apps([13]));
			far.run(13, 'python', 'S');
			far.write('bin/ps', hangingPs, 0o755);
			await start();
			far.write('hang', '');
			probe.say('told 13\npoll abc');
			const hanging = await until(() => hangingOnes()[0], 'ps hangs');
			await until(() => {
				probe.say('ping abc');
				return /^@abc more$/m.test(probe.output);
			}, 'it is found', { show: () => probe.output });
			const { gpus, ps, proc } = await probe.answer('abc');
			assert.deepEqual([gpus?.status, ps], [0, psVain]);
			assert.match(proc?.text ?? '', /^13\/stat:/);
			await until(() => !far.processes().some(({ pid }) => pid === hanging.pid), 'it is ended');
			for (let i = 0; i < 3; i++)
				assert.deepEqual((await probe.ask('poll ID')).ps, psVain);
			assert.deepEqual(hangingOnes(), [], 'none is started meanwhile');
		});

		it('ends every ps that hangs, and tries again', async () => {
			far.write('apps', apps([13]));
			far.run(13, 'python', 'S');
			far.write('bin/ps', hangingPs, 0o755);
			// A minute is over at once.
			probe = await new Probe(far, shell, { text: script.replace(' + 60))\n}', '))\n}') }).ready();
			far.write('hang', '');
			for (const id of ['first', 'second', 'third']) {
				probe.say(`poll ${id}`);
				await until(() => hangingOnes()[0], 'ps hangs');
				await until(() => {
					probe.say(`ping ${id}`);
					return probe.output.includes(`@${id} more`);
				}, 'it is found', { show: () => probe.output });
				assert.deepEqual((await probe.answer(id)).ps, psVain);
				await until(() => hangingOnes().length === 0, 'it is ended');
			}
			// By itself too.
			const { gpus, ps } = await probe.ask('poll ID');
			assert.deepEqual([gpus?.status, ps], [0, psVain]);
			fs.rmSync(path.join(far.dir, 'hang'));
			assert.equal((await probe.ask('poll ID')).ps?.status, 0);
		});

		it('hears its end, and other orders, while a ps hangs', async () => {
			far.write('apps', apps([13]));
			far.run(13, 'python', 'S');
			far.write('bin/ps', hangingPs, 0o755);
			await start();
			far.write('hang', '');
			probe.say('poll abc');
			await until(() => hangingOnes()[0], 'ps hangs');
			assert.match((await probe.ask('tools ID')).tools?.text ?? '', /^ps procps$/m);
			assert.deepEqual((await probe.answer('abc')).ps, psVain);
		});

		it('hears its end while another order waits for a nvidia-smi', async () => {
			far.write('do-gpus', '#!/bin/sh\nexec sleep 3000\n', 0o755);
			await start({ limit: 600 });
			probe.say('poll abc');
			await until(() => far.processes().some(({ args }) => args === 'sleep 3000'), 'nvidia-smi hangs');
			probe.say('list def\nping def');
			await probe.comes(/^@def alive$/m);
			assert.equal(far.read('asked').split('\n').length, 2, 'it waits');
			await probe.end();
			fs.rmSync(path.join(far.dir, 'running'), { recursive: true, force: true });
		});

		it('asks nothing more when its shell was killed', async () => {
			far.write('hold', '');
			far.write('do-gpus', '#!/bin/sh\nwhile [ -e "$FAR/hold" ]; do sleep 0.1; done\n', 0o755);
			await start({ limit: 600 });
			probe.say('poll abc');
			await until(() => far.read('asked') !== '', 'nvidia-smi is there');
			signal(probe.child.pid ?? 0, 'SIGKILL');
			await until(() => !readProcess(probe.child.pid ?? 0), 'the shell is gone');
			fs.rmSync(path.join(far.dir, 'hold'));
			await until(() => far.processes().length === 0, 'nothing is left', { show: () => far.processes() });
			assert.doesNotMatch(far.read('asked'), /compute-apps/);
			await start();
		});

		it('takes three seconds once to find one that hangs, and no age for an old one', async () => {
			far.write('bin/sleep', '#!/bin/sh\necho >>"$FAR/slept"\nread -r up rest <"$FAR/proc/uptime"\necho "$((${up%.*} + 1)).00 1.00" >"$FAR/proc/uptime"\n', 0o755);
			// It has begun after the uptime, which is of a container.
			far.run(4711, 'nvidia-smi', 'D', 9000);
			await start({ limit: 30 });
			for (let i = 0; i < 3; i++)
				assert.ok((await probe.ask('poll ID')).stuck);
			assert.ok(far.read('slept').length <= 3, far.read('slept'));
		});

		it('tells of MIG without the clocks that nobody wants', async () => {
			far.write('xml', '<a>\n<supported_clocks>N/A</supported_clocks>\n<b/>\n<supported_clocks>\n<x>1</x>\n</supported_clocks>\n<c/>\n</a>\n');
			far.write('xml.status', '15');
			await start();
			const { list, xml } = await probe.ask('mig ID 0,2');
			assert.deepEqual(list, { text: 'GPU 0: Invented X1 (UUID: GPU-a)\n', status: 0 });
			assert.deepEqual(xml, { text: '<a>\n<b/>\n<c/>\n</a>\n', status: 15 });
			assert.deepEqual(far.read('asked').split('\n').slice(0, 2), ['-L', '-q -x -i 0,2']);
			// Cut in the middle of them.
			far.write('xml', '<a>\n<supported_clocks>\n<x>1</x>\n');
			assert.deepEqual((await probe.ask('mig ID 0')).xml, { text: '<a>\n', status: 15 });
			assert.deepEqual(await probe.ask('list ID'), { list: { text: 'GPU 0: Invented X1 (UUID: GPU-a)\n', status: 0 } });
		});

		it('tells of accounts and tools', async () => {
			await start();
			const { names } = await probe.ask('names ID 0,4294900000');
			assert.match(names?.text ?? '', /^root:[^:]*:0:[^\n]*\n$/);
			const { tools } = await probe.ask('tools ID');
			for (const line of [/^timeout gnu$/m, /^ps procps$/m, /^df yes$/m, /^getent yes$/m, /^grep yes$/m, /^hidepid 2$/m, /^uid \d+$/m, /^user \S+$/m,
				/^groups \S+/m, /^shell sh$/m, /^nvidia-smi \/.*\/nvidia-smi$/m, /^kernel \S+$/m])
				assert.match(tools?.text ?? '', line);
		});

		it('tells of disks and clock aside', async () => {
			await start();
			const { disk, clock } = await probe.ask('disk ID');
			assert.match(disk?.text ?? '', /^Filesystem .*\n\S+ +\d+ +\d+ +\d+ +\d+% \/\n/);
			assert.ok(Math.abs(Number(clock?.text) - Date.now() / 1000) < 60);
			assert.equal((await probe.ask('poll ID')).gpus?.status, 0);
		});

		it('drops an aside that hangs, and starts no other behind it', async () => {
			far.write('bin/df', '#!/bin/sh\necho "$$" >>"$FAR/dfs"\ntrap "" TERM\nwhile [ ! -e "$FAR/go" ]; do sleep 0.1; done\necho rubbish\n', 0o755);
			await start();
			probe.say('disk one');
			await until(() => far.read('dfs') !== '', 'df hangs');
			assert.equal((await probe.ask('poll ID')).gpus?.status, 0);
			probe.say('disk two');
			assert.equal((await probe.ask('poll ID')).gpus?.status, 0);
			assert.equal(far.read('dfs').trim().split('\n').length, 1, 'there is one df');
			// It is over at last. What it said is dropped.
			far.write('go', '');
			await until(() => !far.processes().some(({ name }) => name === 'df'), 'df is gone');
			far.write('bin/df', '#!/bin/sh\necho fine\n', 0o755);
			assert.equal((await probe.ask('disk ID')).disk?.text, 'fine\n');
			assert.doesNotMatch(probe.output, /rubbish|@one|@two/);
		});

		const keepers = () => far.processes().filter(({ args }) => args.endsWith('-l 3600'));
		// Where sleep is a part of the shell, a minute is a minute.
		const shortenMinutes = () => far.write('bin/sleep', '#!/bin/sh\nexec /bin/sleep 0.2\n', 0o755);
		/** @param {Probe} by */
		const keepsDriver = async (by) => {
			await by.ask('poll ID', 'keep always\n');
			return until(() => keepers()[0], 'there is a keeper');
		};

		it('keeps the driver loaded when it is told to', async () => {
			far.plug('0000:01:00.0', { 'power/runtime_status': 'active' });
			await start();
			assert.match((await probe.ask('poll ID', 'keep auto\n')).host?.text ?? '', /^keeper no$/m);
			const [keeper] = await until(() => (keepers().length > 0 ? keepers() : null), 'there is a keeper');
			assert.equal(keeper?.ppid, probe.child.pid);
			for (let i = 0; i < 3; i++) {
				const { host, gpus } = await probe.ask('poll ID');
				assert.equal(gpus?.status, 0);
				assert.match(host?.text ?? '', /^keeper yes$/m);
			}
			assert.deepEqual(keepers(), [keeper]);
			assert.match((await probe.ask('poll ID', 'keep off\n')).host?.text ?? '', /^keeper no$/m);
			await until(() => keepers().length === 0, 'it is gone');
			// Not again at once.
			await probe.ask('poll ID', 'keep auto\n');
			await probe.ask('poll ID');
			assert.deepEqual(keepers(), []);
		});

		it('keeps no GPU awake that sleeps', async () => {
			far.plug('0000:01:00.0', { 'power/runtime_status': 'active', 'power/runtime_suspended_time': '1234' });
			far.plug('0000:02:00.0', { 'power/runtime_status': 'active' });
			await start();
			await probe.ask('poll ID', 'keep auto\n');
			await probe.ask('poll ID');
			assert.deepEqual(keepers(), []);
			await probe.end();
			far.plug('0000:01:00.0', { 'power/runtime_status': 'suspended' });
			await start();
			await probe.ask('poll ID', 'keep always\n');
			await probe.ask('poll ID');
			assert.deepEqual(keepers(), []);
			await probe.end();
			far.plug('0000:01:00.0', { 'power/runtime_status': 'active', 'power/control': 'auto' });
			await start();
			await probe.ask('poll ID', 'keep auto\n');
			await probe.ask('poll ID');
			assert.deepEqual(keepers(), [], 'it may be suspended yet');
			await probe.end();
			far.plug('0000:01:00.0', { 'power/runtime_status': 'active', 'power/runtime_suspended_time': '1234', 'power/control': 'auto' });
			await start();
			await probe.ask('poll ID', 'keep always\n');
			await until(() => keepers().length === 1, 'that is what they want');
		});

		for (const death of /** @type {NodeJS.Signals[]} */ (['SIGHUP', 'SIGTERM', 'SIGPIPE', 'SIGKILL']))
			it(`leaves nothing when it dies of ${death}`, async () => {
				shortenMinutes();
				await start();
				await keepsDriver(probe);
				if (death === 'SIGPIPE') {
					probe.child.stdout.destroy();
					probe.say('ping x');
				} else {
					signal(probe.child.pid ?? 0, death);
				}
				await until(() => far.processes().length === 0, 'nothing is left', { seconds: 120, show: () => far.processes() });
				await start();
			});

		it('ends a keeper that was left, and none that has its shell', async () => {
			shortenMinutes();
			await start();
			const keeper = await keepsDriver(probe);
			far.run(keeper.pid, 'nvidia-smi', 'S');
			const other = await new Probe(far, shell).ready();
			assert.equal(await other.end(), 0);
			assert.deepEqual(keepers(), [keeper]);
			const guard = await until(() => far.processes().find(({ ppid }) => ppid === keeper.pid), 'it is guarded');
			signal(guard.pid, 'SIGKILL');
			signal(probe.child.pid ?? 0, 'SIGKILL');
			await until(() => keepers()[0]?.ppid !== probe.child.pid, 'it is left');
			await probe.over;
			await start();
			await until(() => keepers().length === 0, 'it is ended');
		});

		it('ends with its stdin, and all that it has started', async () => {
			far.write('bin/df', '#!/bin/sh\necho "$$" >>"$FAR/dfs"\nexec sleep 2000\n', 0o755);
			await start({ limit: 600 });
			await probe.ask('poll ID', 'keep always\n');
			await until(() => keepers().length === 1, 'there is a keeper');
			probe.say('disk one');
			await until(() => far.read('dfs') !== '', 'the aside hangs');
			await probe.end();
			await until(() => far.processes().length === 0, 'nothing is left', { show: () => far.processes() });
			far.write('do-gpus', '#!/bin/sh\nexec sleep 3000\n', 0o755);
			await start({ limit: 600 });
			probe.say('poll abc');
			await until(() => far.processes().some(({ args }) => args === 'sleep 3000'), 'nvidia-smi hangs');
			probe.say('ping abc');
			await probe.comes(/^@abc alive$/m);
			await probe.end();
			await until(() => far.processes().length === 0, 'nothing is left', { show: () => far.processes() });
			fs.rmSync(path.join(far.dir, 'running'), { recursive: true, force: true });
		});

		it('knows when a sample was killed', async () => {
			far.write('do-gpus', '#!/bin/sh\nexec sleep 3000\n', 0o755);
			await start({ limit: 600 });
			probe.say('poll abc');
			await until(() => far.processes().some(({ args }) => args === 'sleep 3000'), 'nvidia-smi hangs');
			for (const { pid } of far.processes().filter(({ pid }) => pid !== probe.child.pid))
				signal(pid, 'SIGKILL');
			await until(() => {
				probe.say('ping abc');
				return /^@abc gone$/m.test(probe.output);
			}, 'the probe knows', { show: () => probe.output });
			fs.rmSync(path.join(far.dir, 'do-gpus'));
			fs.rmSync(path.join(far.dir, 'running'), { recursive: true, force: true });
			assert.equal((await probe.ask('poll ID')).gpus?.status, 0);
		});

		it('takes its own text for no order', async () => {
			await start();
			const before = probe.output;
			probe.say(script);
			probe.say('rm -rf /\npoll $(id)\npoll `id`\nonly ;id\nmig a b\nnames a 1;2\nping end');
			await probe.comes(/^@end (gone|alive)$/m);
			assert.equal(probe.output.slice(before.length).replace(/\n@end \w+\n/, ''), '');
			assert.equal(far.read('asked'), '');
			await until(() => far.processes().length === 1, 'nothing was started', { show: () => far.processes() });
		});
	});
