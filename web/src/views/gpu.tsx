/* gpu: one GPU in one row, always the same five places: index, utilization, memory, temperature and power, who. */
import { useMemo } from 'preact/hooks';
import { CopyButton } from '../parts/copy';
import { Ails } from './findings';
import { gpuFacts } from '../format/facts';
import { apart, bytes, bytesBeside, degrees, NOT_KNOWN, percent, shorten, watts } from '../format/format';
import { n, t } from '../format/language';
import { keysOf } from '../model/lists';
import { readyLine } from '../model/ready';
import type { Row } from '../model/rows';
import type { Gpu, Host, Part } from '../model/types';
import { HOT } from '../model/product';
import { hasMig, memoryPercent, type Use } from '../model/use';
import { openOf } from '../state/place';
import { isFresh } from '../state/state';
import { PlaceLink } from '../parts/link';
import { ProcessLines } from './processes';
import { Say } from '../parts/say';
import { Age, Clock } from '../parts/times';
import { problemMeaning } from '../format/words';

const LONGEST_PROBLEM = 200; // characters

const notTold = (name: string) => t('{name}: not told by the driver', { name });

/* `fill` null: not known, so the bar stays empty and says so. */
function Bar({ name, fill, text, of }: { name: string; fill: number | null; text: string; of?: string | undefined }) {
	return (
		<span class="bar" title={text === NOT_KNOWN ? notTold(name) : name}>
			<i style={{ width: `${fill ?? 0}%` }} />
			<span class="sr">{name} </span>
			<span class="amount">{text}</span>
			{of && (
				<span class="of">
					<span class="sr">{` ${t('of')} `}</span>
					{of}
				</span>
			)}
		</span>
	);
}

function Memory({ of }: { of: Gpu | Part }) {
	const total = of.memory_total === null ? undefined : bytesBeside(of.memory_total, of.memory_used);
	return <Bar name={t('memory')} fill={memoryPercent(of)} text={bytes(of.memory_used)} of={total} />;
}

function Utilization({ gpu }: { gpu: Gpu }) {
	if (gpu.utilization !== null || !hasMig(gpu))
		return <Bar name={t('utilization')} fill={gpu.utilization} text={percent(gpu.utilization)} />;
	return (
		<span class="untold">
			<span class="sr">{t('utilization')} </span>
			{t('not told under MIG')}
		</span>
	);
}

function Climate({ gpu }: { gpu: Gpu }) {
	const hot = gpu.temperature !== null && gpu.temperature >= HOT;
	const temperature = gpu.temperature === null ? notTold(t('temperature')) : hot ? t('hot') : t('temperature');
	const limited = gpu.power_limit === null ? t('power') : t('power, limit {limit}', { limit: watts(gpu.power_limit) });
	return (
		<span class="climate">
			<span class={hot ? 'hot' : ''} title={temperature}>
				{hot && '▲ '}
				{degrees(gpu.temperature)}
			</span>{' '}
			<span title={gpu.power === null ? notTold(t('power')) : limited}>{watts(gpu.power)}</span>
		</span>
	);
}

/* That it is free, and the line that leads there; nobody is sent where something is wrong. */
function Free({ of, row }: { of: Gpu | Part; row: Row }) {
	const { host, ails } = row;
	const cut = 'mig' in of && hasMig(of); // then each part has its line
	const line = cut || ails ? null : readyLine(host, [of]);
	return (
		<p class={ails ? '' : 'free'}>
			<span>
				<b>{t('free')}</b>
				{cut && (
					<>
						{' · '}
						<Cut row={row} />
					</>
				)}
			</span>
			{line && <CopyButton text={line} label={line.startsWith('ssh') ? t('copy ssh line') : t('copy line')} />}
		</p>
	);
}

/* "cut into 7 parts, 2 free" */
function Cut({ row: { gpu, fresh, parts } }: { row: Row }) {
	if (!gpu.mig) return <>{t('MIG is on, and its parts are not told')}</>;
	if (parts.length === 0) return <>{t('MIG is on, and no part is made')}</>;
	const free = fresh ? parts.filter((use) => use === 'free').length : 0;
	if (free === 0) return <>{n(parts.length, 'cut into {n} part', 'cut into {n} parts')}</>;
	if (free === parts.length) return <>{n(free, 'cut into {n} part, all free', 'cut into {n} parts, all free')}</>;
	return <>{n(parts.length, 'cut into {n} part, {free} free', 'cut into {n} parts, {free} free', { free })}</>;
}

/* Where all of the host are concerned, a line above its GPUs says why. */
function NotKnown({ gpu, host }: { gpu: Gpu; host: Host }) {
	const { process_problem: own } = gpu;
	if (!own) return <p title={host.process_problem ?? undefined}>{t('processes not known')}</p>;
	return <p>{t('processes not known: {why}', { why: apart(shorten(own, LONGEST_PROBLEM)) })}</p>;
}

/* Held without use: for how long, where that is told. */
function IdleTag({ gpu, host }: { gpu: Gpu; host: Host }) {
	const since = gpu.idle_since;
	if (!isFresh(host)) return <span class="tag">{t('was idle')}</span>;
	return <span class="tag">{since == null ? t('idle now') : <Say text="idle {time}" time={<Age of={since} />} />}</span>;
}

function notSurelyFree(of: Gpu | Part): string {
	return memoryPercent(of) === null ? t('no process seen, memory not known') : t('no process seen, but not all are known');
}

/* Of a GPU that shows none: why that does not make it free. */
export function noProcess(gpu: Gpu, use: Use): string {
	return use !== 'unknown' || hasMig(gpu) ? t('no process seen') : notSurelyFree(gpu);
}

/* Who is on it, or that nobody is: in words, whatever the colours say. */
function Who({ row }: { row: Row }) {
	const { gpu, host, use, fresh } = row;
	const processes = gpu.processes?.filter((process) => !gpu.mig?.[process.mig ?? -1]); // the others stand at their part
	const idle = use === 'held' && <IdleTag gpu={gpu} host={host} />;

	if (use === 'asleep') return <p>{fresh ? t('asleep: the kernel has suspended it') : t('was asleep')}</p>;
	if (use === 'free') return fresh ? <Free of={gpu} row={row} /> : <p>{t('was free')}</p>;
	if (use === 'held' && !gpu.processes?.length)
		return (
			<p title={gpu.process_problem ?? host.process_problem ?? undefined}>
				{t('held by somebody not known')} {idle}
			</p>
		);
	if (!processes) return <NotKnown gpu={gpu} host={host} />;
	if (processes.length > 0) return <ProcessLines processes={processes}>{idle}</ProcessLines>;
	if (use === 'broken') return null;
	if (hasMig(gpu))
		return (
			<p>
				<Cut row={row} />
			</p>
		);
	return <p title={host.process_problem ?? undefined}>{noProcess(gpu, use)}</p>;
}

function WhoOnPart({ part, row, use }: { part: Part; row: Row; use: Use }) {
	if (part.processes?.length) return <ProcessLines processes={part.processes} />;
	if (use === 'free') return row.fresh ? <Free of={part} row={row} /> : <>{t('was free')}</>;
	if (use !== 'unknown') return <>{t('no process seen')}</>;
	return <>{part.processes === null ? t('processes not known') : notSurelyFree(part)}</>;
}

/* What a GPU with MIG on is cut into. */
export function Parts({ row }: { row: Row }) {
	const { gpu } = row;
	if (!gpu.mig?.length) return null;
	const keys = keysOf(gpu.mig.map((part) => part.uuid ?? part.index));
	return (
		<ul class="parts" aria-label={t('Parts of GPU {index}', { index: gpu.index ?? NOT_KNOWN })}>
			{gpu.mig.map((part, place) => {
				const use = row.parts[place]!;
				return (
					<li key={keys[place]} class={`part ${use}`}>
						<span class="profile" title={[part.profile, part.uuid].filter(Boolean).join('\n')}>
							{part.profile ?? t('part')}
						</span>
						<Memory of={part} />
						<span class="device">{part.index !== null && `MIG ${part.index}`}</span>
						<div class="who">
							<WhoOnPart part={part} row={row} use={use} />
						</div>
					</li>
				);
			})}
		</ul>
	);
}

/* "GPU is lost since 14:02:11 (3 h): it fell off the bus; ..." */
export function Problem({ gpu }: { gpu: Gpu }) {
	if (!gpu.problem) return null;
	const what = <b>{apart(shorten(gpu.problem, LONGEST_PROBLEM))}</b>;
	const since = gpu.problem_since;
	const meaning = problemMeaning(gpu.problem);
	return (
		<p class="problem">
			{since ? (
				<Say
					text="{what} since {time} ({age}): {meaning}"
					what={what}
					time={<Clock at={since} />}
					age={<Age of={since} />}
					meaning={meaning}
				/>
			) : (
				<Say text="{what}: {meaning}" what={what} meaning={meaning} />
			)}
		</p>
	);
}

/* Of a GPU that sleeps, or is broken in a way that leaves nothing to be read, a few words say it all. */
function isSilent(gpu: Gpu, use: Use): boolean {
	const readings = [gpu.utilization, gpu.memory_used, gpu.temperature, gpu.power];
	const nothing = readings.every((reading) => reading === null) && !gpu.processes?.length;
	return nothing && (use === 'broken' || use === 'asleep');
}

/* Which it is, and the way to all that is known of it: that stays the same from sample to sample. */
function Index({ row }: { row: Row }) {
	const { key, gpu } = row;
	const link = useMemo(
		() => (
			<PlaceLink to={{ open: openOf(row) }}>
				<span class="sr">{t('GPU')} </span>
				{String(gpu.index ?? NOT_KNOWN)}
			</PlaceLink>
		),
		[key, gpu.index],
	);
	return (
		<span class="index" title={[gpu.name, ...gpuFacts(gpu)].filter(Boolean).join('\n') || undefined}>
			{link}
		</span>
	);
}

export function GpuRow({ row }: { row: Row }) {
	const { gpu, use, ails } = row;
	const who = (
		<div class="who">
			<Who row={row} />
			{ails && use !== 'broken' && <Ails finding={ails} />}
		</div>
	);
	return (
		<li class={ails ? `gpu ${use} ailing` : `gpu ${use}`}>
			<Index row={row} />
			<Problem gpu={gpu} />
			{isSilent(gpu, use) ? (
				use === 'asleep' && who
			) : (
				<>
					<Utilization gpu={gpu} />
					<Memory of={gpu} />
					<Climate gpu={gpu} />
					{who}
					<Parts row={row} />
				</>
			)}
		</li>
	);
}
