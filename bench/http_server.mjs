// Builds tests/unit/http_server.c as the release is built; the release itself has no use for it.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { httpServer } from '../tests/e2e/attacks/server.mjs';

export function build() {
	const directory = path.resolve(path.dirname(httpServer), '..');
	const { status, stdout } = spawnSync('ninja', ['-C', directory, 'bench/http_server'], { encoding: 'utf8' });
	if (status !== 0)
		throw new Error(`the server to be measured does not build:\n${stdout}`);
}
