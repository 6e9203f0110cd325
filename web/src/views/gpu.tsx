/* gpu: one GPU in one row, always the same five places: index, utilization, memory, temperature and power, who. */
import { CopyButton } from '../parts/copy';
import { gpuFacts } from '../format/facts';
import { apart, bytes, bytesBeside, degrees, NOT_KNOWN, percent, plural, shorten, watts } from '../format/format';
import { keysOf } from '../model/lists';
import type { Gpu, Host, Part } from '../model/types';
import { hasMig, memoryPercent, useOf, useOfPart, type Use } from '../model/use';
import { isFresh } from '../state/state';
import { ProcessLines } from './processes';
import { Age, Clock } from '../parts/times';
import { problemMeaning } from '../format/words';

const NOT_TOLD = 'not told by the driver';
const LONGEST_PROBLEM = 200; // characters
const HOT = 85; // degrees Celsius: where most GPUs begin to slow down

/* `fill` null: not known, so the bar stays empty and says so. */
function Bar({ name, fill, text, of }: { name: string; fill: number | null; text: string; of?: string | undefined }) {
	return (
		<span class="bar" title={text === NOT_KNOWN ? `${name}: ${NOT_TOLD}` : name}>
			<i style={{ width: `${fill ?? 0}%` }} />
			<span class="sr">{name} </span>
			<span class="amount">{text}</span>
			{of && (
				<span class="of">
					<span class="sr"> of </span>
					{of}
				</span>
			)}
		</span>
	);
}

function Memory({ of }: { of: Gpu | Part }) {
	const total = of.memory_total === null ? undefined : bytesBeside(of.memory_total, of.memory_used);
	return <Bar name="memory" fill={memoryPercent(of)} text={bytes(of.memory_used)} of={total} />;
}

function Utilization({ gpu }: { gpu: Gpu }) {
	if (gpu.utilization !== null || !hasMig(gpu))
		return <Bar name="utilization" fill={gpu.utilization} text={percent(gpu.utilization)} />;
	return (
		<span class="untold">
			<span class="sr">utilization </span>not told under MIG
		</span>
	);
}

function Climate({ gpu }: { gpu: Gpu }) {
	const hot = gpu.temperature !== null && gpu.temperature >= HOT;
	const limit = gpu.power_limit === null ? '' : `, limit ${watts(gpu.power_limit)}`;
	return (
		<span class="climate">
			<span class={hot ? 'hot' : ''} title={gpu.temperature === null ? `temperature: ${NOT_TOLD}` : hot ? 'hot' : 'temperature'}>
				{hot && '▲ '}
				{degrees(gpu.temperature)}
			</span>{' '}
			<span title={gpu.power === null ? `power: ${NOT_TOLD}` : `power${limit}`}>{watts(gpu.power)}</span>
		</span>
	);
}

/* Only where the address is one that a shell takes as one plain word. */
function SshLine({ host }: { host: Host }) {
	if (!/^[A-Za-z0-9_][A-Za-z0-9_.:@-]*$/.test(host.address) || host.address === 'localhost') return null;
	return <CopyButton text={`ssh ${host.address}`} label="copy ssh line" />;
}

/* "cut into 7 parts, 2 free" */
function Cut({ gpu, host }: { gpu: Gpu; host: Host }) {
	const { mig: parts } = gpu;
	if (!parts) return <>MIG is on, and its parts are not told</>;
	if (parts.length === 0) return <>MIG is on, and no part is made</>;
	const free = isFresh(host) ? parts.filter((part) => useOfPart(part, gpu) === 'free').length : 0;
	return <>{`cut into ${plural(parts.length, 'part')}${free > 0 ? `, ${free === parts.length ? 'all' : free} free` : ''}`}</>;
}

/* Where all of the host are concerned, a line above its GPUs says why. */
function NotKnown({ gpu, host }: { gpu: Gpu; host: Host }) {
	const { process_problem: own } = gpu;
	if (!own) return <p title={host.process_problem ?? undefined}>processes not known</p>;
	return <p>processes not known: {apart(shorten(own, LONGEST_PROBLEM))}</p>;
}

/* Who is on it, or that nobody is: in words, whatever the colours say. */
export function Who({ gpu, host, use }: { gpu: Gpu; host: Host; use: Use }) {
	const fresh = isFresh(host);
	const processes = gpu.processes?.filter((process) => !gpu.mig?.[process.mig ?? -1]); // the others stand at their part

	if (use === 'asleep') return <p>{fresh ? 'asleep: the kernel has suspended it' : 'was asleep'}</p>;
	if (use === 'free') {
		return fresh ? (
			<p class="free">
				<span>
					<b>free</b>
					{hasMig(gpu) && (
						<>
							{' · '}
							<Cut gpu={gpu} host={host} />
						</>
					)}
				</span>
				<SshLine host={host} />
			</p>
		) : (
			<p>was free</p>
		);
	}
	if (!processes) return <NotKnown gpu={gpu} host={host} />;
	if (processes.length > 0) return <ProcessLines processes={processes}>{use === 'held' && <IdleTag />}</ProcessLines>;
	if (use === 'broken') return null;
	if (hasMig(gpu))
		return (
			<p>
				<Cut gpu={gpu} host={host} />
			</p>
		);
	if (use === 'unknown') return <p>no process seen, memory not known</p>;
	return <p>no process seen {use === 'held' && <IdleTag />}</p>;
}

function WhoOnPart({ part, host, use }: { part: Part; host: Host; use: Use }) {
	if (part.processes?.length) return <ProcessLines processes={part.processes} />;
	if (use === 'free') return isFresh(host) ? <b class="free">free</b> : <>was free</>;
	if (part.processes === null) return <>processes not known</>;
	return <>{use === 'unknown' ? 'no process seen, memory not known' : 'no process seen'}</>;
}

/* What a GPU with MIG on is cut into. */
export function Parts({ gpu, host }: { gpu: Gpu; host: Host }) {
	if (!gpu.mig?.length) return null;
	const keys = keysOf(gpu.mig.map((part) => part.uuid ?? part.index));
	return (
		<ul class="parts" aria-label={`Parts of GPU ${gpu.index ?? NOT_KNOWN}`}>
			{gpu.mig.map((part, place) => {
				const use = useOfPart(part, gpu);
				return (
					<li key={keys[place]} class={`part ${use}`}>
						<span class="profile" title={[part.profile, part.uuid].filter(Boolean).join('\n')}>
							{part.profile ?? 'part'}
						</span>
						<Memory of={part} />
						<span class="device">{part.index !== null && `MIG ${part.index}`}</span>
						<div class="who">
							<WhoOnPart part={part} host={host} use={use} />
						</div>
					</li>
				);
			})}
		</ul>
	);
}

function IdleTag() {
	return <span class="tag">idle now</span>;
}

/* "GPU is lost since 14:02:11 (3 h): it fell off the bus; ..." */
export function Problem({ gpu }: { gpu: Gpu }) {
	if (!gpu.problem) return null;
	return (
		<p class="problem">
			<b>{apart(shorten(gpu.problem, LONGEST_PROBLEM))}</b>
			{gpu.problem_since ? (
				<>
					{' since '}
					<Clock at={gpu.problem_since} />
					{' ('}
					<Age of={gpu.problem_since} />
					{')'}
				</>
			) : null}
			: {problemMeaning(gpu.problem)}
		</p>
	);
}

/* Of a GPU that sleeps, or is broken in a way that leaves nothing to be read, a few words say it all. */
function isSilent(gpu: Gpu, use: Use): boolean {
	const readings = [gpu.utilization, gpu.memory_used, gpu.temperature, gpu.power];
	const nothing = readings.every((reading) => reading === null) && !gpu.processes?.length;
	return nothing && (use === 'broken' || use === 'asleep');
}

export function GpuRow({ gpu, host }: { gpu: Gpu; host: Host }) {
	const use = useOf(gpu, host);
	const who = (
		<div class="who">
			<Who gpu={gpu} host={host} use={use} />
		</div>
	);
	return (
		<li class={`gpu ${use}`}>
			<span class="index" title={[gpu.name, ...gpuFacts(gpu)].filter(Boolean).join('\n') || undefined}>
				<span class="sr">GPU </span>
				{String(gpu.index ?? NOT_KNOWN)}
			</span>
			<Problem gpu={gpu} />
			{isSilent(gpu, use) ? (
				use === 'asleep' && who
			) : (
				<>
					<Utilization gpu={gpu} />
					<Memory of={gpu} />
					<Climate gpu={gpu} />
					{who}
					<Parts gpu={gpu} host={host} />
				</>
			)}
		</li>
	);
}
