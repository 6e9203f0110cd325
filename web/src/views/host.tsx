/* host: one host's panel: who it is, how it is, and its GPUs. */
import { About } from './about';
import { CopyLine } from '../parts/copy';
import { Findings } from './findings';
import { apart, plural, shorten } from '../format/format';
import { GpuRow } from './gpu';
import { keysOf, modelsOf } from '../model/lists';
import type { Host } from '../model/types';
import { useOf, type Use } from '../model/use';
import { isFresh, outdated } from '../state/state';
import { Age, Clock, NextTry } from '../parts/times';
import { troubleTitle } from '../format/words';

const LONGEST_MESSAGE = 600; // characters; the server lets 4 KiB through

function Label({ host }: { host: Host }) {
	const parts = [host.address !== host.name && host.address, host.kvm && `KVM ${host.kvm}`, host.people, host.comment];
	return <small class="label">{parts.filter(Boolean).join(' · ')}</small>;
}

function countOf(host: Host, use: Use): number {
	return host.gpus.filter((gpu) => useOf(gpu, host) === use).length;
}

/* "· 2 free · 1 in trouble": of a host whose values are fresh. */
function Counts({ host }: { host: Host }) {
	const free = countOf(host, 'free');
	const asleep = countOf(host, 'asleep');
	const broken = countOf(host, 'broken');
	return (
		<>
			{free > 0 && <b class="free">{` · ${free} free`}</b>}
			{asleep > 0 && ` · ${asleep} asleep`}
			{broken > 0 && <b class="broken">{` · ${broken} in trouble`}</b>}
		</>
	);
}

function LastData({ host }: { host: Host }) {
	if (!host.sampled) return <> · no data yet</>;
	return (
		<>
			{' · last data '}
			<Clock at={host.sampled} />
		</>
	);
}

/* The state in words, at the right of the heading. */
function State({ host }: { host: Host }) {
	const words = { ok: 'ok', stale: 'late', error: 'in trouble', connecting: 'connecting …' }[host.state] ?? host.state;
	return (
		<span class="state">
			<b>{words}</b>
			{isFresh(host) && <Counts host={host} />}
			{host.state !== 'ok' && host.state !== 'connecting' && <LastData host={host} />}
		</span>
	);
}

/* Why there is nothing new: the cause in plain words, since when, the next try, and the line that mends it. */
function Trouble({ host }: { host: Host }) {
	const { error } = host;
	if (!error) return null;
	return (
		<div class="trouble">
			<p>
				<b>{troubleTitle(error.kind)}</b>
				{error.since ? (
					<>
						{' '}
						since <Clock at={error.since} />
					</>
				) : null}
				<small>
					{error.next_try ? (
						<>
							{' '}
							· <NextTry at={error.next_try} />
						</>
					) : null}
				</small>
			</p>
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
		if (host.state === 'connecting')
			return (
				<p class="note">
					Waiting for the first sample
					{host.since ? (
						<>
							{' '}
							for <Age of={host.since} />
						</>
					) : null}
					.
				</p>
			);
		return host.state === 'ok' ? <p class="note">It answers, and lists no GPU.</p> : null;
	}
	if (isFresh(host) || !host.sampled) return null;
	return (
		<p class="note">
			{outdated.value && 'No word from the server. '}Last values, <Age of={host.sampled} /> old
		</p>
	);
}

function isFound(host: Host, kind: string): boolean {
	return host.findings?.some((finding) => finding.kind === kind) ?? false;
}

/* What is missing from the picture, where no finding says it. */
function Gaps({ host }: { host: Host }) {
	const { process_problem: problem, left_out: out } = host;
	const parts = out
		? [out.gpus > 0 && plural(out.gpus, 'GPU'), out.processes > 0 && plural(out.processes, 'process', 'processes')]
		: [];
	const left = parts.filter(Boolean).join(' and ');
	return (
		<>
			{problem != null && !isFound(host, 'processes-unknown') && (
				<p class="note gap">
					Not all processes are known, so a GPU may be in use that seems idle: {apart(shorten(problem, LONGEST_MESSAGE))}
				</p>
			)}
			{left !== '' && !isFound(host, 'left-out') && <p class="note">{`Not shown: ${left}, more than one host may have here.`}</p>}
		</>
	);
}

function Models({ host }: { host: Host }) {
	if (host.gpus.length === 0) return null;
	const models = modelsOf(host.gpus).map(({ name, count }) => `${count} × ${name}`);
	return <p class="models">{[...models, host.driver && `driver ${host.driver}`].filter(Boolean).join(' · ')}</p>;
}

function Gpus({ host }: { host: Host }) {
	if (host.gpus.length === 0) return null;
	const keys = keysOf(host.gpus.map((gpu) => gpu.uuid ?? gpu.bus_id ?? gpu.index));
	return (
		<ul class="gpus" aria-label={plural(host.gpus.length, 'GPU')}>
			{host.gpus.map((gpu, place) => (
				<GpuRow key={keys[place]} gpu={gpu} host={host} />
			))}
		</ul>
	);
}

/* What the style sheet makes of it: `old` greys the values, `ailing` changes the mark. */
function classOf(host: Host): string {
	if (!isFresh(host)) return `host ${host.state} old`;
	const ails = countOf(host, 'broken') > 0 || host.findings?.some(({ severity }) => severity === 'error');
	return ails ? 'host ok ailing' : 'host ok';
}

export function HostPanel({ host }: { host: Host }) {
	return (
		<section class={classOf(host)} aria-label={host.name}>
			<h2 class="heading">
				<span class="mark" />
				<span class="name">{host.name}</span>
				<Label host={host} />
				<State host={host} />
			</h2>
			<Trouble host={host} />
			<Note host={host} />
			<Findings host={host} />
			<Gaps host={host} />
			<Models host={host} />
			<About host={host} />
			<Gpus host={host} />
		</section>
	);
}
