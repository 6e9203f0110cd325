/* gpu: one GPU in one row, always the same five places: index, utilization, memory, temperature and power, who. */
import { CopyButton } from './copy';
import { bytes, bytesBeside, degrees, NOT_KNOWN, percent, watts } from './format';
import { memoryPercent, useOf, type Gpu, type Host, type Use } from './model';
import { isFresh } from './state';
import { ProcessLines } from './processes';
import { problemMeaning } from './words';

const NOT_TOLD = 'not told by the driver';
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

/* Who is on it, or that nobody is: in words, whatever the colours say. */
export function Who({ gpu, host, use }: { gpu: Gpu; host: Host; use: Use }) {
	const fresh = isFresh(host);
	if (use === 'free') {
		return fresh ? (
			<p class="free">
				<b>free</b>
				<SshLine host={host} />
			</p>
		) : (
			<p>was free</p>
		);
	}
	if (gpu.processes === null) return <p>processes not known</p>;
	if (gpu.processes.length === 0) {
		if (use === 'broken') return null;
		if (use === 'unknown') return <p>no process seen, memory not known</p>;
		return <p>no process seen {use === 'held' && <IdleTag />}</p>;
	}
	return <ProcessLines processes={gpu.processes}>{use === 'held' && <IdleTag />}</ProcessLines>;
}

function IdleTag() {
	return <span class="tag">idle now</span>;
}

/* "GPU is lost: it fell off the bus; ..." */
export function Problem({ problem }: { problem: string }) {
	return (
		<p class="problem">
			<b>{problem}</b>: {problemMeaning(problem)}
		</p>
	);
}

/* A broken GPU of which nothing else is known: its problem says it all. */
function isSilent(gpu: Gpu): boolean {
	const readings = [gpu.utilization, gpu.memory_used, gpu.temperature, gpu.power];
	return gpu.problem !== null && readings.every((reading) => reading === null) && !gpu.processes?.length;
}

export function GpuRow({ gpu, host }: { gpu: Gpu; host: Host }) {
	const use = useOf(gpu);
	const used = memoryPercent(gpu);
	const total = gpu.memory_total === null ? undefined : bytesBeside(gpu.memory_total, gpu.memory_used);
	return (
		<li class={`gpu ${use}`}>
			<span class="index" title={gpu.name ?? undefined}>
				<span class="sr">GPU </span>
				{String(gpu.index ?? NOT_KNOWN)}
			</span>
			{gpu.problem && <Problem problem={gpu.problem} />}
			{!isSilent(gpu) && (
				<>
					<Bar name="utilization" fill={gpu.utilization} text={percent(gpu.utilization)} />
					<Bar name="memory" fill={used} text={bytes(gpu.memory_used)} of={total} />
					<Climate gpu={gpu} />
					<div class="who">
						<Who gpu={gpu} host={host} use={use} />
					</div>
				</>
			)}
		</li>
	);
}
