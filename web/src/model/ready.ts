/*
 * ready: the line that takes one from a free GPU to a shell on its host that sees this GPU alone. Pure.
 *
 * It is one line, because what is pasted after `ssh node0` and a new line goes to whichever reads first. `env` and the far side's $SHELL
 * stand in single quotes: sh, bash, zsh, fish, csh and PowerShell all pass them on as they are, and whatever shell one has over there sets
 * nothing but starts itself. Options may follow the host with OpenSSH, so the line begins as people would type it.
 *
 * It has the port of the configuration, and not the user: that is the account of the monitor, and who pastes logs in as themselves.
 */
import type { Gpu, Host, Part } from './types';
import { hasMig } from './use';

const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9_.:@-]*$/; // one word, and no option, to any shell
const ZONED = /^[0-9A-Fa-f]*:[0-9A-Fa-f:.]*%[A-Za-z0-9_.-]+$/; // an IPv6 address on one link: "fe80::1%eth0"
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

type Target = Pick<Host, 'address' | 'port'>;

/* The machine of the server itself. Another port of it leads elsewhere, as through a tunnel. */
const isHere = ({ address, port }: Target) => address === 'localhost' && port == null;

/* Nothing else is put between quotes: what the configuration does not take as an address is none. */
function wordOf(address: string): string | null {
	if (PLAIN.test(address)) return address;
	return ZONED.test(address) ? `'${address}'` : null;
}

/* "-p 2222 "; null: it is no port. */
function portOption(port: number | null | undefined): string | null {
	if (port == null) return '';
	return Number.isInteger(port) && port > 0 && port <= 65535 ? `-p ${port} ` : null;
}

/* "ssh -p 2222 node0"; null where there is nowhere to go, or its address is none that a shell can be given. */
export function sshLine(host: Target): string | null {
	const [option, word] = [portOption(host.port), wordOf(host.address)];
	return option === null || word === null || isHere(host) ? null : `ssh ${option}${word}`;
}

/* What to paste into a terminal. null: nothing that can be trusted there. */
export function readyLine(host: Host, devices: readonly (Gpu | Part)[]): string | null {
	const pair = readyPair(host, devices);
	const ssh = sshLine(host);
	if (pair === null) return ssh;
	if (isHere(host)) return `export ${pair}`;
	return ssh && `${ssh} -t 'env ${pair} $SHELL -l'`;
}
