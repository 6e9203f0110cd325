/* people: who uses what now. */
import { useSignal } from '@preact/signals';
import { bytes, duration, NOT_KNOWN, percent } from '../format/format';
import { n, t } from '../format/language';
import { isFiltering } from '../model/filter';
import { peopleOf, sortPeople, type Person } from '../model/people';
import { PlaceLink } from '../parts/link';
import { Say } from '../parts/say';
import { Age } from '../parts/times';
import { clearFilter, filter, go, sort } from '../state/place';
import { answered, entries, eachSecond, outdated, shownRows, summary } from '../state/state';
import { NotKnown } from './summary';

const people = eachSecond(() => peopleOf(shownRows.value), filter);

/* Its word for the address, its heading, and what it means. */
const COLUMNS: [word: string, title: () => string, meaning: () => string][] = [
	['person', () => t('Person'), () => t('Whose processes they are, as far as the host tells')],
	['gpus', () => t('GPUs'), () => t('Of all GPUs; one that two people share counts for both')],
	['idle', () => t('held idle'), () => t('GPUs that do nothing now')],
	['busy', () => t('busy|how much'), () => t('The mean utilization of their GPUs')],
	['memory', () => t('Memory'), () => t('Of the GPUs, taken by their processes')],
	['longest', () => t('longest'), () => t('The process that has run for the longest')],
	['processes', () => t('processes'), () => t('A process on several GPUs is one')],
];

function Heading({ word, title, meaning }: { word: string; title: string; meaning: string }) {
	const current = sort.value ?? 'gpus';
	const on = current.replace(/^-/, '') === word;
	const natural = on && !current.startsWith('-');
	// Numbers come with the largest first, names with the first.
	const falls = (word === 'person') !== natural;
	return (
		<th scope="col" class={word} aria-sort={on ? (falls ? 'descending' : 'ascending') : undefined}>
			<button type="button" title={meaning} onClick={() => go({ sort: natural ? `-${word}` : word === 'gpus' ? null : word })}>
				{title}
				<span aria-hidden="true">{on && (falls ? '\u00a0↓' : '\u00a0↑')}</span>
			</button>
		</th>
	);
}

/* Of all GPUs that answer: what works, and after it what only is held. */
function Share({ person: { gpus, held }, all }: { person: Person; all: number }) {
	const part = (count: number) => `${all > 0 ? Math.min(100, (100 * count) / all) : 0}%`;
	return (
		<span class="share" title={t('{n} of {all} GPUs', { n: gpus, all })}>
			<b>{String(gpus)}</b>
			<span class="bar">
				<i style={{ width: part(gpus - held) }} />
				<i class="idle" style={{ left: part(gpus - held), width: part(held) }} />
				<span class="of">{percent((100 * gpus) / Math.max(1, all))}</span>
			</span>
		</span>
	);
}

function Busy({ share }: { share: number | null }) {
	return (
		<span class="bar" title={share === null ? t('not told by the driver') : undefined}>
			<i style={{ width: `${Math.min(100, share ?? 0)}%` }} />
			<span class="amount">{percent(share)}</span>
		</span>
	);
}

function Held({ person: { held, idleSince } }: { person: Person }) {
	if (held === 0) return <span class="none">0</span>;
	return (
		<span class="tag">
			{String(held)}
			{idleSince !== null && (
				<>
					{' · '}
					<Say text="for {age}" age={<Age of={idleSince} />} />
				</>
			)}
		</span>
	);
}

const SOME = 4;

function Hosts({ names }: { names: string[] }) {
	return (
		<small class="at">
			{names.slice(0, SOME).map((name) => (
				<PlaceLink key={name} to={{ open: { host: name, gpu: null } }}>
					<bdi>{name}</bdi>
				</PlaceLink>
			))}
			{names.length > SOME && <span title={names.slice(SOME).join(', ')}>{t('{n} more', { n: names.length - SOME })}</span>}
		</small>
	);
}

function Who({ person: { user, inferred } }: { person: Person }) {
	if (user === null)
		return (
			<span class="nobody" title={t('Processes that have ended meanwhile, that the host does not let us see, or in containers that do not tell')}>
				{t('not known')}
			</span>
		);
	return (
		<>
			<PlaceLink to={{ view: 'cards', user }} title={t('Show only what this person has')}>
				<bdi>{user}</bdi>
			</PlaceLink>
			{inferred && <small title={t('None of the processes belongs to the account of this name; the person was concluded')}>{t('concluded')}</small>}
		</>
	);
}

function PersonRow({ person, all }: { person: Person; all: number }) {
	return (
		<tr>
			<th scope="row" class="person">
				<Who person={person} />
				<Hosts names={person.hosts} />
			</th>
			<td class="gpus">
				<Share person={person} all={all} />
			</td>
			<td class="idle" data-title={t('held idle')}>
				<Held person={person} />
			</td>
			<td class="busy" data-title={t('busy|how much')}>
				<Busy share={person.busyShare} />
			</td>
			<td class="memory" data-title={t('Memory')}>
				{bytes(person.memory)}
			</td>
			<td class="longest" data-title={t('longest')}>
				{person.longest === null ? NOT_KNOWN : duration(person.longest)}
			</td>
			<td class="processes" data-title={t('processes')}>
				{String(person.processes)}
			</td>
		</tr>
	);
}

/* Why the list is empty. */
function Nobody() {
	if (entries.value.length === 0) return null;
	if (outdated.value)
		return (
			<p class="waiting">
				<NotKnown />
			</p>
		);
	if (!answered.value) return <p class="waiting">{t('No host answers: who computes there is not known.')}</p>;
	if (!isFiltering(filter.value)) return <p class="waiting">{t('Nobody computes here now.')}</p>;
	return (
		<p class="waiting">
			{t('Nobody is on what the filter shows.')}{' '}
			<button type="button" class="chip" onClick={clearFilter}>
				{t('Show all')}
			</button>
		</p>
	);
}

const MANY = 200;

export function People() {
	const all = useSignal(false);
	const { gpus } = summary.peek();
	const list = sortPeople(people.value, sort.value);
	if (list.length === 0 || outdated.value) return <Nobody />;
	return (
		<div class="people">
			<table>
				<caption class="sr">{t('Who uses what now')}</caption>
				<thead>
					<tr>
						{COLUMNS.map(([word, title, meaning]) => (
							<Heading key={word} word={word} title={title()} meaning={meaning()} />
						))}
					</tr>
				</thead>
				<tbody>
					{list.slice(0, all.value ? undefined : MANY).map((person) => (
						<PersonRow key={person.user === null ? '' : `/${person.user}`} person={person} all={gpus} />
					))}
				</tbody>
			</table>
			{!all.value && list.length > MANY && (
				<button type="button" class="chip" onClick={() => (all.value = true)}>
					{n(list.length - MANY, '{n} more', '{n} more')}
				</button>
			)}
		</div>
	);
}
