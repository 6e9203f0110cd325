/* findings: what is wrong with a host, said once for all the GPUs that it is about. */
import type { Finding, Gpu, Host } from './types';

/* Finds the error that was found about a GPU. Findings come worst first. */
export function errorsOf({ findings }: Pick<Host, 'findings'>): (gpu: Gpu) => Finding | null {
	const errors = (findings ?? []).filter(({ severity, gpu }) => severity === 'error' && gpu !== null);
	const isAbout = (it: Finding, { uuid, index }: Gpu) => (it.uuid != null && uuid !== null ? it.uuid === uuid : it.gpu === index);
	return (gpu) => errors.find((it) => isAbout(it, gpu)) ?? null;
}

/* What was found, and what a GPU itself says is wrong with it where nothing found says so. */
export function findingsOf(host: Pick<Host, 'findings' | 'gpus'>): Finding[] {
	const found = host.findings ?? [];
	const broken = host.gpus.filter(({ problem }) => problem);
	if (broken.length === 0 || found.some(({ gpu, kind }) => gpu === null && kind === 'driver-mismatch')) return found;
	const errorOf = errorsOf(host);
	const untold = broken.filter((gpu) => !errorOf(gpu)).map(({ index, uuid, problem, problem_since: since }) => ({
		kind: 'gpu-problem',
		severity: 'error' as const,
		gpu: index,
		uuid,
		message: index === null ? problem! : `GPU ${index}: ${problem}`,
		remedy: null,
		since: since ?? null,
	}));
	return [...untold, ...found];
}

/* "0–3, 5" */
export function ranges(numbers: readonly number[]): string {
	const runs: [first: number, last: number][] = [];
	for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
		const run = runs.at(-1);
		if (run && number === run[1] + 1) run[1] = number;
		else runs.push([number, number]);
	}
	return runs.map(([first, last]) => (first === last ? first : `${first}–${last}`)).join(', ');
}

/* A remedy in which commands stand between backticks: prose, command, prose, ... */
export function piecesOf(remedy: string): string[] {
	return remedy.split('`');
}

/* Where a command names the GPU, it stands in the common remedy once for each. */
function commonRemedy(findings: readonly Finding[]): string | null {
	const [first] = findings;
	if (!first?.remedy || findings.every(({ remedy }) => remedy === first.remedy)) return first?.remedy ?? null;
	const option = new RegExp(` -i ${first.gpu}(?!\\d)`, 'g');
	const forAll = (command: string) =>
		command.match(option) ? findings.map(({ gpu }) => command.replace(option, ` -i ${gpu}`)).join('; ') : command;
	return piecesOf(first.remedy)
		.map((piece, place) => (place % 2 === 1 ? forAll(piece) : piece))
		.join('`');
}

/* What a finding says, whichever GPU it is about. */
function sense({ gpu, uuid, kind, severity, message, remedy }: Finding): string {
	if (gpu === null) return JSON.stringify([kind, severity, uuid, message, remedy]);
	const text = withoutGpu(message, gpu);
	return JSON.stringify([kind, severity, text, remedy?.replace(new RegExp(` -i ${gpu}(?!\\d)`, 'g'), ' -i')]);
}

export function withoutGpu(message: string, gpu: number | null): string {
	const prefix = `GPU ${gpu}: `;
	return message.startsWith(prefix) ? message.slice(prefix.length) : message;
}

/* The same of several GPUs is said once: eight times "persistence mode is off" is "GPUs 0–7: persistence mode is off". */
export function foldFindings(findings: readonly Finding[]): Finding[] {
	const groups = new Map<string, [Finding, ...Finding[]]>();
	for (const finding of findings) {
		const key = sense(finding);
		const group = groups.get(key);
		if (group) group.push(finding);
		else groups.set(key, [finding]);
	}
	return [...groups.values()].map((group) => {
		const [first] = group;
		if (group.length === 1 || first.gpu === null) return first;
		const times = group.map(({ since }) => since).filter((since) => since !== null);
		return {
			...first,
			message: `GPUs ${ranges(group.map(({ gpu }) => gpu as number))}: ${withoutGpu(first.message, first.gpu)}`,
			remedy: commonRemedy(group),
			since: times.length > 0 ? Math.min(...times) : null,
		};
	});
}
