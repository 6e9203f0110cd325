import type { ComponentChildren } from 'preact';
import { bytes, commandLine, duration, shorten } from './format';
import { bySize, keysOf, type Process } from './model';

const IN_SIGHT = 3; // processes; the others fold
const LONGEST_TITLE = 600;

function describe(process: Process): string {
	const pid = process.pid === null ? 'PID not known' : `PID ${process.pid}`;
	return shorten(`${pid}: ${process.command ?? process.name ?? 'name not known'}`, LONGEST_TITLE);
}

/* A name is whatever its owner wrote: <bdi> keeps its direction marks from turning the rest of the line. */
function ProcessLine({ process, children }: { process: Process; children?: ComponentChildren }) {
	const command = process.command ?? process.name;
	const amounts = [process.memory !== null && bytes(process.memory), process.elapsed !== null && duration(process.elapsed)];
	return (
		<p class="process" title={describe(process)}>
			{process.user === null ? (
				<i class="user">user not known</i>
			) : (
				<b class="user">
					<bdi>{process.user}</bdi>
				</b>
			)}
			{children}
			<bdi class="command">{command !== null && commandLine(command)}</bdi>
			<span class="amounts">{amounts.filter(Boolean).join(' · ')}</span>
		</p>
	);
}

function users(processes: readonly Process[]): string {
	return [...new Set(processes.map((process) => process.user).filter((user) => user !== null))].join(', ');
}

export function ProcessLines({ processes, children }: { processes: readonly Process[]; children?: ComponentChildren }) {
	const sorted = bySize(processes);
	const keys = keysOf(sorted.map((process) => process.pid));
	const line = (process: Process, place: number) => (
		<ProcessLine key={keys[place]} process={process}>
			{place === 0 && children}
		</ProcessLine>
	);
	if (sorted.length <= IN_SIGHT + 1) return <>{sorted.map(line)}</>;
	const folded = sorted.slice(IN_SIGHT);
	return (
		<>
			{sorted.slice(0, IN_SIGHT).map(line)}
			<details class="more">
				<summary>
					{folded.length} more: {shorten(users(folded), 80)}
				</summary>
				{folded.map((process, place) => line(process, place + IN_SIGHT))}
			</details>
		</>
	);
}
