/* summary: six figures that answer before one reads; each leads to what it counts. */
import { computed } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { NOT_KNOWN, percent, watts } from '../format/format';
import { n, t } from '../format/language';
import { isFiltering, type Wanted } from '../model/filter';
import { PlaceLink } from '../parts/link';
import { Say } from '../parts/say';
import { Clock } from '../parts/times';
import { filter, view, wanted, type Place } from '../state/place';
import { answered, graveTroubles, heard, outdated, rule, shownEntries, summary } from '../state/state';

interface FigureProps {
	state?: string | false;
	value: number | string;
	title: string;
	more?: string | false | null;
	to?: Partial<Place>;
	current?: boolean;
	tip?: string;
	always?: boolean;
}

/* Of now, or of nothing: a figure of long ago is taken for one of now. `always`: also when no host answers. */
function Figure({ title, to, current, tip, always, ...of }: FigureProps) {
	const known = always ? !outdated.value : answered.value;
	const { state, value, more } = known ? of : { state: '', value: NOT_KNOWN, more: null };
	const inside = (
		<>
			<b>{String(value)}</b>
			<span>{title}</span>
			{more ? <i>{` · ${more}`}</i> : null}
		</>
	);
	return (
		<li class={state || ''} title={to ? undefined : tip}>
			{to ? (
				<PlaceLink to={to} current={current ?? false} title={tip}>
					{inside}
				</PlaceLink>
			) : (
				inside
			)}
		</li>
	);
}

/* Only these views show GPUs or hosts that a filter takes away. */
const isFiltered = computed(() => ['cards', 'table', 'map'].includes(view.value));

/* Where only those stand; once more, and all stand there again. */
function only(what: Wanted): { to: Partial<Place>; current: boolean } {
	const current = isFiltered.value && wanted.value === what;
	return { to: { wanted: current ? null : what, view: isFiltered.value ? view.value : 'cards' }, current };
}

/* What is called free, in words. */
export function freeRule(): string {
	const { memory_percent: memory, utilization_percent: utilization } = rule.value;
	return t('Free: no compute process, memory used under {memory} %, utilization under {utilization} %, data fresh', {
		memory,
		utilization,
	});
}

const list = (...parts: (string | false | null)[]) => parts.filter(Boolean).join(' · ');

function Figures() {
	const { uses, mostFree, meanUtilization, people, power } = summary.value;
	const { all: graves, hosts, errors } = graveTroubles.value;
	return (
		<ul class="summary" aria-label={t('In short')}>
			<Figure
				{...only('free')}
				state={uses.free > 0 && 'free'}
				value={uses.free}
				title={n(uses.free, 'GPU free', 'GPUs free')}
				more={mostFree && t('{n} on {host}', { n: mostFree.count, host: mostFree.name })}
				tip={freeRule()}
			/>
			<Figure
				{...only('busy')}
				value={uses.busy}
				title={t('busy')}
				more={meanUtilization !== null && t('{percent} mean', { percent: percent(meanUtilization) })}
				tip={t('In use; the mean is of their utilization')}
			/>
			<Figure
				{...only('held')}
				state={uses.held > 0 && 'held'}
				value={uses.held}
				title={t('held but idle')}
				tip={t('Somebody has it, and it does nothing now')}
			/>
			<Figure
				to={{ view: 'trouble' }}
				current={view.value === 'trouble'}
				state={graves > 0 && 'broken'}
				always
				value={graves}
				title={t('in trouble')}
				more={list(
					hosts > 0 && n(hosts, '{n} host', '{n} hosts'),
					errors > 0 && n(errors, '{n} error', '{n} errors'),
				)}
				tip={t('Hosts that do not answer, and errors')}
			/>
			<Figure
				to={{ view: 'people' }}
				current={view.value === 'people'}
				value={people}
				title={n(people, 'person active', 'people active')}
			/>
			<Figure value={watts(power)} title={t('drawn now')} tip={t('By all GPUs of the hosts that answer')} />
		</ul>
	);
}

/* How much of all that the filter lets through. The figures stay those of all. */
function Shown(): ComponentChildren {
	if (!isFiltered.value || !isFiltering(filter.value)) return null;
	const gpus = shownEntries.value.reduce((sum, { shown }) => sum + shown.value.length, 0);
	const hosts = n(shownEntries.value.length, '{n} host', '{n} hosts');
	return (
		<>
			<b>{n(gpus, 'shown: {n} GPU on {hosts}', 'shown: {n} GPUs on {hosts}', { hosts })}</b>
			{' · '}
		</>
	);
}

/* In the place of what would be said of now. */
export function NotKnown() {
	return <Say text="No word from the server since {time}: what is there now is not known." time={<Clock at={heard.value} />} />;
}

/* A quiet line below: what all of it is. */
function Whole() {
	const { hosts, hostsOk, hostsDown, hostsLate, all, gpus, uses, ailing, parts } = summary.value;
	const waiting = hosts - hostsOk - hostsDown - hostsLate;
	if (outdated.value)
		return (
			<p class="whole">
				<NotKnown />
			</p>
		);
	return (
		<p class="whole">
			<Shown />
			{list(
				n(hostsOk, '{n} host up', '{n} hosts up'),
				hostsDown > 0 && t('{n} down', { n: hostsDown }),
				hostsLate > 0 && t('{n} late', { n: hostsLate }),
				waiting > 0 && t('{n} waited for', { n: waiting }),
				gpus < all ? n(all, '{n} GPU, {ok} of them answering', '{n} GPUs, {ok} of them answering', { ok: gpus }) : n(gpus, '{n} GPU', '{n} GPUs'),
				parts > 0 && n(parts, '{n} free part of a GPU', '{n} free parts of GPUs'),
				uses.broken > 0 && t('{n} broken', { n: uses.broken }),
				ailing > 0 && t('{n} free but with an error', { n: ailing }),
				uses.asleep > 0 && t('{n} asleep', { n: uses.asleep }),
				uses.unknown > 0 && t('{n} not known', { n: uses.unknown }),
			)}
			{wanted.value === 'free' && ` · ${freeRule()}`}
		</p>
	);
}

export function SummaryLine() {
	return (
		<>
			<Figures />
			<Whole />
		</>
	);
}
