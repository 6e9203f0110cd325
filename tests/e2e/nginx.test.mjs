// Behind a real nginx, under a path of its own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Events, freePort, get, startLab, until, within } from '../lab/lab.mjs';
import { allOk, guard } from './harness.mjs';

/** @typedef {import('../lab/lab.mjs').Lab} Lab */

const nginxPath = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx'].find((file) => fs.existsSync(file));

/** @type {Lab} */
let lab;

before(async () => {
	lab = await startLab({ hosts: ['node0', 'node1'], control: { gpus: 2, load: 'busy' } });
});
after(() => lab.stop());

/**
 * Starts nginx; gives where it is, and what ends it.
 *
 * @param {string} upstream  as proxy_pass takes it
 */
async function startNginx(upstream) {
	const dir = fs.mkdtempSync(path.join(lab.dir, 'nginx.')), port = await freePort();
	fs.writeFileSync(path.join(dir, 'nginx.conf'), `
daemon off;
${process.getuid?.() === 0 ? `user ${os.userInfo().username};` : ''}
worker_processes 1;
pid ${dir}/pid;
error_log ${dir}/error.log;
events { worker_connections 64; }
http {
	access_log off;
	${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${dir}/${name};`).join('\n\t')}
	server {
		listen 127.0.0.1:${port};
		location /gpus/ {
			proxy_pass ${upstream};
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_buffering off;
		}
	}
}
`);
	const nginx = spawn(nginxPath ?? '', ['-p', dir, '-c', path.join(dir, 'nginx.conf'), '-e', path.join(dir, 'error.log')], { stdio: ['ignore', 'inherit', 'inherit'] });
	guard(lab, nginx.pid);
	const ended = once(nginx, 'exit');
	const base = `http://127.0.0.1:${port}/`;
	await until(() => {
		assert.equal(nginx.exitCode, null, 'nginx has ended');
		return get(base, '/').catch(() => null);
	}, 'nginx answers');
	return {
		base,
		stop: async () => {
			nginx.kill('SIGTERM');
			await within(ended, 'nginx ends');
		},
	};
}

describe('behind nginx at /gpus/', { skip: !nginxPath && 'nginx is not installed' }, () => {
	for (const kind of ['a unix socket', 'a loopback port'])
		it(`through ${kind}: page, files, snapshot and events are all there`, async () => {
			const unix = kind === 'a unix socket';
			const server = await lab.startServer(unix ? { config: { listen: `unix:${lab.dir}/sock` }, ready: /(unix:\S+)/ } : {});
			await server.waitFor(allOk, 'both hosts are ok');
			const nginx = await startNginx(unix ? `http://${server.url}:/` : server.url);
			try {
				const page = await get(nginx.base, '/gpus/', { headers: { Accept: 'text/html' } });
				assert.deepEqual([page.status, page.headers['content-type']], [200, 'text/html; charset=utf-8']);
				assert.match(String(page.headers['content-security-policy']), /default-src 'none'/);
				const files = [...page.body.matchAll(/(?:src|href)="([^"#]+)"/g)].map((match) => match[1] ?? '').filter((file) => !file.startsWith('data:'));
				assert.ok(files.length >= 2);
				for (const file of files) {
					const url = new URL(file, `${nginx.base}gpus/`);
					assert.match(url.pathname, /^\/gpus\//);
					assert.equal((await get(nginx.base, url.pathname + url.search)).status, 200, file);
				}

				assert.match((await get(nginx.base, '/gpus/')).body, /^node0 +ok/m);
				const snapshot = await get(nginx.base, '/gpus/api/v1/snapshot', { headers: { 'Accept-Encoding': 'gzip' } });
				assert.deepEqual([snapshot.status, snapshot.headers['content-encoding']], [200, 'gzip']);
				assert.equal(JSON.parse((await get(nginx.base, '/gpus/api/v1/hosts/node1')).body).name, 'node1');
				assert.equal((await get(nginx.base, '/gpus/api/v1/hosts/nobody')).status, 404);
				assert.equal((await get(nginx.base, '/gpus/', { method: 'POST' })).status, 405);

				const events = new Events(nginx.base, { path: '/gpus/api/v1/events' });
				assert.deepEqual((await events.next()).data.hosts.map((/** @type {any} */ host) => host.name), ['node0', 'node1']);
				for (let i = 0; i < 3; i++)
					assert.equal((await events.next()).event, 'hosts');
				assert.equal(await server.stop(), 0);
				await until(() => events.closed, 'the events end with the server');
				assert.equal((await get(nginx.base, '/gpus/')).status, 502);
			} finally {
				await nginx.stop();
			}
		});
});
