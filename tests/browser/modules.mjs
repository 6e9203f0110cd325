/* modules: pure parts of the page, built for node: no browser. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

const web = fileURLToPath(new URL('../../web/', import.meta.url));

/* All that `names` ('model/filter', ...) export, in one object. What several of them need they share, as on the page. */
export async function modules(...names) {
	const outdir = mkdtempSync(join(tmpdir(), 'nvwebmon-modules-'));
	after(() => rmSync(outdir, { recursive: true }));
	const esbuild = createRequire(join(web, 'package.json'))('esbuild');
	const entryPoints = Object.fromEntries(names.map((name) => [name, join(web, 'src', `${name}.ts`)]));
	await esbuild.build({ entryPoints, outdir, bundle: true, splitting: true, format: 'esm', outExtension: { '.js': '.mjs' } });
	const loaded = await Promise.all(names.map((name) => import(pathToFileURL(join(outdir, `${name}.mjs`)))));
	return Object.assign({}, ...loaded);
}
