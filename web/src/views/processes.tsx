import type { ComponentChildren } from 'preact';
import { containerWords, processFacts } from '../format/facts';
import { Fold } from '../parts/fold';
import { t } from '../format/language';
import { apart, bytes, commandLine, duration, shorten } from '../format/format';
import { bySize, keysOf } from '../model/lists';
import type { Process } from '../model/types';
import { conclusion } from '../format/words';

const IN_SIGHT = 3; // processes; the others fold
const LONGEST_TITLE = 600;
const LONGEST_LINE = 400; // more of a command than the widest row shows

function describe(process: Process): string {
	const pid = process.pid === null ? t('PID not known') : t('PID {pid}', { pid: process.pid });
	return shorten(`${pid}: ${process.command ?? process.name ?? t('name not known')}`, LONGEST_TITLE);
}

/* The person. "alice?" is concluded, not told; the title says how. */
function User({ process }: { process: Process }) {
	const title = conclusion(process) ?? undefined;
	if (process.user === null)
		return (
			<i class="user" title={title}>
				{t('user not known')}
			</i>
		);
	return (
		<b class="user" title={title}>
			{apart(process.user)}
			{process.inferred && '?'}
		</b>
	);
}

function Tags({ process }: { process: Process }) {
	const { container, slurm_job: job } = process;
	return (
		<>
			{container && (
				<span class="tag where" title={containerWords(process)}>
					{container.pod ? t('pod') : container.runtime === 'other' ? t('container') : container.runtime}
				</span>
			)}
			{job && (
				<span class="tag where" title={t('Slurm job {job}', { job })}>
					{t('job {job}', { job: apart(job) })}
				</span>
			)}
		</>
	);
}

function Full({ process }: { process: Process }) {
	const command = process.command ?? process.name;
	return (
		<div class="full">
			{command && (
				<code tabIndex={0}>
					<bdi>{command}</bdi>
				</code>
			)}
			<p>{processFacts(process).join(' · ')}</p>
		</div>
	);
}

/*
 * A name is whatever its owner wrote: <bdi> keeps its direction marks from turning the rest of the line. What the memory of a process that is
 * there `alone` is, the GPU's bar tells.
 */
function ProcessLine({ process, alone, children }: { process: Process; alone: boolean; children?: ComponentChildren }) {
	const command = process.command ?? process.name;
	const amounts = [
		!alone && process.memory !== null && bytes(process.memory),
		process.elapsed !== null && duration(process.elapsed),
	];
	const line = (
		<>
			<User process={process} />
			{children}
			<Tags process={process} />
			<bdi class="command">{command !== null && shorten(commandLine(command), LONGEST_LINE)}</bdi>
			<span class="amounts">{amounts.filter(Boolean).join(' · ')}</span>
		</>
	);
	return (
		<Fold class="process" title={describe(process)} line={line}>
			{() => <Full process={process} />}
		</Fold>
	);
}

function users(processes: readonly Process[]): string {
	return [...new Set(processes.map((process) => process.user).filter((user) => user !== null))].join(', ');
}

export function ProcessLines({ processes, children }: { processes: readonly Process[]; children?: ComponentChildren }) {
	const sorted = bySize(processes);
	const keys = keysOf(sorted.map((process) => process.pid));
	const line = (process: Process, place: number) => (
		<ProcessLine key={keys[place]} process={process} alone={sorted.length === 1}>
			{place === 0 && children}
		</ProcessLine>
	);
	if (sorted.length <= IN_SIGHT + 1) return <>{sorted.map(line)}</>;
	const folded = sorted.slice(IN_SIGHT);
	return (
		<>
			{sorted.slice(0, IN_SIGHT).map(line)}
			<details class="more">
				<summary>{t('{n} more: {who}', { n: folded.length, who: shorten(users(folded), 80) })}</summary>
				{folded.map((process, place) => line(process, place + IN_SIGHT))}
			</details>
		</>
	);
}
