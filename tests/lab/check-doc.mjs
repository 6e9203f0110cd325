// Writes what `nvwebmon check` prints into docs/check.md, from a run on a lab with one host for each rung, failing there. Run by hand:
//
//     node tests/lab/check-doc.mjs
import fs from 'node:fs';
import os from 'node:os';
import { run } from '../e2e/harness.mjs';
import { startRungs } from '../e2e/rungs.mjs';

const file = new URL('../../docs/check.md', import.meta.url);
const rungs = await startRungs();

/** The lab's directory, account and own ssh configuration are no part of the story. @param {string} text */
const tidy = (text) => text
	.replaceAll(`ssh -F ${rungs.lab.dir}/ssh_config`, 'ssh')
	.replaceAll(` -F ${rungs.lab.dir}/ssh_config`, '')
	.replaceAll(/\S*\/lab\/bin\/nvidia-smi/g, '/usr/bin/nvidia-smi')
	.replaceAll(/\/tmp\/nvwebmon-lab\.\w+\/config\d+\.yaml/g, 'config.yaml')
	.replaceAll(`${rungs.lab.dir}/`, '/home/alice/.ssh/')
	.replaceAll(new RegExp(`\\b${os.userInfo().username}\\b(?=@| by | on |\\.$|/|'|\")`, 'g'), 'alice')
	.replaceAll(/(usermod -aG proc|chsh -s \/bin\/sh) \w+/g, '$1 alice');

try {
	const { code, stdout, stderr } = await run(['check', '--config', rungs.configFile()]);
	if (code !== 1 || stderr !== '')
		throw new Error(`status ${code}\n${stdout}${stderr}`);
	const before = fs.readFileSync(file, 'utf8');
	const after = before.replace(/(<!-- check -->\n```\n)[^]*?(\n```)/, (_, open, close) => `${open}${tidy(stdout).trimEnd()}${close}`);
	if (after === before && !before.includes(tidy(stdout).trimEnd()))
		throw new Error('docs/check.md has no place for it');
	fs.writeFileSync(file, after);
} finally {
	await rungs.stop();
}
