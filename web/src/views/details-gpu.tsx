/* details-gpu: everything known of one GPU. */
import { bytes, bytesBeside, degrees, NOT_KNOWN, percent, watts } from '../format/format';
import { t } from '../format/language';
import { throttleWords } from '../format/words';
import { bySize, keysOf } from '../model/lists';
import { readyLine } from '../model/ready';
import { isOffered, type Row } from '../model/rows';
import { sortTroubles, troublesOfGpu } from '../model/troubles';
import type { Gpu, Part } from '../model/types';
import { hasMig, memoryPercent } from '../model/use';
import { CopyLine } from '../parts/copy';
import { PlaceLink } from '../parts/link';
import { openOf } from '../state/place';
import { columns, isFresh, type HostEntry } from '../state/state';
import { Copied, Facts, FullProcesses, Old, Section, told, WhatIsWrong, wordsOfUse } from './details-facts';
import { Since } from './details-host';
import { LastMinutes } from './details-recent';
import { Problem } from './gpu';

function memoryWords(of: Gpu | Part): string | null {
	const { memory_used: used, memory_total: total } = of;
	if (used === null) return total === null ? null : t('{total} in all, use not told', { total: bytes(total) });
	if (total === null) return bytes(used);
	return t('{used} of {total} ({percent})', {
		used: bytesBeside(used, total),
		total: bytes(total),
		percent: percent(memoryPercent(of)),
	});
}

function outOf(value: number | null | undefined, most: number | null | undefined): string | null {
	if (value == null) return null;
	return most == null ? String(value) : t('{value} of {most}', { value, most });
}

function throttle({ throttle: reasons }: Gpu): string | null {
	if (reasons == null) return null;
	return reasons.length > 0 ? reasons.map(throttleWords).join(', ') : t('nothing: it may run at full clock');
}

function Values({ row: { gpu, use, fresh } }: { row: Row }) {
	const power =
		gpu.power_limit === null
			? told(gpu.power, watts)
			: t('{power} of {limit}', { power: watts(gpu.power), limit: watts(gpu.power_limit) });
	const clocks = outOf(gpu.clock, gpu.clock_max);
	return (
		<Facts
			facts={[
				[t('Now'), wordsOfUse(use, fresh)],
				gpu.idle_since != null && [t('Idle since'), <Since at={gpu.idle_since} />],
				[
					t('Utilization'),
					gpu.utilization === null && hasMig(gpu) ? t('not told under MIG') : told(gpu.utilization, percent),
				],
				[t('Memory'), memoryWords(gpu)],
				[t('Temperature'), told(gpu.temperature, (value) => `${degrees(value)}C`)],
				[t('Power'), gpu.power === null ? null : power],
				[t('Fan'), told(gpu.fan, percent)],
				[t('Clock'), clocks && t('{clock} MHz', { clock: clocks })],
				[t('Clock held down by'), throttle(gpu)],
				[t('PCIe generation'), outOf(gpu.pcie_gen, gpu.pcie_gen_max)],
				[t('PCIe lanes'), outOf(gpu.pcie_width, gpu.pcie_width_max)],
				[t('Performance state'), gpu.pstate],
			]}
		/>
	);
}

function Health({ gpu }: { gpu: Gpu }) {
	return (
		<Facts
			facts={[
				[t('ECC errors, corrected'), told(gpu.ecc_corrected, String)],
				[t('ECC errors, uncorrected'), told(gpu.ecc_uncorrected, String)],
				[t('Memory rows to be remapped'), gpu.remap_pending],
				[t('Remapping failed'), gpu.remap_failure],
				[t('Memory pages to be retired'), gpu.retired_pending],
				[t('The driver asks for'), gpu.recovery_action],
				[t('Persistence mode'), gpu.persistence_mode],
				[t('Compute mode'), gpu.compute_mode],
				[t('MIG mode'), gpu.mig_mode],
			]}
		/>
	);
}

function Identity({ row: { gpu, host } }: { row: Row }) {
	return (
		<Facts
			facts={[
				[t('Model'), gpu.name],
				[t('Index'), told(gpu.index, String)],
				[t('UUID'), told(gpu.uuid, (uuid) => <Copied text={uuid} />)],
				[t('Bus'), told(gpu.bus_id, (bus) => <Copied text={bus} />)],
				[t('Driver'), host.driver],
			]}
		/>
	);
}

/* What a GPU with MIG on is cut into. A part's UUID is what CUDA_VISIBLE_DEVICES takes. */
function Parts({ parts, row }: { parts: readonly Part[]; row: Row }) {
	const keys = keysOf(parts.map((part) => part.uuid ?? part.index));
	return (
		<ul class="part-list">
			{parts.map((part, place) => {
				const use = row.parts[place]!;
				const people = [...new Set((part.processes ?? []).map(({ user }) => user ?? t('user not known')))];
				return (
					<li key={keys[place]}>
						<p class={row.fresh ? use : ''}>
							<b>{part.profile ?? t('part')}</b>
							<span class="use">
								<span class="mark" />
								{wordsOfUse(use, row.fresh)}
							</span>
							<span>{memoryWords(part) ?? t('memory not told')}</span>
							<span>{people.join(', ')}</span>
						</p>
						{part.uuid && (
							<p>
								<Copied text={part.uuid} />
							</p>
						)}
					</li>
				);
			})}
		</ul>
	);
}

/* The configured columns, as nvidia-smi printed them. */
function Cells({ gpu }: { gpu: Gpu }) {
	if (columns.value.length === 0) return null;
	return (
		<Section title={t('As nvidia-smi prints it')}>
			<Facts facts={columns.value.map(({ title, field }, place) => [title || field, gpu.cells?.[place] ?? null])} />
		</Section>
	);
}

function Processes({ row: { gpu, host } }: { row: Row }) {
	const { processes } = gpu;
	const why = gpu.process_problem ?? host.process_problem;
	if (processes === null || (processes.length === 0 && (gpu.problem || why != null)))
		return <p class="note">{why ?? t('The processes are not known.')}</p>;
	if (processes.length === 0) return <p class="note">{t('Nobody computes here.')}</p>;
	return <FullProcesses processes={bySize(processes)} />;
}

/* The GPUs of this host, to go from one to the next. */
function Siblings({ entry, row }: { entry: HostEntry; row: Row }) {
	return (
		<nav class="siblings" aria-label={t('GPUs of {host}', { host: entry.name })}>
			<PlaceLink to={{ open: { host: entry.name, gpu: null } }}>{t('all of {host}', { host: entry.name })}</PlaceLink>
			{entry.rows.value.map((other) => (
				<PlaceLink
					key={other.key}
					to={{ open: openOf(other) }}
					current={other.key === row.key}
					label={t('GPU {index}', { index: other.gpu.index ?? NOT_KNOWN })}
				>
					{String(other.gpu.index ?? NOT_KNOWN)}
				</PlaceLink>
			))}
		</nav>
	);
}

export function GpuDetails({ entry, row }: { entry: HostEntry; row: Row }) {
	const { gpu, host, use, fresh, ails } = row;
	const troubles = sortTroubles(troublesOfGpu(host, gpu.index, isFresh(host)));
	const line = isOffered(row) && readyLine(host, [gpu]);
	return (
		<div class={!fresh ? `${host.state} old` : ails && use !== 'broken' ? `${use} ailing` : use}>
			<h2 class="heading" tabIndex={-1}>
				<span class="mark" />
				<span class="name">{t('GPU {index} on {host}', { index: gpu.index ?? NOT_KNOWN, host: host.name })}</span>
				<span class="state">
					<b>{wordsOfUse(use, fresh)}</b>
				</span>
			</h2>
			<Siblings entry={entry} row={row} />
			<Old host={host} />
			<Problem gpu={gpu} />
			{line && <CopyLine text={line} />}
			<WhatIsWrong troubles={troubles} />
			<Section title={t('The last minutes')}>
				<LastMinutes entry={entry} row={row} />
			</Section>
			{gpu.mig && gpu.mig.length > 0 && (
				<Section title={t('Its parts')}>
					<Parts parts={gpu.mig} row={row} />
				</Section>
			)}
			<Section title={t('Processes')}>
				<Processes row={row} />
			</Section>
			<Section title={t('Values')}>
				<Values row={row} />
			</Section>
			<Section title={t('Health and modes')}>
				<Health gpu={gpu} />
			</Section>
			<Section title={t('About it')}>
				<Identity row={row} />
			</Section>
			<Cells gpu={gpu} />
		</div>
	);
}
