/* details-host: everything known of one host. */
import type { ComponentChild } from 'preact';
import { containerWords } from '../format/facts';
import {
	apart,
	bytes,
	bytesBeside,
	commandLine,
	degrees,
	duration,
	NOT_KNOWN,
	percent,
	shorten,
	traffic,
	watts,
} from '../format/format';
import { n, t } from '../format/language';
import { troubleTitle } from '../format/words';
import { bySize, keysOf } from '../model/lists';
import type { Row } from '../model/rows';
import { isGrave, sortTroubles } from '../model/troubles';
import type { Host, Machine, PastError, Process, Session } from '../model/types';
import { PlaceLink } from '../parts/link';
import { Say } from '../parts/say';
import { Age, Clock } from '../parts/times';
import { openOf } from '../state/place';
import { isFresh, type HostEntry } from '../state/state';
import { Ails } from './findings';
import { Facts, Old, Section, told, WhatIsWrong, wordsOfUse } from './details-facts';
import { LastMinutes } from './details-recent';
import { stateWord } from './host';

const LONGEST_COMMAND = 120; // characters; a GPU's details show all of it
const LONGEST_MESSAGE = 400; // likewise; of what was said once

export function Since({ at }: { at: number }) {
	return <Say text="{clock} ({age} ago)" clock={<Clock at={at} />} age={<Age of={at} />} />;
}

function Identity({ host }: { host: Host }) {
	return (
		<Facts
			untold={t('not known')}
			facts={[
				[
					t('State'),
					<Say
						text="{state} since {time}"
						state={stateWord(host)}
						time={told(host.since, (at) => <Since at={at} />) ?? NOT_KNOWN}
					/>,
				],
				[t('Last sample'), told(host.sampled, (at) => <Since at={at} />)],
				[t('Address'), host.port == null ? host.address : t('{address}, port {port}', { address: apart(host.address), port: host.port })],
				host.group != null && [t('Group'), host.group],
				host.people !== null && [t('People|in charge'), host.people],
				host.kvm !== null && [t('KVM'), host.kvm],
				host.comment !== null && [t('Comment'), host.comment],
				[t('Driver'), host.driver],
			]}
		/>
	);
}

function MachineFacts({ machine }: { machine: Machine }) {
	const {
		load,
		cpus,
		memory_total: total,
		memory_available: available,
		uptime,
		clock_ahead: ahead,
		reboot_required: reboot,
		disk,
	} = machine;
	const clockWords = (by: number) => {
		const off = duration(Math.abs(by));
		if (Math.abs(by) < 1) return t('as the server’s');
		return by > 0 ? t('{duration} ahead', { duration: off }) : t('{duration} behind', { duration: off });
	};
	return (
		<Facts
			untold={t('not told')}
			facts={[
				[
					t('Load'),
					told(load, (of) =>
						t('{loads} over 1, 5 and 15 min', { loads: of.map((it) => it?.toFixed(2) ?? NOT_KNOWN).join(', ') }),
					),
				],
				[t('CPUs'), told(cpus, String)],
				[
					t('Memory|of a host'),
					told(total, (all) =>
						available === null
							? bytes(all)
							: t('{used} of {total}, {available} available', {
									used: bytesBeside(Math.max(0, all - available), all),
									total: bytes(all),
									available: bytes(available),
								}),
					),
				],
				[
					t('Fullest disk'),
					told(disk, ({ mount, size, used, percent: full }) =>
						[
							apart(mount),
							full !== null && t('{percent} full', { percent: percent(full) }),
							size !== null &&
								used !== null &&
								t('{used} of {total}', { used: bytesBeside(used, size), total: bytes(size) }),
						]
							.filter(Boolean)
							.join(' · '),
					),
				],
				[t('Up for'), told(uptime, duration)],
				[t('Clock|what it is'), told(ahead, clockWords)],
				[t('Reboot'), told(reboot, (wants) => (wants ? t('it wants a reboot') : t('not asked for')))],
			]}
		/>
	);
}

/* "Connection refused, from 10:02:11 to 10:05:40 (3 min)", and below it what was said. */
function Past({ error: { kind, message, since, until } }: { error: PastError }) {
	return (
		<>
			<Say
				text="{error}, from {since} to {until} ({duration})"
				error={apart(shorten(troubleTitle(kind), LONGEST_MESSAGE))}
				since={<Clock at={since} />}
				until={<Clock at={until} />}
				duration={duration(until - since)}
			/>
			{message && <p class="said">{apart(shorten(message, LONGEST_MESSAGE))}</p>}
		</>
	);
}

function lastError({ error, session }: Host): ComponentChild {
	if (error !== null) return [troubleTitle(error.kind), error.message].filter(Boolean).join(': ');
	return session?.last_error && <Past error={session.last_error} />;
}

/* What watching it has cost, and how it went. */
function SessionFacts({ host, session }: { host: Host; session: Session }) {
	const { connected, logins, attempts, samples, bytes_in: bytesIn, bytes_out: bytesOut, probe_cpu_ms: cpu } = session;
	const last = lastError(host);
	return (
		<Facts
			untold={t('not known')}
			facts={[
				[t('Connected since'), connected === null ? t('not connected now') : <Since at={connected} />],
				[t('Logins'), n(attempts, '{logins} of {n} attempt', '{logins} of {n} attempts', { logins })],
				[t('Samples'), String(samples)],
				[t('A sample takes'), told(host.sample_ms, (ms) => `${Math.round(ms)} ms`)],
				[t('CPU there per sample'), told(cpu, (ms) => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`)],
				[t('Received, sent'), `${traffic(bytesIn)}, ${traffic(bytesOut)}`],
				[t('Keeps the driver loaded'), session.keeps_driver ? t('yes, with a quiet nvidia-smi') : t('no')],
				last != null && [t('Last error'), last],
			]}
		/>
	);
}

/* A GPU in one line, which leads to its details. */
function GpuLine({ row }: { row: Row }) {
	const { gpu, use, fresh, users, ails } = row;
	const memory =
		gpu.memory_used === null || gpu.memory_total === null
			? NOT_KNOWN
			: t('{used} of {total}', { used: bytesBeside(gpu.memory_used, gpu.memory_total), total: bytes(gpu.memory_total) });
	return (
		<li>
			<PlaceLink class={fresh ? use : ''} to={{ open: openOf(row) }} title={gpu.name ?? undefined}>
				<b>{t('GPU {index}', { index: gpu.index ?? NOT_KNOWN })}</b>
				<span class="use">
					<span class="mark" />
					{wordsOfUse(use, fresh)}
				</span>
				<span>{percent(gpu.utilization)}</span>
				<span>{memory}</span>
				<span>
					{degrees(gpu.temperature)} {watts(gpu.power)}
				</span>
				<span class="users">{ails && !gpu.problem && <Ails finding={ails} />} {gpu.problem ? apart(shorten(gpu.problem, 60)) : apart(users.join(', '))}</span>
			</PlaceLink>
		</li>
	);
}

function GpuLines({ entry }: { entry: HostEntry }) {
	return (
		<ul class="gpu-lines">
			{entry.rows.value.map((row) => (
				<GpuLine key={row.key} row={row} />
			))}
		</ul>
	);
}

function ProcessRow({ process, row }: { process: Process; row: Row }) {
	const command = process.command ?? process.name;
	const where = [containerWords(process), process.slurm_job && t('Slurm job {job}', { job: apart(process.slurm_job) })];
	return (
		<tr>
			<td>
				<PlaceLink to={{ open: openOf(row) }} label={t('GPU {index}', { index: row.gpu.index ?? NOT_KNOWN })}>
					{String(row.gpu.index ?? NOT_KNOWN)}
				</PlaceLink>
			</td>
			<td class="user">
				{process.user === null ? <i>{t('not known')}</i> : <b>{apart(process.user) + (process.inferred ? '?' : '')}</b>}
			</td>
			<td class="command">
				<bdi title={command ?? undefined}>
					{command === null ? t('name not known') : shorten(commandLine(command), LONGEST_COMMAND)}
				</bdi>
				{where.some(Boolean) && <small> {where.filter(Boolean).join(' · ')}</small>}
			</td>
			<td>{process.memory === null ? NOT_KNOWN : bytes(process.memory)}</td>
			<td>{process.elapsed === null ? NOT_KNOWN : duration(process.elapsed)}</td>
			<td>{process.cpu == null ? NOT_KNOWN : percent(process.cpu)}</td>
			<td>{String(process.pid ?? NOT_KNOWN)}</td>
		</tr>
	);
}

function Processes({ entry }: { entry: HostEntry }) {
	const all = entry.rows.value.flatMap((row) => bySize(row.gpu.processes ?? []).map((process) => ({ row, process })));
	const unknown = entry.rows.value.filter(({ gpu }) => gpu.processes === null && !gpu.asleep && !gpu.problem).length;
	const untold = unknown > 0 || entry.host.value.process_problem != null || entry.rows.value.every(({ gpu }) => gpu.problem);
	const keys = keysOf(all.map(({ row, process }) => `${row.key} ${process.pid}`));
	return (
		<>
			{unknown > 0 && (
				<p class="note">
					{n(unknown, 'Of {n} GPU the processes are not known.', 'Of {n} GPUs the processes are not known.')}
				</p>
			)}
			{all.length === 0 ? (
				!untold && <p class="note">{t('Nobody computes here.')}</p>
			) : (
				<div class="scroller" role="region" aria-label={t('Processes on {host}', { host: entry.name })} tabIndex={0}>
					<table>
						<thead>
							<tr>
								{[t('GPU'), t('Person'), t('Command'), t('Memory'), t('Running for'), t('CPU'), t('PID')].map(
									(title) => (
										<th key={title} scope="col">
											{title}
										</th>
									),
								)}
							</tr>
						</thead>
						<tbody>
							{all.map(({ row, process }, place) => (
								<ProcessRow key={keys[place]} process={process} row={row} />
							))}
						</tbody>
					</table>
				</div>
			)}
		</>
	);
}

export function HostDetails({ entry }: { entry: HostEntry }) {
	const host = entry.host.value;
	const troubles = sortTroubles(entry.troubles.value);
	return (
		<div class={!isFresh(host) ? `${host.state} old` : troubles.some(isGrave) ? 'ok ailing' : 'ok'}>
			<h2 class="heading" tabIndex={-1}>
				<span class="mark" />
				<span class="name">{host.name}</span>
				<span class="state">
					<b>{stateWord(host)}</b>
				</span>
			</h2>
			<Old host={host} />
			<WhatIsWrong troubles={troubles} />
			<Section title={t('The last minutes')}>
				<LastMinutes entry={entry} row={null} />
			</Section>
			{host.gpus.length > 0 && (
				<>
					<Section title={n(host.gpus.length, '{n} GPU', '{n} GPUs')}>
						<GpuLines entry={entry} />
					</Section>
					<Section title={t('Processes')}>
						<Processes entry={entry} />
					</Section>
				</>
			)}
			<Section title={t('About it')}>
				<Identity host={host} />
			</Section>
			{host.machine && (
				<Section title={t('The machine')}>
					<MachineFacts machine={host.machine} />
				</Section>
			)}
			{host.session && (
				<Section title={t('Our session there')}>
					<SessionFacts host={host} session={host.session} />
				</Section>
			)}
		</div>
	);
}
