/* trouble: all that is wrong anywhere, in one list: what, where, since when, and what mends it. */
import { computed, untracked, useSignal } from '@preact/signals';
import { apart, shorten } from '../format/format';
import { findingTitle, findingWords } from '../format/kinds';
import { n, t } from '../format/language';
import { severityWord, troubleTitle } from '../format/words';
import { isFiltering, Sieve, wordsOf, type Filter } from '../model/filter';
import { gpuKeys, keysOf } from '../model/lists';
import {
	fitsWords,
	groupTroubles,
	keyOf,
	kindOf,
	remedyOf,
	SEVERITIES,
	severityOf,
	sortTroubles,
	type Severity,
	type Trouble,
	type TroubleGroup,
} from '../model/troubles';
import { Boundary } from '../parts/boundary';
import { CopyLine } from '../parts/copy';
import { Fold } from '../parts/fold';
import { PlaceLink } from '../parts/link';
import { Say } from '../parts/say';
import { Age, Clock, NextTry } from '../parts/times';
import { clearFilter, filter, type Open } from '../state/place';
import { entries, now, outdated, type HostEntry } from '../state/state';
import { Remedy } from './findings';

const LONGEST_MESSAGE = 400; // characters
const AT_ONCE = 50; // of a group's list
const NAMED = 6; // hosts, in the line of a group

/* The other filters let a host through or not; what its troubles say is searched for the words. */
function shown(all: readonly HostEntry[], filter: Filter): readonly HostEntry[] {
	const others = { ...filter, words: '', wanted: null };
	if (!isFiltering(others)) return all;
	const sieve = new Sieve(others);
	return all.filter(({ rows, host }) =>
		rows.value.length > 0 ? rows.value.some((row) => sieve.fits(row)) : sieve.fitsEmpty(host.value),
	);
}

/* Looked up once a second, not with each of a thousand hosts that changes: troubles do not come and go that fast. */
const groups = computed(() => {
	const asked = filter.value;
	const all = entries.value;
	void now.value;
	return untracked(() => {
		const words = wordsOf(asked.words);
		const troubles = shown(all, asked).flatMap((entry) => entry.troubles.value);
		return groupTroubles(sortTroubles(troubles.filter((trouble) => fitsWords(trouble, words))));
	});
});

function Mark({ severity, seen }: { severity: Severity; seen: boolean }) {
	return (
		<>
			<span class="mark" title={severityWord(severity)} />
			<span class={seen ? 'severity' : 'sr'}>{severityWord(severity)} </span>
		</>
	);
}

/* Where it is to be seen: at the GPU, where it is about one alone. */
function placeOf({ host, finding }: Trouble): Open {
	const gpu = finding?.gpu ?? null;
	if (gpu === null || !finding?.message.startsWith(`GPU ${gpu}:`)) return { host: host.name, gpu: null };
	const keys = gpuKeys(host.gpus);
	return { host: host.name, gpu: keys[host.gpus.findIndex(({ index }) => index === gpu)] ?? null };
}

function what({ error, finding }: Trouble): string {
	return error ? troubleTitle(error.kind) : findingWords(finding);
}

/* "since 14:02:11 (3 min) · next try in 8 s" */
function When({ since, next }: { since: number | null; next: number | null | undefined }) {
	return (
		<small>
			{since !== null && <Say text="since {clock} ({age})" clock={<Clock at={since} />} age={<Age of={since} />} />}
			{since !== null && next != null && ' · '}
			{next != null && <NextTry at={next} />}
		</small>
	);
}

/* A host's hint is a command as a rule; what mends a finding is said in words, with commands between backticks. */
function Mend({ trouble }: { trouble: Trouble }) {
	const remedy = remedyOf(trouble);
	if (!remedy) return null;
	return trouble.error && !remedy.includes('`') ? <CopyLine text={remedy} /> : <Remedy text={remedy} />;
}

const lookOf = (severity: Severity) => (severity === 'late' ? 'warning' : severity);

interface ItemProps {
	trouble: Trouble;
	here?: boolean; // it stands among all of its host's, so its host need not be named, and its severity must
	mended?: boolean; // its remedy stands elsewhere
}

export function TroubleItem(props: ItemProps) {
	const { name } = props.trouble.host;
	return (
		<Boundary name={name} version={props.trouble} instead={<li class="finding">{name}</li>}>
			<Item {...props} />
		</Boundary>
	);
}

function Item({ trouble, here, mended }: ItemProps) {
	const { host, since, error } = trouble;
	const severity = severityOf(trouble);
	return (
		<li class="finding" data-severity={lookOf(severity)}>
			<p>
				<Mark severity={severity} seen={here === true} />
				<span class="message">
					{!here && (
						<PlaceLink class="where" to={{ open: placeOf(trouble) }}>
							{host.name}
						</PlaceLink>
					)}{' '}
					{apart(shorten(what(trouble), LONGEST_MESSAGE))} <When since={since} next={error?.next_try} />
				</span>
			</p>
			{error?.message && <p class="said">{apart(shorten(error.message, LONGEST_MESSAGE))}</p>}
			{!mended && <Mend trouble={trouble} />}
		</li>
	);
}

/* A piece of a long list; the rest on demand. */
function Many({ troubles, mended }: { troubles: readonly Trouble[]; mended: boolean }) {
	const most = useSignal(AT_ONCE);
	const left = troubles.length - most.value;
	const keys = keysOf(troubles.map(keyOf));
	return (
		<>
			<ul>
				{troubles.slice(0, most.value).map((trouble, place) => (
					<TroubleItem key={keys[place]} trouble={trouble} mended={mended} />
				))}
			</ul>
			{left > 0 && (
				<button type="button" class="copy" onClick={() => (most.value += 4 * AT_ONCE)}>
					{n(left, 'show {n} more', 'show {n} more')}
				</button>
			)}
		</>
	);
}

/* "node1, node2, node3 and 37 more" */
function names(group: TroubleGroup): string {
	const all = [...new Set(group.troubles.map(({ host }) => host.name))];
	const first = all.slice(0, NAMED).join(', ');
	return all.length > NAMED ? t('{names} and {n} more', { names: first, n: all.length - NAMED }) : first;
}

/* What many hosts have is said once, and opens to the list. */
function Group({ group }: { group: TroubleGroup }) {
	const { severity, troubles, hosts, remedy, since } = group;
	const [first] = troubles;
	const title = first.error ? what(first) : findingTitle(kindOf(first));
	return (
		<li class="finding group" data-severity={lookOf(severity)}>
			<p>
				<Mark severity={severity} seen={false} />
				<span class="message">
					<Say text="{what}: on {hosts}" what={<b>{title}</b>} hosts={n(hosts, '{n} host', '{n} hosts')} />{' '}
					<When since={since} next={null} />
				</span>
			</p>
			{remedy && <Mend trouble={first} />}
			<Fold class="more" line={names(group)}>
				{() => <Many troubles={troubles} mended={remedy !== null} />}
			</Fold>
		</li>
	);
}

function Items({ of }: { of: readonly TroubleGroup[] }) {
	return (
		<ul>
			{of.map((group) =>
				group.hosts > 1 ? (
					<Group key={group.key} group={group} />
				) : (
					<TroubleItem key={group.key} trouble={group.troubles[0]} />
				),
			)}
		</ul>
	);
}

function title(severity: Severity, count: number): string {
	const titles = {
		away: n(count, '{n} host does not answer', '{n} hosts do not answer'),
		error: n(count, '{n} error', '{n} errors'),
		late: n(count, '{n} host is late', '{n} hosts are late'),
		warning: n(count, '{n} warning', '{n} warnings'),
		note: n(count, '{n} note', '{n} notes'),
	};
	return titles[severity];
}

function Severe({ severity, of }: { severity: Severity; of: readonly TroubleGroup[] }) {
	if (of.length === 0) return null;
	const heading = title(
		severity,
		of.reduce((sum, group) => sum + group.troubles.length, 0),
	);
	return (
		<section class="trouble-list">
			{severity === 'note' ? (
				<Fold class="notes" line={heading}>
					{() => <Items of={of} />}
				</Fold>
			) : (
				<>
					<h2>{heading}</h2>
					<Items of={of} />
				</>
			)}
		</section>
	);
}

function AllWell() {
	const hosts = entries.value.map((entry) => entry.host.peek()); // as of the groups
	const gpus = hosts.reduce((sum, host) => sum + host.gpus.length, 0);
	const waiting = hosts.filter(({ state }) => state === 'connecting').length;
	if (isFiltering({ ...filter.value, wanted: null }))
		return (
			<div class="well">
				<h2>{t('Nothing is wrong with what you are looking for')}</h2>
				<button type="button" class="copy" onClick={clearFilter}>
					{t('look everywhere')}
				</button>
			</div>
		);
	return (
		<div class="well">
			<span class="mark" />
			<h2>{hosts.length > waiting ? t('Nothing is wrong') : t('Nothing is known yet')}</h2>
			<p>
				{hosts.length > waiting &&
					t('{hosts} and {gpus} are well. Go and get a coffee.', {
						hosts: n(hosts.length - waiting, '{n} host', '{n} hosts'),
						gpus: n(gpus, '{n} GPU', '{n} GPUs'),
					})}
			</p>
			{waiting > 0 && <p>{n(waiting, '{n} host is still being asked.', '{n} hosts are still being asked.')}</p>}
		</div>
	);
}

export function Troubles() {
	const all = groups.value;
	return (
		<div class="trouble-view">
			{outdated.value && (
				<p class="note">{t('There is no word from the server: this is what was wrong when there was.')}</p>
			)}
			{all.length === 0 && entries.value.length > 0 && <AllWell />}
			{SEVERITIES.map((severity) => (
				<Severe key={severity} severity={severity} of={all.filter((group) => group.severity === severity)} />
			))}
		</div>
	);
}
