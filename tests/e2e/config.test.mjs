// The configuration: the original file as it is, none at all, one with many mistakes; and where it is looked for.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readProcess, startLab } from '../lab/lab.mjs';
import { allOk, childrenOf, localEnv, run, sessionsOf, sshPath, startBare, writeProgram } from './harness.mjs';

/** @typedef {import('../lab/lab.mjs').Lab} Lab */

const here = path.dirname(fileURLToPath(import.meta.url));
const original = fs.readFileSync(path.join(here, '../unit/fixtures/config/original.yaml'), 'utf8');
const systemWide = fs.existsSync('/etc/nvwebmon/config.yaml') && 'this machine has a configuration of its own';

describe('the original configuration', () => {
	/** @type {Lab} */
	let lab;

	before(async () => {
		lab = await startLab({ hosts: ['192.168.1.25', '192.168.1.26'], control: { gpus: 2, load: 'busy' } });
		writeProgram(lab, 'path/ssh', `#!/bin/sh\nexec ${sshPath} -F ${lab.dir}/ssh_config -l ${os.userInfo().username} "$@"\n`);
	});
	after(() => lab.stop());

	it('works as it is: both hosts, all nine columns, people and KVM', async () => {
		const env = { PATH: `${lab.dir}/path:${process.env.PATH}` };
		const server = await lab.startServer({ config: original, args: ['--port', '0'], env });
		const { columns, hosts, interval } = await server.waitFor(allOk, 'both hosts are ok');

		assert.deepEqual(columns.map((/** @type {any} */ column) => column.title), ['Timestamp', 'Index', 'BUS ID', 'Name', 'Temperature',
			'Total Memory', 'Used Memory', 'Free Memory', 'Volatile Utilization']);
		assert.deepEqual(columns.map((/** @type {any} */ column) => column.field), ['timestamp', 'index', 'pci.bus_id', 'name', 'temperature.gpu',
			'memory.total', 'memory.used', 'memory.free', 'utilization.gpu']);
		assert.equal(interval, 5);
		assert.deepEqual(hosts.map((/** @type {any} */ host) => [host.name, host.address, host.people, host.kvm, host.comment]),
			[['192.168.1.25', '192.168.1.25', 'node0', 'A1', null], ['192.168.1.26', '192.168.1.26', 'node1', 'A3', null]]);
		for (const host of hosts) {
			assert.equal(host.gpus.length, 2);
			for (const [index, gpu] of host.gpus.entries())
				assert.match(gpu.cells.join(' | '), new RegExp(String.raw`^\d{4}/\d\d/\d\d [\d:.]+ \| ${index} \| 0000\S+ \| NVIDIA A100-SXM4-80GB \| \d+`
					+ String.raw` \| 81920 MiB \| \d+ MiB \| \d+ MiB \| \d+ %$`));
		}
		const commands = Object.values(sessionsOf(server)).map((pid) => readProcess(pid)?.args ?? '');
		assert.deepEqual(commands.map((text) => / (\S+) exec sh$/.exec(text)?.[1]).sort(), ['username0@192.168.1.25', 'username1@192.168.1.26']);
		assert.equal(await server.stop(), 0);
	});

	it('is described by --check-config', async () => {
		const { code, stdout, stderr } = await run(['--check-config', '--config', lab.writeConfig(original, 'original.yaml')]);
		assert.deepEqual([code, stderr], [0, '']);
		assert.match(stdout, /^file +\S+\/original\.yaml, original style$/m);
		assert.match(stdout, /^listen +127\.0\.0\.1:5000$/m);
		assert.match(stdout, /^ +memory\.used +Used Memory$/m);
		assert.match(stdout, /^2 hosts:\n +192\.168\.1\.25 +username0@192\.168\.1\.25 +people: node0, kvm: A1\n.*people: node1, kvm: A3\n$/m);
	});
});

describe('no configuration at all', () => {
	/** @type {Lab} */
	let lab;
	let empty = '';

	before(async () => {
		lab = await startLab({ hosts: { 'this-machine': { gpus: 3 } } });
		empty = path.join(lab.dir, 'empty');
		fs.mkdirSync(empty);
	});
	after(() => lab.stop());

	it('watches this machine, without ssh', { skip: systemWide }, async () => {
		const env = { ...localEnv(lab, 'this-machine'), HOME: empty, XDG_CONFIG_HOME: '' };
		const server = await startBare(lab, { cwd: empty, args: ['--port', '0'], env });
		const { hosts, columns } = await server.waitFor(allOk, 'this machine is ok');
		assert.deepEqual(hosts.map((/** @type {any} */ host) => [host.name, host.gpus.length]), [['localhost', 3]]);
		assert.equal(columns.length, 9);
		assert.deepEqual(childrenOf(server.pid).map((pid) => readProcess(pid)?.args), ['sh']);
		assert.match(server.stderr, /watching 1 host every 5 s \(no configuration file\)/);
		assert.equal(await server.stop(), 0);
	});

	it('serves on loopback, port 5000', { skip: systemWide }, async () => {
		const { code, stdout } = await run(['--check-config'], { cwd: empty, env: { HOME: empty, XDG_CONFIG_HOME: '' } });
		assert.equal(code, 0);
		assert.match(stdout, /^file +none, defaults\nlisten +127\.0\.0\.1:5000\n/);
		assert.match(stdout, /^1 host:\n +localhost +this machine, without ssh\n$/m);
	});
});

describe('a configuration', () => {
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nvwebmon-config.'));
	after(() => fs.rmSync(dir, { recursive: true, force: true }));

	// An ssh that tells when it was started.
	fs.mkdirSync(path.join(dir, 'path'));
	fs.writeFileSync(path.join(dir, 'path/ssh'), `#!/bin/sh\n: >${dir}/started\n`, { mode: 0o755 });
	const env = { PATH: `${dir}/path:${process.env.PATH}`, HOME: path.join(dir, 'home'), XDG_CONFIG_HOME: '' };

	/**
	 * @param {string} text
	 * @param {string[]} args
	 */
	const refuse = async (text, ...args) => {
		const file = path.join(dir, 'bad.yaml');
		fs.writeFileSync(file, text);
		const { code, stdout, stderr } = await run(['--config', file, ...args], { env });
		assert.deepEqual([code, stdout], [2, '']);
		assert.equal(fs.existsSync(path.join(dir, 'started')), false, 'an ssh was started');
		return stderr.replaceAll(file, 'FILE');
	};

	/** Leading lines of each report, without the excerpts. @param {string} stderr */
	const reports = (stderr) => stderr.split('\n').filter((line) => line.startsWith('FILE:'));

	it('with several mistakes is refused with all of them, each with its place', async () => {
		const stderr = await refuse(`listen: 127.0.0.1:99999
interval: 0
hosts:
  - gpu1
  - {address: gpu2, prot: 22}
  - address: gpu3
    port: 99999
  - gpu1
`);
		const lines = reports(stderr);
		assert.equal(lines.length, 5, stderr);
		assert.match(lines[0] ?? '', /^FILE:1:9: listen: .*99999.*65535$/);
		assert.match(lines[1] ?? '', /^FILE:2:11: interval: 0 is under 1$/);
		assert.match(lines[2] ?? '', /^FILE:5:\d+: hosts\[1\]\.prot: unknown key; did you mean port\?$/);
		assert.match(lines[3] ?? '', /^FILE:7:11: hosts\[2\]\.port: 99999 is over 65535$/);
		assert.match(lines[4] ?? '', /^FILE:8:5: hosts\[3\]: gpu1 is the name of the host in line 4 already$/);
	});

	it('in two styles is refused, and both lines are named', async () => {
		assert.match(await refuse('interval: 5\nLOCAL_HOST: True\n'), /^FILE:2:1: LOCAL_HOST: .*original style.*interval in line 1.*native/);
	});

	it('with another number of headings than of fields is refused', async () => {
		const stderr = await refuse(original.replace('    - Index\n', ''));
		assert.match(stderr, /^FILE:\d+:\d+: DISPLAY_QUERY_GPU_OPTIONS: .*\(8\).*QUERY_GPU_OPTIONS \(9\)/);
	});

	it('that is no YAML is refused where it stops to be it', async () => {
		assert.match(await refuse('interval: 5\nhosts: [a, b\n'), /^FILE:[23]:\d+: /);
	});

	it('that is not there is refused by its name', async () => {
		const { code, stderr } = await run(['--config', path.join(dir, 'nowhere.yaml')], { env });
		assert.equal(code, 2);
		assert.match(stderr, /nowhere\.yaml: No such file or directory\n$/);
	});

	it('gives way to the command line', async () => {
		const file = path.join(dir, 'good.yaml');
		fs.writeFileSync(file, 'listen: "[::1]:8080"\ninterval: 7\nhosts: [gpu1, gpu2]\nlocalhost: true\n');
		const check = ['--check-config', '--config', file];
		const whole = await run(check, { env });
		assert.match(whole.stdout, /^listen +\[::1\]:8080\ninterval +7 s/m);
		assert.match(whole.stdout, /^3 hosts:\n +localhost +this machine, without ssh\n +gpu1 +gpu1\n +gpu2 +gpu2\n$/m);
		const other = await run([...check, '--host', '0.0.0.0', '--port', '8081', '--interval', '2.5', 'gpu7', 'alice@gpu8:2222'], { env });
		assert.deepEqual([other.code, other.stderr], [0, '']);
		assert.match(other.stdout, /^listen +0\.0\.0\.0:8081\ninterval +2\.5 s/m);
		assert.match(other.stdout, /^2 hosts:\n +gpu7 +gpu7\n +gpu8 +alice@gpu8:2222\n$/m);
	});

	it('is looked for here, then in the user\'s directory', { skip: systemWide }, async () => {
		const cwd = path.join(dir, 'cwd'), xdg = path.join(dir, 'xdg');
		/** @param {string} file @param {number} interval */
		const write = (file, interval) => {
			fs.mkdirSync(path.dirname(file), { recursive: true });
			fs.writeFileSync(file, `interval: ${interval}\n`);
		};
		/** @param {Record<string, string>} [more] */
		const found = async (more = {}) => /^interval +(\d+) s/m.exec((await run(['--check-config'], { env: { ...env, ...more }, cwd })).stdout)?.[1];
		fs.mkdirSync(cwd);

		assert.equal(await found(), '5');
		write(path.join(env.HOME, '.config/nvwebmon/config.yaml'), 11);
		assert.equal(await found(), '11');
		write(path.join(xdg, 'nvwebmon/config.yaml'), 12);
		assert.equal(await found({ XDG_CONFIG_HOME: xdg }), '12');
		assert.equal(await found({ XDG_CONFIG_HOME: 'xdg' }), '11', 'a relative one is passed over');
		write(path.join(cwd, 'config.yaml'), 13);
		assert.equal(await found({ XDG_CONFIG_HOME: xdg }), '13');
	});
});
