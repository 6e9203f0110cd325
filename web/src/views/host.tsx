/* host: one host's panel: who it is, how it is, and its GPUs. */
import type { ReadonlySignal } from '@preact/signals';
import { Fragment, type ComponentChild } from 'preact';
import { useMemo } from 'preact/hooks';
import { About } from './about';
import { CopyButton, CopyLine } from '../parts/copy';
import { Findings } from './findings';
import { apart, bytes, bytesBeside, shorten } from '../format/format';
import { n, t } from '../format/language';
import { GpuRow } from './gpu';
import { PlaceLink } from '../parts/link';
import { Say } from '../parts/say';
import { foldFindings } from '../model/findings';
import { hasMig } from '../model/use';
import { readyLine } from '../model/ready';
import { isOffered, type Row } from '../model/rows';
import type { Host, Machine } from '../model/types';
import { isFresh, outdated, type HostEntry } from '../state/state';
import { Age, Clock, NextTry } from '../parts/times';
import { troubleTitle } from '../format/words';

const LONGEST_MESSAGE = 600; // characters; the server lets 4 KiB through

function Label({ host }: { host: Host }) {
	const { name, address, group, people, kvm, comment } = host;
	const parts = [group, people, kvm && t('KVM {name}', { name: kvm }), address !== name && address, comment];
	return <small class="label">{parts.filter(Boolean).join(' · ')}</small>;
}

function Name({ name }: { name: string }) {
	return useMemo(
		() => (
			<PlaceLink class="name" to={{ open: { host: name, gpu: null } }}>
				{name}
			</PlaceLink>
		),
		[name],
	);
}

/* "load 12 / 96", "214 of 512 GiB" */
function loadOf({ load, cpus, memory_total: total, memory_available: available }: Machine): string[] {
	const now = load?.[0] ?? null;
	const parts = [];
	if (now !== null) parts.push(t('load {load}', { load: `${Math.round(now)}${cpus ? ` / ${cpus}` : ''}` }));
	if (total !== null && available !== null) {
		const used = bytesBeside(Math.max(0, total - available), total);
		parts.push(t('{used} of {total}', { used, total: bytes(total) }));
	}
	return parts;
}

/* Of a host whose values are fresh: what is not well with it, else how busy it is. */
function howItIs(host: Host, rows: readonly Row[]): ComponentChild[] {
	const broken = rows.filter(({ use }) => use === 'broken').length;
	const found = foldFindings(host.findings ?? []).length;
	return [
		broken > 0 && <b class="broken">{n(broken, '{n} GPU in trouble', '{n} GPUs in trouble')}</b>,
		found > 0 && n(found, '{n} finding', '{n} findings'),
		...(broken === 0 && host.machine ? loadOf(host.machine) : []),
	];
}

/* Of one that is late or fails. */
function whatThereIs({ sampled, error }: Host): ComponentChild[] {
	return [
		sampled ? <Say text="last data {time}" time={<Clock at={sampled} />} /> : t('no data yet'),
		error?.next_try != null && <NextTry at={error.next_try} />,
	];
}

export function stateWord(host: Host): string {
	if (host.state === 'ok') return isFresh(host) ? t('ok') : t('not fresh');
	return { stale: t('late'), error: t('in trouble'), connecting: t('connecting …') }[host.state] ?? host.state;
}

/* The state in words, at the right of the heading. That it is well one sees. */
function State({ host, rows }: { host: Host; rows: readonly Row[] }) {
	const fresh = isFresh(host);
	const parts = fresh ? howItIs(host, rows) : host.state === 'connecting' ? [] : whatThereIs(host);
	return (
		<span class="state">
			<b class={fresh ? 'sr' : ''}>{stateWord(host)}</b>
			{parts.filter(Boolean).map((part, place) => (
				<Fragment key={place}>
					<span class={fresh && place === 0 ? 'sr' : ''}>{' · '}</span>
					{part}
				</Fragment>
			))}
		</span>
	);
}

/* Why there is nothing new: the cause in plain words, since when, and the line that mends it. */
function Trouble({ host }: { host: Host }) {
	const { error } = host;
	if (!error) return null;
	const title = <b>{troubleTitle(error.kind)}</b>;
	return (
		<div class="trouble">
			<p>{error.since ? <Say text="{what} since {time}" what={title} time={<Clock at={error.since} />} /> : title}</p>
			{error.message && (
				<p class="message" title={shorten(error.message, 4 * LONGEST_MESSAGE)}>
					{shorten(error.message, LONGEST_MESSAGE)}
				</p>
			)}
			{error.hint && <CopyLine text={error.hint} />}
		</div>
	);
}

/* One line over values that are not fresh, or that are not there. */
function Note({ host }: { host: Host }) {
	if (host.gpus.length === 0) {
		if (host.state === 'ok') return <p class="note">{t('It answers, and lists no GPU.')}</p>;
		if (host.state !== 'connecting') return null;
		if (!host.since) return <p class="note">{t('Waiting for the first sample.')}</p>;
		return (
			<p class="note">
				<Say text="Waiting for the first sample for {age}." age={<Age of={host.since} />} />
			</p>
		);
	}
	if (isFresh(host) || !host.sampled) return null;
	return (
		<p class="note">
			{outdated.value && `${t('No word from the server.')} `}
			<Say text="Last values, {age} old" age={<Age of={host.sampled} />} />
		</p>
	);
}

function isFound(host: Host, kind: string): boolean {
	return host.findings?.some((finding) => finding.kind === kind) ?? false;
}

/* "2 GPUs and 1 process" */
function whatIsLeftOut({ left_out: out }: Host): string {
	if (!out) return '';
	const gpus = out.gpus > 0 && n(out.gpus, '{n} GPU', '{n} GPUs');
	const processes = out.processes > 0 && n(out.processes, '{n} process', '{n} processes');
	return gpus && processes ? t('{one} and {other}', { one: gpus, other: processes }) : gpus || processes || '';
}

/* What is missing from the picture, where no finding says it. */
function Gaps({ host }: { host: Host }) {
	const { process_problem: problem } = host;
	const out = whatIsLeftOut(host);
	return (
		<>
			{problem != null && !isFound(host, 'processes-unknown') && (
				<p class="note gap">
					{t('Not all processes are known, so a GPU may be in use that seems idle: {why}', {
						why: apart(shorten(problem, LONGEST_MESSAGE)),
					})}
				</p>
			)}
			{out !== '' && !isFound(host, 'left-out') && (
				<p class="note">{t('Not shown: {what}, more than one host may have here.', { what: out })}</p>
			)}
		</>
	);
}

/* One line that leads to all of its free GPUs; where there is one alone, its row has it. */
function CopyFree({ host, rows }: { host: Host; rows: readonly Row[] }) {
	const free = rows.filter((row) => isOffered(row) && !hasMig(row.gpu)).map(({ gpu }) => gpu);
	const line = free.length > 1 && readyLine(host, free);
	return line ? <CopyButton text={line} label={t('copy {n} free', { n: free.length })} /> : null;
}

function Gpus({ host, shown }: { host: Host; shown: readonly Row[] }) {
	if (host.gpus.length === 0) return null;
	const rest = host.gpus.length - shown.length;
	return (
		<>
			<ul class="gpus" aria-label={n(shown.length, '{n} GPU', '{n} GPUs')}>
				{shown.map((row) => (
					<GpuRow key={row.key} row={row} />
				))}
			</ul>
			{rest > 0 && (
				<p class="note rest">
					{n(host.gpus.length, '{shown} of {n} GPU shown', '{shown} of {n} GPUs shown', { shown: shown.length })}
				</p>
			)}
		</>
	);
}

/* What the style sheet makes of it: `old` greys the values, `ailing` changes the mark. */
function classOf(host: Host, rows: readonly Row[]): string {
	if (!isFresh(host)) return `host ${host.state} old`;
	const ails = rows.some(({ use }) => use === 'broken') || host.findings?.some(({ severity }) => severity === 'error');
	return ails ? 'host ok ailing' : 'host ok';
}

/* `shown`: those of its GPUs that the filter lets through. */
export function HostPanel({ entry, shown: { value: shown } }: { entry: HostEntry; shown: ReadonlySignal<Row[]> }) {
	const host = entry.host.value;
	const rows = entry.rows.value;
	if (rows.length !== host.gpus.length) throw new Error('its GPUs make no sense');
	return (
		<section class={classOf(host, rows)} aria-label={host.name}>
			<h2 class="heading">
				<span class="mark" />
				<Name name={host.name} />
				<Label host={host} />
				<State host={host} rows={rows} />
			</h2>
			<Trouble host={host} />
			<Note host={host} />
			<Findings host={host} />
			<Gaps host={host} />
			<div class="kinds">
				<About host={host} />
				<CopyFree host={host} rows={shown} />
			</div>
			<Gpus host={host} shown={shown} />
		</section>
	);
}
