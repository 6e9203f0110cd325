// Makes docs/faults.md of what the last run of faults-network.test.mjs saw: node tests/e2e/faults-doc.mjs
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const { rows, healthy } = JSON.parse(fs.readFileSync(path.join(root, 'build/faults.json'), 'utf8'));

/** @param {number | null} time */
const seconds = (time) => (time === null ? '' : time < 10 ? `${time.toFixed(1)} s` : `${Math.round(time)} s`);
/** @param {string | null} text */
const cell = (text) => (text ?? '').replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').replaceAll(/[^ -~]/g, '?').slice(0, 160).replaceAll('<', '&lt;');

fs.writeFileSync(path.join(root, 'docs/faults.md'), `# What breaks, and what the page says then

This table was written by a run of the tests, not by hand: \`tests/run faults\`, then \`node tests/e2e/faults-doc.mjs\`. All these faults stood at the same time, each on a host of
its own, with its own sshd and network link, on one machine with two cores; the hosts were sampled every second, with the default time limits but for
\`ssh.connect_timeout: 5\`. *Noticed*: when the page first showed that something is not as it should be (\`stale\`, or an error). *Named*: when it said what. *Over*: how long after it was mended
all was well again, with nobody touching the server; an empty cell: there was nothing to mend, or nothing to be seen meanwhile.

Beside them ${healthy.hosts} healthy hosts were sampled: ${healthy.count} of ${healthy.beats} samples came, the latest ${Math.round(healthy.worst * 1000)} ms after its beat.

| Fault | What the page says | The remedy it names | Noticed | Named | Over |
|---|---|---|---|---|---|
${rows.map((/** @type {any} */ row) => `| ${row.what} | ${cell(row.says)} | ${row.hint ? `\`${cell(row.hint).replaceAll('\`', "'")}\`` : ''} | ${seconds(row.notice)} | ${seconds(row.name)} | ${seconds(row.recover)} |`).join('\n')}

Some faults take what they take: nvidia-smi is waited for as long as \`nvidia_smi_timeout\` says (15 s) before it counts as hanging; a host that failed is tried again after 1 s, 2 s, 4 s and
so on up to 60 s, so what was broken for long is found mended within a minute.
`);
