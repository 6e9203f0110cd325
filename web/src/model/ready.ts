/*
 * ready: the line that takes one from a free GPU to a shell on its host that sees this GPU alone. Pure.
 *
 * It is one line, because what is pasted after `ssh node0` and a new line goes to whichever reads first. `env` and the far side's $SHELL
 * stand in single quotes: sh, bash, zsh, fish, csh and PowerShell all pass them on as they are, and whatever shell one has over there sets
 * nothing but starts itself. Options may follow the host with OpenSSH, so the line begins as people would type it.
 */
import type { Gpu, Host, Part } from './types';
import { hasMig } from './use';

const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9_.:@-]*$/; // one word, and no option, to any shell
const UUID = /^(GPU|MIG)-[A-Za-z0-9/-]+$/;

const isPart = (device: Gpu | Part): device is Part => 'profile' in device;

/* CUDA counts the GPUs that it can use. Where one of them is broken or cut into parts, its count is not nvidia-smi's any more. */
function countsAsCuda({ gpus }: Host): boolean {
	return gpus.every((gpu) => gpu.index !== null && !gpu.problem && !hasMig(gpu));
}

function wordFor(device: Gpu | Part, byIndex: boolean): string | null {
	if (byIndex && !isPart(device)) return String(device.index);
	const uuid = !isPart(device) && hasMig(device) ? device.mig?.[0]?.uuid : device.uuid;
	return uuid != null && UUID.test(uuid) ? uuid : null;
}

/* A program uses one part at most, and no GPU beside it. */
function usedTogether(devices: readonly (Gpu | Part)[]): readonly (Gpu | Part)[] {
	const whole = devices.filter((device) => !isPart(device) && !hasMig(device));
	return whole.length > 0 ? whole : devices.slice(0, 1);
}

/* "CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES=2,5": what makes a program see these alone. null: they cannot be named. */
export function readyPair(host: Host, devices: readonly (Gpu | Part)[]): string | null {
	const byIndex = countsAsCuda(host);
	const words = usedTogether(devices).map((device) => wordFor(device, byIndex));
	if (words.length === 0 || words.includes(null)) return null;
	return `CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES=${words.join(',')}`;
}

/* "ssh node0"; null where there is nowhere to go, or its address is no plain word. */
export function sshLine({ address }: Pick<Host, 'address'>): string | null {
	return PLAIN.test(address) && address !== 'localhost' ? `ssh ${address}` : null;
}

/* What to paste into a terminal. null: nothing that can be trusted there. */
export function readyLine(host: Host, devices: readonly (Gpu | Part)[]): string | null {
	const pair = readyPair(host, devices);
	if (pair === null) return host.address === 'localhost' ? null : sshLine(host);
	if (host.address === 'localhost') return `export ${pair}`;
	const ssh = sshLine(host);
	return ssh && `${ssh} -t 'env ${pair} $SHELL -l'`;
}
