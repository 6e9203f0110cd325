// Every way in which a host can fail here: how it is made, what the page is to say, and how it is mended. faults-network.test.mjs breaks them all and
// watches; docs/faults.md is the table of what it saw.
import fs from 'node:fs';
import path from 'node:path';
import { oldProbe, until } from '../lab/lab.mjs';

/** @typedef {import('../lab/lab.mjs').Lab} Lab */
/** @typedef {import('../lab/lab.mjs').Control} Control */

/**
 * @typedef {object} Case
 * @property {string} id             its host
 * @property {string} what           for people
 * @property {Control} [like]        what the host is like before
 * @property {(lab: Lab, host: string) => unknown} hurt
 * @property {((lab: Lab, host: string) => unknown) | null} mend  null: it mends itself
 * @property {(host: any, before: any) => unknown} seen  whether the page names it
 * @property {((host: any) => string)} [says]  for the table; else the error, or the GPU's problem
 * @property {(host: any, before: any) => unknown} [well]  whether it is over; else: no error, no GPU in trouble
 * @property {boolean} [sameSession] it is over without a new login
 * @property {number} [lasts]        seconds that the fault itself lasts
 */

/**
 * @param {string} kind
 * @param {RegExp} [message]
 */
const error = (kind, message = /./) => (/** @type {any} */ host) => host.error?.kind === kind && message.test(host.error.message);

/**
 * @param {RegExp} problem
 * @param {number} [gpu]
 */
const gpu = (problem, gpu = 1) => (/** @type {any} */ host) => host.state === 'ok' && problem.test(host.gpus[gpu]?.problem ?? '')
	&& host.gpus.every((/** @type {any} */ one, /** @type {number} */ i) => i === gpu || (one.problem === null && one.utilization !== null));

/** @param {string} kind */
const finding = (kind) => (/** @type {any} */ host) => host.state === 'ok' && host.findings.some((/** @type {any} */ one) => one.kind === kind);

/** @param {string} kind */
const sayFinding = (kind) => (/** @type {any} */ host) => `finding: ${host.findings.find((/** @type {any} */ one) => one.kind === kind)?.message}`;

/** Logged in anew since, and watched as ever. @param {any} host @param {any} before */
const watchedAnew = (host, before) => host.state === 'ok' && host.session.logins > before.session.logins && host.gpus.length === before.gpus.length;

/** @param {any} host */
const isWell = (host) => host.state === 'ok' && host.error === null && host.gpus.every((/** @type {any} */ one) => one.problem === null);

/** @param {Control} control */
const set = (control) => (/** @type {Lab} */ lab, /** @type {string} */ host) => lab.set(host, control);

/** @type {(lab: Lab, host: string) => void} */
const heal = (lab, host) => lab.heal(host);

/** @param {import('../lab/lab.mjs').Login} login */
const relogin = (login) => async (/** @type {Lab} */ lab, /** @type {string} */ host) => {
	await lab.setLogin(host, login);
	lab.killSessions(host);
};

/** @type {(lab: Lab, host: string) => unknown} */
const usualLogin = (lab, host) => lab.setLogin(host, {});

/** @param {import('../lab/lab.mjs').LinkState} state @param {boolean} kill */
const link = (state, kill) => async (/** @type {Lab} */ lab, /** @type {string} */ host) => {
	lab.setLink(host, state);
	// None is left, and none can begin.
	if (kill)
		await until(() => lab.killSessions(host).length === 0 && lab.farProcesses(host).length === 0, 'the session is over');
};

/** @type {(lab: Lab, host: string) => void} */
const linkUp = (lab, host) => lab.setLink(host, 'up');

/**
 * The names of the network are a file.
 *
 * @param {Lab} lab
 * @param {(text: string) => string} change
 */
function changeNames(lab, change) {
	const file = path.join(lab.dir, 'net/hosts');
	fs.writeFileSync(file, change(fs.readFileSync(file, 'utf8')));
}

/**
 * A fault of nvidia-smi as the stand-in knows it, over without a new login.
 *
 * @param {string} id
 * @param {string} what
 * @param {Control} control
 * @param {Case['seen']} seen
 * @param {Partial<Case>} [more]
 * @returns {Case}
 */
const smi = (id, what, control, seen, more = {}) => ({ id, what, hurt: set(control), mend: heal, seen, sameSession: true, ...more });

const unloaded = { driver: '535.183.01' };

/** @type {Case[]} */
const reaching = [
	{
		id: 'name', what: 'its name is not found any more',
		hurt: (lab, host) => {
			changeNames(lab, (text) => text.replaceAll(new RegExp(`^.*\\t${host}\\n`, 'gm'), ''));
			lab.killSessions(host);
		},
		mend: (lab, host) => changeNames(lab, (text) => `${text}${lab.address(host)}\t${host}\n`),
		seen: error('dns'),
	},
	{ id: 'no-route', what: 'there is no route to it', hurt: link('unreachable', true), mend: linkUp, seen: error('unreachable') },
	{
		id: 'no-answer', what: 'packets are dropped: a SYN gets no answer', seen: error('timeout', /port 22/), mend: linkUp,
		hurt: async (lab, host) => {
			lab.killSessions(host);
			await until(() => lab.farProcesses(host).length === 0, 'the session is over');
			lab.setLink(host, 'cut');
		},
	},
	{
		id: 'refused', what: 'no sshd listens', seen: error('refused'),
		hurt: async (lab, host) => {
			await lab.stopSshd(host);
			lab.killSessions(host);
		},
		mend: (lab, host) => lab.startSshd(host),
	},
	{
		id: 'silent', what: 'sshd accepts, then says nothing', seen: error('timeout'),
		hurt: (lab, host) => {
			lab.pauseSshd(host);
			lab.killSessions(host);
		},
		mend: (lab, host) => lab.resumeSshd(host),
	},
	{ id: 'changed-key', what: 'its host key has changed', hurt: relogin({ hostKey: 'changed' }), mend: usualLogin, seen: error('host-key') },
	{ id: 'unknown-key', what: 'its host key is not known', hurt: relogin({ hostKey: 'unknown' }), mend: usualLogin, seen: error('host-key') },
	{ id: 'wrong-key', what: 'it takes another key than ours', hurt: relogin({ auth: 'wrong-key' }), mend: usualLogin, seen: error('auth') },
	{ id: 'password', what: 'it takes passwords only', hurt: relogin({ auth: 'password' }), mend: usualLogin, seen: error('auth') },
	{ id: 'nologin', what: 'the login shell is nologin', hurt: relogin({ shell: 'nologin' }), mend: usualLogin, seen: error('shell', /not available/) },
	{ id: 'old-probe', what: 'our key may only run a probe of an older version', hurt: relogin({ probe: oldProbe }), mend: usualLogin, seen: error('shell', /version/) },
	{ id: 'killed', what: 'its session is killed', hurt: (lab, host) => lab.killSessions(host), mend: null, seen: error('closed') },
	{
		id: 'cut', what: 'the link is cut for 30 s', lasts: 30, hurt: link('cut', false), mend: linkUp,
		seen: (host) => host.state === 'stale' || host.error?.kind === 'timeout',
		says: (host) => host.error ? `${host.error.kind}: ${host.error.message}` : host.state,
	},
	{
		id: 'stalled', what: 'its sshd stands still, the connection with it', seen: error('timeout'),
		hurt: (lab, host) => lab.signalSessions(host, 'SIGSTOP'), mend: (lab, host) => lab.signalSessions(host, 'SIGCONT'),
	},
];

/** Hosts that are not as usual, and are watched all the same. */
/** @type {Case[]} */
const odd = [
	{ id: 'csh', what: 'the login shell is csh', hurt: relogin({ shell: 'csh' }), mend: null, seen: watchedAnew },
	{ id: 'fish', what: 'the login shell is fish', hurt: relogin({ shell: 'fish' }), mend: null, seen: watchedAnew },
	{ id: 'noisy', what: 'an rc file prints 100 KB', hurt: relogin({ rc: 'Welcome\n'.repeat(12800) }), mend: null, seen: watchedAnew },
	{ id: 'no-timeout', what: 'it has no timeout(1)', hurt: relogin({ tools: { timeout: null } }), mend: null, seen: watchedAnew },
	{
		id: 'no-ps', what: 'it has no ps', hurt: relogin({ tools: { ps: null } }), mend: relogin({}),
		seen: (host, before) => watchedAnew(host, before) && finding('owners-hidden')(host), says: sayFinding('owners-hidden'),
		well: watchedAnew,
	},
].map((one) => ({ says: () => 'ok', ...one }));

/** @type {Case[]} */
const program = [
	smi('missing', 'nvidia-smi is not there', { fault: 'not-found' }, error('no-nvidia-smi')),
	smi('no-driver', 'the driver is not loaded', { fault: 'driver-not-loaded' }, error('no-driver')),
	smi('no-library', 'libnvidia-ml.so is missing', { fault: 'libnvidia-ml-missing' }, error('no-driver')),
	smi('mismatch', 'driver and library are of two versions', { fault: 'mismatch' }, error('driver-mismatch')),
	smi('update', 'the driver is updated while we watch', { ...unloaded, fault: 'mismatch' }, error('driver-mismatch'), {
		mend: (lab, host) => {
			lab.set(host, { driver: '570.124.06' });
			lab.heal(host);
		},
		well: (host) => isWell(host) && host.driver === '570.124.06',
	}),
	smi('permission', 'NVML: insufficient permissions', { fault: 'init-permission' }, error('nvidia-smi', /Insufficient Permissions/)),
	smi('nvml', 'NVML: unknown error', { fault: 'init-unknown' }, error('nvidia-smi', /Unknown Error/)),
	smi('no-gpu', 'no devices were found', { fault: 'no-devices' }, error('no-gpu')),
	smi('new-message', 'a message that nobody has seen before', { fault: 'exit-255' }, error('nvidia-smi')),
	smi('says-nothing', 'nvidia-smi prints nothing', { fault: 'silent' }, error('bad-output')),
	smi('hangs', 'nvidia-smi hangs', { fault: 'hang' }, error('nvidia-smi-hangs')),
	smi('unkillable', 'nvidia-smi hangs and ignores TERM', { fault: 'unkillable' }, error('nvidia-smi-hangs')),
	smi('state-d', 'nvidia-smi hangs in the kernel (state D)', { fault: 'uninterruptible' }, error('nvidia-smi-hangs')),
	smi('slow', 'nvidia-smi takes 5 s', { fault: 'slow', fault_seconds: 5 }, (host) => host.state === 'ok' && host.sample_ms >= 5000, {
		says: () => 'ok, with a sample time of 5 s and more', well: (host) => isWell(host) && host.sample_ms < 5000,
	}),
	smi('dribbles', 'nvidia-smi dribbles, byte by byte', { fault: 'dribble', fault_ms: 1 }, (host) => host.state === 'ok' && host.sample_ms > 300, {
		says: () => 'ok', well: (host) => isWell(host),
	}),
	smi('garbage', '4 KiB of nonsense', { fault: 'garbage' }, error('bad-output')),
	smi('binary', '4 KiB of any bytes', { fault: 'binary' }, error('bad-output')),
	smi('endless', 'lines without end', { fault: 'endless' }, error('bad-output')),
	smi('endless-line', 'one line without end', { fault: 'endless-line' }, error('bad-output')),
	smi('truncated', 'the output stops in the middle of a line', { fault: 'truncated' },
		(host) => host.error?.kind === 'bad-output' || host.gpus.some((/** @type {any} */ one) => one.problem)),
	smi('no-newline', 'the last line has no end', { fault: 'no-newline' }, isWell, { says: () => 'ok' }),
	smi('apps', 'the process query fails', { fault: 'apps-fail' },
		(host) => host.state === 'ok' && host.process_problem && host.gpus.every((/** @type {any} */ one) => one.processes === null),
		{ says: (host) => `processes unknown: ${host.process_problem}`, well: (host) => isWell(host) && host.process_problem === null }),
	smi('ps-hangs', 'ps hangs, again and again', { fault: 'ps-hangs' },
		// Its values stay young: it is as one that is well, several times more.
		(host, before) => host.state === 'ok' && /^ps /.test(host.process_problem ?? '') && host.session.samples >= before.session.samples + 5 &&
			Date.now() / 1000 - host.sampled < 5,
		{ says: (host) => `processes unknown: ${host.process_problem}`, well: (host) => isWell(host) && host.process_problem === null }),
	smi('df-hangs', 'df hangs on a dead disk', { fault: 'df-hangs' }, isWell, { says: () => 'ok' }),
];

/** @type {Case[]} */
const gpus = [
	smi('lost-550', 'a GPU falls off the bus, driver 550', { fault: 'gpu-lost', fault_gpu: 1 }, gpu(/lost/)),
	smi('lost-580', 'a GPU falls off the bus, driver 580', { fault: 'gpu-lost', fault_gpu: 1 }, gpu(/lost/), { like: { driver: '580.95.05' } }),
	smi('lost-cells', 'a GPU is lost after it was found', { fault: 'gpu-lost-cells', fault_gpu: 1 }, gpu(/lost/)),
	smi('reset', 'a GPU requires a reset', { fault: 'gpu-requires-reset', fault_gpu: 1 }, gpu(/requires reset/)),
	smi('unknown-error', 'a GPU answers "Unknown Error"', { fault: 'gpu-unknown-error', fault_gpu: 1 }, gpu(/Unknown Error/)),
	smi('vanished', 'a GPU vanishes without a word', { fault: 'gpu-vanished', fault_gpu: 1 }, gpu(/^missing$/)),
	smi('mig', 'MIG is switched on while we watch', { mig: 'on' }, (host) => host.state === 'ok' && host.gpus.every((/** @type {any} */ one) => one.mig?.length > 0), {
		mend: set({ mig: 'off' }), says: (host) => `ok, with ${host.gpus[0].mig.length} instances a GPU`,
		well: (host) => isWell(host) && host.gpus.every((/** @type {any} */ one) => one.mig === null),
	}),
	smi('sixteen', '16 GPUs', {}, (host) => isWell(host) && host.gpus.length === 16, { like: { gpus: 16 }, says: () => 'ok' }),
	smi('crowded', '64 processes on each GPU', { fault: 'many-processes' },
		(host) => host.state === 'ok' && host.gpus.every((/** @type {any} */ one) => one.processes?.length === 64),
		{ says: () => 'ok', well: (host) => isWell(host) && host.gpus[0].processes.length < 64 }),
	smi('persistence', 'persistence mode is switched off', { persistence: 'off', init_ms: 600 }, finding('persistence-off'), {
		mend: set({ persistence: 'on' }), says: sayFinding('persistence-off'), well: (host) => isWell(host) && !finding('persistence-off')(host),
	}),
];

export const cases = [...reaching, ...odd, ...program, ...gpus];
export { isWell };
