/* kinds: what a kind of finding is called, where many hosts have it and each says it with values of its own. Pure. */
import type { Finding } from '../model/types';
import { currentLanguage, texts } from './language';

export const findingTitle = texts({
	'gpu-problem': 'A GPU does not work',
	'gpu-missing': 'A GPU is missing',
	'driver-mismatch': 'Driver and library do not match',
	'ecc-uncorrected': 'Memory errors that could not be corrected',
	'remap-failure': 'Broken memory rows, and no spare ones left',
	'recovery-action': 'The driver asks for a reset or a reboot',
	'processes-unknown': 'The processes are not known',
	stuck: 'Busy without drawing power: something may be stuck',
	throttled: 'Slowed down for heat or for lack of power',
	'remap-pending': 'Memory waits for a reset to be repaired',
	'reboot-required': 'A reboot is required',
	'pcie-slow': 'The PCIe link is slow',
	'persistence-off': 'Persistence mode is off',
	'owners-hidden': 'The owners of processes cannot be seen',
	'disk-full': 'A disk is full',
	'memory-full': 'The memory is full',
	'clock-off': 'The clock is wrong',
	'driver-kept': 'We keep the driver loaded',
	'slow-query': 'A sample takes longer than the interval',
	'left-out': 'There is more than is shown',
});

/* The server speaks English. In another language, what its message is about stands before it. */
export function findingWords({ kind, message }: Finding): string {
	return currentLanguage() === 'en' ? message : `${findingTitle(kind)} · ${message}`;
}
