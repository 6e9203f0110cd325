/*
 * Builds the page: `node build.mjs OUTDIR [DEPFILE]` writes index.html, app.js, app.css, favicon.svg, charts.js (fetched by the page when the
 * first chart is drawn) and a catalogue LANGUAGE.json for each in src/lang/ into OUTDIR.
 *
 * The packages it needs are installed first when they are missing or older than the lock file: into web/node_modules, or under
 * OUTDIR where the source tree cannot be written. DEPFILE, in make's syntax, tells ninja which sources went into app.js.
 */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { accessSync, constants, copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = dirname(fileURLToPath(import.meta.url));
const npmFiles = ['package.json', 'package-lock.json', '.npmrc'];

function modified(path) {
	return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function writable(directory) {
	try {
		accessSync(directory, constants.W_OK);
		return true;
	} catch {
		return false;
	}
}

/* npm writes this file last, so a broken-off installation counts as none. */
function installed(home) {
	return modified(join(home, 'node_modules/.package-lock.json')) >= modified(join(web, 'package-lock.json'));
}

/* Two builds may start at once in one source tree; mkdir lets one of them in. A lock of a dead build is taken over after five minutes. */
function withLock(path, work) {
	for (;;) {
		try {
			mkdirSync(path);
			break;
		} catch (error) {
			if (error.code !== 'EEXIST') throw error;
			if (Date.now() - modified(path) > 300_000) rmSync(path, { recursive: true, force: true });
			else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
		}
	}
	try {
		work();
	} finally {
		rmSync(path, { recursive: true, force: true });
	}
}

/* Returns the directory that holds node_modules. Packages' own install scripts are not run: nothing here needs them. */
export function installPackages(outdir) {
	if (installed(web)) return web;
	const home = writable(web) ? web : join(outdir, 'npm');
	mkdirSync(home, { recursive: true });
	withLock(join(home, '.installing'), () => {
		if (installed(home)) return;
		if (home !== web) for (const file of npmFiles) copyFileSync(join(web, file), join(home, file));
		execFileSync('npm', ['ci', '--ignore-scripts', '--loglevel=error'], { cwd: home, stdio: ['ignore', 'inherit', 'inherit'] });
	});
	return home;
}

/* For the URLs: a browser may keep what it has for as long as this stays the same. */
function hash(content) {
	return createHash('sha256').update(content).digest('hex').slice(0, 10);
}

/* Which of the files that esbuild makes have tags in them. */
const TAGS = {
	jsx: 'transform',
	jsxFactory: 'h',
	jsxFragment: 'Fragment',
	inject: ['src/jsx.ts'],
	tsconfigRaw: {}, // which has another idea of tags, for the compiler that checks types
};

/* One entry with all that it needs: its bytes, and the sources that went into them. */
async function bundle(require, home, entry, more = {}) {
	const result = await require('esbuild').build({
		absWorkingDir: web,
		entryPoints: [entry],
		nodePaths: [join(home, 'node_modules')],
		outdir: 'out', // nothing is written there
		bundle: true,
		minify: true,
		format: 'iife',
		target: ['es2022'],
		charset: 'utf8',
		legalComments: 'none',
		metafile: true,
		write: false,
		...more,
	});
	// It warns of what is never meant, as of an import that its file does not export.
	if (result.warnings.length > 0) throw new Error('esbuild warns');
	return { bytes: result.outputFiles[0].contents, sources: Object.keys(result.metafile.inputs) };
}

/* Smaller still, which takes seconds: so what came out is kept for the next build of the same script. */
async function shrink(require, home, bytes) {
	const options = { compress: { passes: 2 }, mangle: { toplevel: true }, ecma: 2022, format: { comments: false } };
	const { version } = require('terser/package.json');
	const kept = join(home, 'node_modules/.cache/nvwebmon', `${hash([hash(bytes), JSON.stringify(options), version].join())}.js`);
	try {
		return readFileSync(kept);
	} catch {
		const { code } = await require('terser').minify(Buffer.from(bytes).toString(), options);
		if (writable(join(home, 'node_modules'))) {
			mkdirSync(dirname(kept), { recursive: true });
			writeFileSync(`${kept}.${process.pid}`, code);
			renameSync(`${kept}.${process.pid}`, kept);
		}
		return Buffer.from(code);
	}
}

export async function build(outdir, depfile) {
	const home = installPackages(outdir);
	const require = createRequire(join(home, 'package.json'));
	const parts = await Promise.all([
		bundle(require, home, 'src/main.tsx', TAGS),
		bundle(require, home, 'src/charts/main.ts'),
		bundle(require, home, 'src/design/style.css'),
	]);
	const [js, charts] = await Promise.all(parts.slice(0, 2).map(({ bytes }) => shrink(require, home, bytes)));
	const css = parts[2].bytes;
	const catalogues = readdirSync(join(web, 'src/lang')).filter((name) => name.endsWith('.json'));
	const texts = catalogues.map((name) => JSON.stringify(JSON.parse(readFileSync(join(web, 'src/lang', name), 'utf8'))));
	// What the script fetches later it fetches by its own version, so that has to change with these.
	const version = hash([js, charts, ...texts].map(hash).join());
	const index = readFileSync(join(web, 'src/index.html'), 'utf8').replace('{{js}}', version).replace('{{css}}', hash(css));

	mkdirSync(outdir, { recursive: true });
	writeFileSync(join(outdir, 'index.html'), index);
	writeFileSync(join(outdir, 'app.js'), js);
	writeFileSync(join(outdir, 'charts.js'), charts);
	writeFileSync(join(outdir, 'app.css'), css);
	catalogues.forEach((name, place) => writeFileSync(join(outdir, name), texts[place]));
	copyFileSync(join(web, 'src/favicon.svg'), join(outdir, 'favicon.svg'));
	if (depfile) {
		const sources = [...new Set(parts.flatMap(({ sources }) => sources)), ...catalogues.map((name) => `src/lang/${name}`)];
		const inputs = sources.map((path) => resolve(web, path).replaceAll(' ', '\\ '));
		writeFileSync(depfile, `${relative('.', join(outdir, 'index.html'))}: ${inputs.join(' ')}\n`);
	}
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
	const [outdir, depfile] = process.argv.slice(2);
	if (!outdir) {
		console.error('usage: node build.mjs OUTDIR [DEPFILE]');
		process.exit(2);
	}
	await build(outdir, depfile);
}
