// A key that can do nothing but run the probe: with the script and the line that `nvwebmon probe` prints.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startLab, until } from '../lab/lab.mjs';
import { allOk, moreSamples, run, sessionsOf } from './harness.mjs';

/** @typedef {import('../lab/lab.mjs').Lab} Lab */

describe('a key that only runs the probe', () => {
	/** @type {Lab} */
	let lab;

	before(async () => {
		lab = await startLab({ hosts: ['a', 'b'], control: { gpus: 2, load: 'busy' } });
		const config = lab.writeConfig({ nvidia_smi_timeout: 2 }), file = path.join(lab.dir, '.nvwebmon-probe');
		fs.writeFileSync(file, (await run(['probe', '--config', config, 'a'])).stdout);
		const { code, stdout } = await run(['probe', `--authorized-key=${path.join(lab.dir, 'client_key.pub')}`]);
		assert.equal(code, 0);
		// The file is looked for at home; this home is somebody's.
		const line = stdout.replace('sh .nvwebmon-probe', `sh ${file}`);
		assert.notEqual(line, stdout);
		fs.writeFileSync(path.join(lab.dir, 'authorized_keys'), line);
	});
	after(() => lab.stop());

	it('is enough to watch a host', async () => {
		const server = await lab.startServer();
		await server.waitFor(allOk, 'both are ok');
		const pids = sessionsOf(server);
		await Promise.all([moreSamples(server, 'a', 3), moreSamples(server, 'b', 3)]);
		for (const name of ['a', 'b']) {
			const { gpus } = await server.waitForHost(name, (host) => host.state === 'ok', 'is ok');
			assert.equal(gpus.length, 2);
			assert.ok(gpus.every((/** @type {any} */ gpu) => gpu.processes[0].user), 'the owners are known');
		}
		assert.deepEqual(sessionsOf(server), pids);
		assert.equal(await server.stop(), 0);
		await until(() => lab.farProcesses('a').length === 0, 'nothing is left');
	});

	it('tells of trouble, and of its end', async () => {
		const server = await lab.startServer({ config: { hosts: ['a'], columns: ['index', 'vbios_version'] } });
		await server.waitFor(allOk, 'a is ok');
		lab.set('a', { fault: 'hang' });
		const { error } = await server.waitForHost('a', (host) => host.error, 'is in error');
		assert.equal(error.kind, 'nvidia-smi-hangs');
		lab.set('a', { fault: 'unknown-field', fault_field: 'vbios_version' });
		const { gpus } = await server.waitForHost('a', (host) => host.state === 'ok' && host.gpus[0].cells[1] === null, 'is ok again, and asked for other fields');
		assert.equal(gpus[0].cells[0], '0');
		lab.heal('a');
		assert.equal(await server.stop(), 0);
	});

	it('runs nothing else', () => {
		const [ssh = 'ssh', ...args] = lab.sshCommand;
		const { stdout } = spawnSync(ssh, [...args, 'a', 'echo broken in'], { input: 'id\necho broken in\n', encoding: 'utf8', timeout: 60_000 });
		assert.equal(stdout, '\n@ready 2\n');
	});
});
