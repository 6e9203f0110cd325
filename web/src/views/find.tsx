/* find: the filters, what they leave, and what to do when that is nothing. */
import { computed, signal, useSignal, useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { apart } from '../format/format';
import { n, t } from '../format/language';
import { isFiltering, type Choice, type Filter, type Wanted } from '../model/filter';
import { readyLine } from '../model/ready';
import { hasOffer, isOffered, type Row } from '../model/rows';
import { CopyLine } from '../parts/copy';
import type { Gpu, Part } from '../model/types';
import { PlaceLink } from '../parts/link';
import { me } from '../state/choices';
import { clearFilter, filter, go, group, memory, MINE, model, sort, user, view, wanted } from '../state/place';
import { answered, entries, facets, outdated, shownEntries, type HostEntry } from '../state/state';
import { NotKnown } from './summary';

const filtering = computed(() => isFiltering(filter.value));

/* One choice: pressed when it is made, and pressed again it is taken back. */
function Chip({ on, set, text, count, title }: { on: boolean; set: () => void; text: string; count?: number | undefined; title?: string | undefined }) {
	return (
		<button type="button" class="chip" aria-pressed={on} title={title} onClick={set}>
			{text}
			{count !== undefined && <small>{` ${count}`}</small>}
		</button>
	);
}

const WANTED: [Wanted, () => string, () => string][] = [
	['free', () => t('free now'), () => t('Nobody computes there, next to no memory is used, and the data is fresh')],
	['held', () => t('held idle'), () => t('Somebody has it, and it does nothing now')],
	['busy', () => t('busy'), () => t('In use')],
	// Without a count: there are hosts among it of which no GPU is known.
	['trouble', () => t('trouble'), () => t('What is broken, does not answer, or has something found on it')],
];

/* What the address asks for has its chip, even where no GPU is like that. */
function withSet<T>(choices: Choice<T>[], set: T | null): Choice<T>[] {
	return set === null || choices.some(({ value }) => value === set) ? choices : [...choices, { value: set, count: 0 }];
}

const USUAL_CHOICES = 6;

/* The first few, and what is set; the others on demand. */
function Chips<T extends string | number>({ choices, set, part, name }: { choices: Choice<T>[]; set: T | null; part: keyof Filter; name: (value: T) => string }) {
	const all = useSignal(false);
	const list = withSet(choices, set);
	const shown = list.filter(({ value }, place) => all.value || place < USUAL_CHOICES || value === set);
	return (
		<>
			{shown.map(({ value, count }) => (
				<Chip key={value} text={name(value)} count={outdated.value ? undefined : count} on={set === value} set={() => go({ [part]: set === value ? null : value })} />
			))}
			{(all.value || shown.length < list.length) && (
				<button type="button" class="chip more" aria-expanded={all.value} onClick={() => (all.value = !all.value)}>
					{all.value ? t('fewer') : t('{n} more', { n: list.length - shown.length })}
				</button>
			)}
		</>
	);
}

const asking = signal(false); // who the viewer is

const isMine = computed(() => user.value === MINE || (user.value !== null && user.value === me.value));

/* In the address stands the name: who gets the link sees the same. */
function showMine(): void {
	if (isMine.value) return go({ user: null });
	if (me.value) return go({ user: me.value });
	asking.value = true;
}

function peopleSeen(): string[] {
	return [...new Set(entries.peek().flatMap((entry) => entry.tally.peek().users))].sort();
}

function WhoAreYou() {
	const box = useRef<HTMLInputElement>(null);

	function answer(event: Event): void {
		event.preventDefault();
		const name = box.current?.value.trim() ?? '';
		me.value = name;
		asking.value = false;
		go({ user: name || null });
	}
	function leave(event: KeyboardEvent): void {
		if (event.key !== 'Escape') return;
		event.stopPropagation();
		asking.value = false;
		if (user.value === MINE) go({ user: null });
	}
	return (
		<form class="who-are-you" onSubmit={answer} onKeyDown={leave}>
			<label>
				{t('Your name on the hosts:')}{' '}
				<input
					ref={(element) => {
						if (element && !box.current && asking.peek()) element.focus();
						box.current = element;
					}}
					list="people-seen"
					defaultValue={me.value}
					autocomplete="off"
					autocapitalize="none"
					spellcheck={false}
				/>
			</label>
			<datalist id="people-seen">
				{peopleSeen().map((name) => (
					<option key={name} value={name} />
				))}
			</datalist>
			<button type="submit">{t('remember')}</button>
		</form>
	);
}

function Mine() {
	return (
		<>
			<Chip text={t('mine')} on={isMine.value} set={showMine} title={me.value ? t('What {name} has', { name: apart(me.value) }) : undefined} />
			{isMine.value && me.value && !asking.value && (
				<button type="button" class="chip more" onClick={() => (asking.value = true)}>
					{t('not {name}?', { name: apart(me.value) })}
				</button>
			)}
			{(asking.value || (user.value === MINE && !me.value)) && <WhoAreYou />}
			{user.value !== null && !isMine.value && (
				<button type="button" class="chip person" aria-pressed="true" title={t('Only what this person has')} onClick={() => go({ user: null })}>
					<bdi>{user.value}</bdi> <span aria-hidden="true">×</span>
				</button>
			)}
		</>
	);
}

function SortChoice() {
	if (view.value !== 'cards') return null;
	return (
		<label class="sort">
			{t('sort')}{' '}
			<select value={sort.value ?? ''} onChange={(event) => go({ sort: event.currentTarget.value || null })}>
				<option value="">{t('as configured')}</option>
				<option value="most-free">{t('most free first')}</option>
				<option value="most-used">{t('most used first')}</option>
				<option value="by-name">{t('by name')}</option>
			</select>
		</label>
	);
}

const atLeast = (size: number) => t('≥ {n} GB', { n: size });

/* What is asked for, in words: "free now · A100 · ≥ 40 GB". */
function asked({ words: text, wanted: state, model: name, memory: size, group: place, user: person }: Filter): string {
	const parts = [
		state && WANTED.find(([it]) => it === state)?.[1](),
		name !== null && apart(name),
		size !== null && atLeast(size),
		place !== null && apart(place),
		person !== null && (person === MINE ? t('mine') : apart(person)),
		text.trim() && `“${apart(text.trim())}”`,
	];
	return parts.filter(Boolean).join(' · ');
}

/* What is left when one part is not asked for. */
function loosened(part: keyof Filter, count: number): string {
	const { words: text } = filter.value;
	switch (part) {
		case 'words':
			return n(count, '{n} without “{text}”', '{n} without “{text}”', { text: apart(text.trim()) });
		case 'wanted':
			return n(count, '{n} that is something else', '{n} that are something else');
		case 'model':
			return n(count, '{n} of another model', '{n} of other models');
		case 'memory':
			return n(count, '{n} with less memory', '{n} with less memory');
		case 'group':
			return n(count, '{n} in another group', '{n} in other groups');
		case 'user':
			return n(count, '{n} of somebody else', '{n} of others');
	}
}

/* The ways out, the closest first: less memory, then whatever leaves most. */
function waysOut(): { to: Partial<Filter>; text: string }[] {
	const { without, memory: sizes } = facets.value;
	const smaller = sizes.filter(({ value, count }) => value < (memory.value ?? 0) && count > 0).at(-1);
	const parts = (Object.keys(without) as (keyof Filter)[]).filter((part) => without[part] > 0 && !(part === 'memory' && smaller));
	return [
		...(smaller ? [{ to: { memory: smaller.value }, text: t('{n} with at least {size} GB', { n: smaller.count, size: smaller.value }) }] : []),
		...parts
			.sort((a, b) => without[b] - without[a])
			.map((part) => ({ to: { [part]: part === 'words' ? '' : null }, text: loosened(part, without[part]) })),
	];
}

function NoMatch() {
	const ways = answered.value ? waysOut() : [];
	return (
		<div class="no-match">
			<p>
				{outdated.value ? (
					<NotKnown />
				) : (
					<>
						<b>{t('No GPU is all of this:')}</b> {asked(filter.value)}
					</>
				)}
			</p>
			{ways.length > 0 && (
				<p>
					{t('But there are')}{' '}
					{ways.map(({ to, text }, place) => (
						<>
							{place > 0 && ' · '}
							<PlaceLink to={to}>{text}</PlaceLink>
						</>
					))}
				</p>
			)}
			<p>
				<button type="button" class="chip" onClick={clearFilter}>
					{t('Show all')}
				</button>
			</p>
		</div>
	);
}

/* The facets are of up to a second ago. What is offered is free by what its host has said last, as the cards have it. */
function stillFree(counted: readonly Row[]): Row[] {
	const named = entries.value.find(({ name }) => name === counted[0]?.host.name);
	const offered = (entry: HostEntry) => entry.shown.value.filter(hasOffer);
	const best = named ? offered(named) : [];
	if (best.length > 0 || counted.length === 0) return best;
	return shownEntries.value.map(offered).find((rows) => rows.length > 0) ?? [];
}

/* All that are free as a whole; where none is, a part. */
function devicesOf(best: readonly Row[]): (Gpu | Part)[] {
	const whole = best.filter(isOffered).map(({ gpu }) => gpu);
	return whole.length > 0 ? whole : best.slice(0, 1).map(({ gpu, parts }) => gpu.mig![parts.indexOf('free')]!);
}

/* "31 free GPUs and 2 GPUs with free parts" */
function found(all: number, partly: number): string {
	const whole = n(all - partly, '{n} free GPU', '{n} free GPUs');
	if (partly === 0) return whole;
	const cut = n(partly, '{n} GPU with free parts', '{n} GPUs with free parts');
	return all > partly ? t('{one} and {other}', { one: whole, other: cut }) : cut;
}

/* "31 free GPUs on 9 hosts; 8 on node4", and the line that leads to these. */
function FreeFinder() {
	const { fitting, partly, hosts, best: counted } = facets.value;
	const best = stillFree(counted);
	const host = best[0]?.host;
	if (!host) return null;
	const line = readyLine(host, devicesOf(best));
	const where = n(hosts, 'on {n} host', 'on {n} hosts');
	return (
		<div class="finder">
			<p>
				<b>{found(Math.max(best.length, fitting + best.length - counted.length), partly)}</b> {hosts > 1 ? `${where}; ${t('{n} on', { n: best.length })}` : t('on|where')}{' '}
				<PlaceLink to={{ open: { host: host.name, gpu: null } }}>
					<bdi>{host.name}</bdi>
				</PlaceLink>
			</p>
			{line && <CopyLine text={line} />}
		</div>
	);
}

const PAUSE = 700; // ms: while somebody types nothing is read to them

/* Who listens hears what is left after each change of the filter, not with each change of a GPU. */
function Announced() {
	const text = useSignal('');
	useSignalEffect(() => {
		const asks = isFiltering(filter.value);
		const timer = setTimeout(() => {
			const { fitting } = facets.peek();
			text.value = asks ? n(fitting, '{n} GPU shown', '{n} GPUs shown') : '';
		}, PAUSE);
		return () => clearTimeout(timer);
	});
	return (
		<p class="sr" role="status">
			{text}
		</p>
	);
}

/* Neither shows GPUs. */
const hasOwnList = computed(() => view.value === 'people' || view.value === 'trouble');

/* Troubles are listed whatever a GPU is at; and nobody is on a free one. */
function isOfUse(choice: Wanted): boolean {
	if (view.value === 'trouble') return false;
	return view.value !== 'people' || choice === wanted.value || choice === 'held' || choice === 'busy';
}

/* The list of people says itself that it is empty, and so does that of troubles. Who has yet to say who they are is not refused. */
function NothingShown() {
	const asksWho = user.value === MINE && !me.value;
	if (!filtering.value || asksWho || hasOwnList.value) return null;
	return entries.value.length > 0 && shownEntries.value.length === 0 ? <NoMatch /> : null;
}

export function FindBar() {
	const { all, wanted: counts, models, memory: sizes, groups } = facets.value;
	if (all === 0 && !filtering.value) return null;
	return (
		<section class="find" aria-label={t('Filters')}>
			<div class="chips">
				{WANTED.filter(([value]) => isOfUse(value)).map(([value, name, title]) => (
					<Chip
						key={value}
						text={name()}
						title={title()}
						count={value === 'trouble' || outdated.value ? undefined : counts[value]}
						on={wanted.value === value}
						set={() => go({ wanted: wanted.value === value ? null : value })}
					/>
				))}
				<Chips choices={sizes} set={memory.value} part="memory" name={atLeast} />
				{(models.length > 1 || model.value) && <Chips choices={models} set={model.value} part="model" name={apart} />}
				{(groups.length > 1 || group.value) && <Chips choices={groups} set={group.value} part="group" name={apart} />}
				<Mine />
				{filtering.value && (
					<button type="button" class="chip more clear" onClick={clearFilter}>
						{t('Clear')}
					</button>
				)}
				<SortChoice />
			</div>
			{wanted.value === 'free' && !hasOwnList.value && <FreeFinder />}
			{view.value !== 'trouble' && <Announced />}
			<NothingShown />
		</section>
	);
}
