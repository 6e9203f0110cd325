/* words: what states and troubles are called, and what they mean. Pure. */
import { apart } from './format';
import { t, texts } from './language';

export const troubleTitle = texts({
	dns: 'Name not found',
	unreachable: 'Not reachable',
	refused: 'Connection refused',
	timeout: 'No answer',
	'host-key': 'Host key not trusted',
	auth: 'Login refused',
	ssh: 'ssh failed',
	shell: 'The shell there failed',
	'no-nvidia-smi': 'nvidia-smi not found',
	'no-driver': 'NVIDIA driver not running',
	'driver-mismatch': 'Driver and library do not match',
	'no-gpu': 'No GPU found',
	'nvidia-smi-hangs': 'nvidia-smi hangs',
	'nvidia-smi': 'nvidia-smi failed',
	'bad-output': 'Answer not understood',
	closed: 'Connection closed',
	late: 'Its values are late',
});

/* How bad it is. */
export const severityWord = texts({ away: 'no answer', error: 'error', late: 'late', warning: 'warning', note: 'note' });

/* What a GPU's problem means: the driver's words, in lower case, and the meaning. The first that fits. */
const PROBLEMS = {
	missing: 'it was there before, and nvidia-smi does not list it any more',
	lost: 'it fell off the bus; reboot the host to recover it',
	'requires reset': 'nobody can use it before a reset (nvidia-smi --gpu-reset) or a reboot',
	'insufficient permissions': 'the account that asks may not read it',
	'blocked by the operating system': 'the host denies access to it',
	inforom: 'its configuration memory is damaged; it may need service',
	mismatch: 'driver and library are of two versions; reboot or reload the driver',
	'driver not loaded': 'load the NVIDIA driver on the host',
	timeout: 'it did not answer the driver in time',
	power: 'check its power cables',
	'in use by another client': 'another program keeps it to itself',
	'unknown error': 'the driver cannot read it; look for Xid in the kernel log; often only a reboot helps',
};
const meaningOf = texts(PROBLEMS);

export function problemMeaning(problem: string): string {
	const text = problem.toLowerCase();
	const words = Object.keys(PROBLEMS).find((it) => text.includes(it));
	return words ? meaningOf(words) : t('the driver reports this; the kernel log may tell more');
}

/* Why a clock is held down. */
export const throttleWords = texts({
	'gpu-idle': 'idle',
	'applications-clocks-setting': 'at the clocks that somebody has set',
	'sw-power-cap': 'at its power limit',
	'hw-slowdown': 'slowed down by its hardware',
	'sync-boost': 'kept in step with the other GPUs of its group',
	'sw-thermal-slowdown': 'too hot: slowed down by the driver',
	'hw-thermal-slowdown': 'too hot: slowed down by its hardware',
	'hw-power-brake-slowdown': 'not enough power: the power supply asked it to slow down',
	'display-clock-setting': 'at the clocks that a display needs',
});

/* How the person behind a process was concluded. */
const CONCLUSIONS = {
	loginuid: 'by loginuid',
	slurm: 'by the Slurm job',
	session: 'by the login session',
	home: 'by the home directory in the container',
	uid: 'by the user id inside the container',
};
const concludedBy = texts(CONCLUSIONS);

/* "by loginuid; the process belongs to root"; null where nothing was concluded. */
export function conclusion({ user, owner, inferred }: { user: string | null; owner?: string | null; inferred?: string | null }) {
	const belongs = owner ? t('the process belongs to {owner}', { owner: apart(owner) }) : null;
	if (user === null) return belongs && t('{belongs}; who is behind it is not known', { belongs });
	if (!inferred) return null;
	const way = inferred in CONCLUSIONS ? concludedBy(inferred) : t('by {way}', { way: apart(inferred) });
	return [way, belongs].filter(Boolean).join('; ');
}
