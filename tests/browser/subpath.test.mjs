/* Behind a proxy, under a path of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { host, snapshot } from './fixtures.mjs';
import { harness } from './harness.mjs';

const stage = harness({ prefix: '/lab/gpus/' });

test('the page works under any path, and asks for nothing outside of it', () =>
	stage.withPage(snapshot([host('node1')]), async (page) => {
		stage.mock.change(host('node1', { comment: 'moved' }));
		await page.getByText('moved').waitFor();
		assert.deepEqual(
			stage.mock.requests.filter((path) => !path.startsWith('/lab/gpus/')),
			[],
		);
		assert.ok(stage.mock.requests.includes('/lab/gpus/api/v1/events'));
	}));
