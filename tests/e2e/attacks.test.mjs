// The HTTP side under attack: it gets over each, and nobody else notices.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { get } from '../lab/lab.mjs';
import { Crowd, attacks, patience, startBystander } from './attacks/attacks.mjs';
import { startHttpServer } from './attacks/server.mjs';

describe('an attacked server', () => {
	for (const attack of attacks)
		it(`gets over: ${attack.name}`, async () => {
			const server = await startHttpServer(attack.limits, { descriptors: attack.descriptors });
			try {
				const bystander = await startBystander(server.url);
				const crowd = new Crowd(server);
				try {
					await attack.run(server, crowd);
				} finally {
					crowd.close();
					await bystander.stop();
				}
				assert.ok(bystander.asked > 0);
				assert.equal(bystander.failed, 0, 'somebody else lost the connection');
				assert.ok(bystander.slowest < patience, `somebody else waited ${bystander.slowest.toFixed()} ms`);
				assert.equal((await get(server.url, '/healthz')).body, 'ok\n');
			} finally {
				await server.stop();
			}
		});
});
