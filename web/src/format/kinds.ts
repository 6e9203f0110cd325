/* kinds: what a kind of finding is called, where many hosts have it and each says it with values of its own. Pure. */
import { t } from './language';

/* A kind that this page does not know yet still reads as words. */
export function findingTitle(kind: string): string {
	const titles: Record<string, string> = {
		'gpu-problem': t('A GPU does not work'),
		'gpu-missing': t('A GPU is missing'),
		'driver-mismatch': t('Driver and library do not match'),
		'ecc-uncorrected': t('Memory errors that could not be corrected'),
		'remap-failure': t('Broken memory rows, and no spare ones left'),
		'recovery-action': t('The driver asks for a reset or a reboot'),
		'processes-unknown': t('The processes are not known'),
		stuck: t('Busy without drawing power: something may be stuck'),
		throttled: t('Slowed down for heat or for lack of power'),
		'remap-pending': t('Memory waits for a reset to be repaired'),
		'reboot-required': t('A reboot is required'),
		'pcie-slow': t('The PCIe link is slow'),
		'persistence-off': t('Persistence mode is off'),
		'owners-hidden': t('The owners of processes cannot be seen'),
		'disk-full': t('A disk is full'),
		'memory-full': t('The memory is full'),
		'clock-off': t('The clock is wrong'),
		'driver-kept': t('We keep the driver loaded'),
		'slow-query': t('A sample takes longer than the interval'),
		'left-out': t('There is more than is shown'),
	};
	return titles[kind] ?? kind.replaceAll('-', ' ');
}
