/*
 * table: every GPU as one line of one table, in the order of any column. The columns are ours and those of the configuration, these
 * exactly as nvidia-smi printed them; the viewer says which, and in which order.
 *
 * What is in sight is drawn at once when its host changes. The order of all is looked after once a second: a list that jumps cannot be
 * read.
 */
import { computed, signal, untracked, useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { apart, bytes, bytesBeside, commandLine, degrees, duration, NOT_KNOWN, percent, shorten, watts } from '../format/format';
import { n, t, texts } from '../format/language';
import { troubleTitle } from '../format/words';
import { chosenNames, columnsOf, commandOf, identityColumns, largest, longest, memoryFree } from '../model/columns';
import type { Line, OwnName, TableColumn } from '../model/columns';
import { inOrder, nextSort, readSort } from '../model/order';
import { readyLine } from '../model/ready';
import { isOffered, type Row } from '../model/rows';
import type { Host, Process } from '../model/types';
import { HOT } from '../model/product';
import { hasMig, memoryPercent, type Use } from '../model/use';
import { Boundary } from '../parts/boundary';
import { CopyButton } from '../parts/copy';
import { PlaceLink } from '../parts/link';
import { Say } from '../parts/say';
import { Age, NextTry } from '../parts/times';
import { chosenColumns } from '../state/choices';
import { filter, go, openOf, sort } from '../state/place';
import { columns, entries, isFresh, now, type HostEntry } from '../state/state';
import { ailWords, Ails } from './findings';
import { noProcess, Problem } from './gpu';

const LONGEST = 300; // characters of a text in a cell, more than the widest shows
const ALL_DRAWN = 200; // lines; of more than that, only those in sight are
const ROW = 32; // pixels, as table.css has it
const AROUND = 12; // lines drawn above and below those in sight
const LEAST_ROOM = 420; // pixels: with less below what stands above it, the table takes a whole screen

interface TableLine extends Line {
	entry: HostEntry;
}

const titleOfOwn = texts({
	host: 'Host',
	gpu: 'GPU',
	state: 'State',
	model: 'Model',
	utilization: 'Utilization',
	memory: 'Memory',
	memory_free: 'Memory free',
	temperature: 'Temperature',
	power: 'Power',
	who: 'In use by',
	people: 'People',
	command: 'Command',
	running: 'Running for',
	idle: 'Idle for',
	processes: 'Processes',
	fan: 'Fan',
	clock: 'Clock',
	driver: 'Driver',
	uuid: 'UUID',
	bus: 'Bus ID',
	address: 'Address',
	group: 'Group',
	keeper: 'In charge',
	kvm: 'KVM',
	comment: 'Comment',
	sampled: 'Data',
} satisfies Record<OwnName, string>);

function titleOf({ name, cell, title, field }: TableColumn): string {
	return cell === null ? titleOfOwn(name) : title || field!;
}

const wordOf = texts({
	free: 'free',
	busy: 'busy',
	held: 'held, idle',
	asleep: 'asleep',
	broken: 'broken',
	unknown: 'not known',
} satisfies Record<Use, string>);

/* "free · 3 uncorrected ECC errors" */
export function stateWord({ use, fresh, ails }: Row): string {
	const word = use === 'free' && !fresh ? t('was free') : wordOf(use);
	return ails && use !== 'broken' ? `${word} · ${ailWords(ails)}` : word;
}

function Bar({ fill, text, of }: { fill: number | null; text: string; of?: string | null }) {
	return (
		<span class="bar">
			<i style={{ width: `${fill ?? 0}%` }} />
			<span class="amount">{text}</span>
			{of && (
				<span class="of">
					<span class="sr"> {t('of')} </span>
					{of}
				</span>
			)}
		</span>
	);
}

/* "alice?": concluded, not told. */
function named(user: string, processes: readonly Process[]): string {
	return apart(user) + (processes.every((it) => it.user !== user || it.inferred) ? '?' : '');
}

/* For how long, where that is told. */
function Idle({ row: { gpu, fresh } }: { row: Row }) {
	if (!fresh) return <>{t('was idle')}</>;
	return gpu.idle_since == null ? <>{t('idle now')}</> : <Say text="idle {time}" time={<Age of={gpu.idle_since} />} />;
}

/* Who is on it, or that nobody is. What the column of states would say is hidden where there is one: table.css. */
function Who({ row }: { row: Row }) {
	const { gpu, use, users, fresh, host, ails } = row;
	const ill = ails && <Ails finding={ails} />;
	const { processes } = gpu;
	const first = largest(processes);
	if (use === 'free') {
		const line = isOffered(row) && readyLine(host, [gpu]);
		return (
			<>
				<b class={isOffered(row) ? 'free' : undefined}>{fresh ? t('free') : t('was free')}</b>
				{ill}
				{line && <CopyButton text={line} label={t('copy line')} />}
			</>
		);
	}
	if (use === 'asleep') return <>{fresh ? t('asleep: the kernel has suspended it') : t('was asleep')}</>;
	const idle = use === 'held' && (
		<span class="tag">
			<Idle row={row} />
		</span>
	);
	if (!processes || !first)
		return (
			<>
				{use === 'held' ? t('held by somebody not known') : processes ? noProcess(gpu, use) : t('processes not known')}
				{idle}
				{ill}
			</>
		);
	const command = commandOf(first);
	const amounts = [first.memory !== null && bytes(first.memory), first.elapsed !== null && duration(first.elapsed)];
	return (
		<>
			{users.length > 0 ? (
				<b class="user">{shorten(users.map((user) => named(user, processes)).join(', '), LONGEST)}</b>
			) : (
				<i class="user">{t('user not known')}</i>
			)}
			{idle}
			{ill}
			<bdi class="command">{command !== null && shorten(commandLine(command), LONGEST)}</bdi>
			<span class="amounts">{amounts.filter(Boolean).join(' · ')}</span>
			{processes.length > 1 && <span class="amounts">{t('+{more} more', { more: processes.length - 1 })}</span>}
		</>
	);
}

/* "cut into 7 parts, 2 free" */
function partsOf({ gpu, fresh, parts }: Row): string | null {
	if (!hasMig(gpu)) return null;
	const free = fresh ? parts.filter((use) => use === 'free').length : 0;
	const cut = parts.length > 0 ? n(parts.length, '{n} part', '{n} parts') : t('MIG, no parts');
	return free > 0 ? `${cut}, ${t('{free} free', { free })}` : cut;
}

/* Its state, and what it is cut into. */
function stateOf(row: Row): string {
	const parts = partsOf(row);
	return [(row.use !== 'unknown' || !parts) && stateWord(row), parts].filter(Boolean).join(' · ');
}

function State({ row }: { row: Row }) {
	const parts = partsOf(row);
	const idle = row.use === 'held' && !row.ails && (
		<>
			<Idle row={row} />
			{parts && ` · ${parts}`}
		</>
	);
	return (
		<span class="use">
			<i class={`sq ${row.fresh ? row.use : 'old'}${row.ails ? ' ailing' : ''}`} />
			{idle || stateOf(row)}
		</span>
	);
}

const short = (text: string | null | undefined): ComponentChildren => (text ? <bdi>{shorten(text, LONGEST)}</bdi> : null);

/* Of the columns that are about the host, and then about the GPU. null: not known. */
const HOST_CELLS: Partial<Record<string, (host: Host) => ComponentChildren>> = {
	address: ({ address }) => short(address),
	group: ({ group }) => short(group),
	keeper: ({ people }) => short(people),
	kvm: ({ kvm }) => short(kvm),
	comment: ({ comment }) => short(comment),
	driver: ({ driver }) => short(driver),
	sampled: ({ sampled }) => sampled && <Say text="{age} old" age={<Age of={sampled} />} />,
};

const GPU_CELLS: Partial<Record<string, (row: Row) => ComponentChildren>> = {
	state: (row) => <State row={row} />,
	model: ({ gpu }) => short(gpu.name?.replace(/^NVIDIA /, '')),
	utilization: ({ gpu }) =>
		gpu.utilization === null && hasMig(gpu) ? t('not told') : <Bar fill={gpu.utilization} text={percent(gpu.utilization)} />,
	memory: ({ gpu }) => (
		<Bar
			fill={memoryPercent(gpu)}
			text={bytes(gpu.memory_used)}
			of={gpu.memory_total === null ? null : bytesBeside(gpu.memory_total, gpu.memory_used)}
		/>
	),
	memory_free: ({ gpu }) => bytes(memoryFree(gpu)),
	temperature: ({ gpu: { temperature: it } }) =>
		it !== null && it >= HOT ? <b class="hot">▲ {degrees(it)}</b> : degrees(it),
	power: ({ gpu: { power, power_limit: limit } }) => (
		<>
			{watts(power)}
			{limit !== null && <span class="of"> / {watts(limit)}</span>}
		</>
	),
	who: (row) => (
		<div class="who">
			<Who row={row} />
		</div>
	),
	people: ({ users }) => short(users.join(', ')),
	command: ({ gpu }) => short(commandLine(commandOf(largest(gpu.processes)) ?? '')),
	running: ({ gpu }) => {
		const seconds = longest(gpu.processes);
		return seconds === null ? '' : duration(seconds);
	},
	idle: ({ gpu, use }) => (use !== 'held' ? '' : gpu.idle_since ? <Age of={gpu.idle_since} /> : null),
	processes: ({ gpu }) => gpu.processes && String(gpu.processes.length),
	fan: ({ gpu }) => percent(gpu.fan),
	clock: ({ gpu }) => (gpu.clock != null ? `${gpu.clock} MHz` : null),
	uuid: ({ gpu }) => short(gpu.uuid),
	bus: ({ gpu }) => short(gpu.bus_id),
};

/* What the cell has no room for. */
function titleOfCell({ name }: TableColumn, row: Row): string | undefined {
	const { gpu } = row;
	if (name === 'state') return row.ails || hasMig(gpu) ? shorten(stateOf(row), 2 * LONGEST) : undefined;
	if (name === 'utilization' && gpu.utilization === null && hasMig(gpu)) return t('not told under MIG');
	if (name === 'model') return gpu.name === null ? undefined : shorten(gpu.name, LONGEST);
	if (name !== 'who' && name !== 'command') return undefined;
	return shorten((gpu.processes ?? []).map(commandOf).join('\n'), 2 * LONGEST) || undefined;
}

function Index({ row, children }: { row: Row; children: ComponentChildren }) {
	return (
		<PlaceLink
			to={{ open: openOf(row) }}
			label={t('GPU {index} of {host}', { index: row.gpu.index ?? NOT_KNOWN, host: row.host.name })}
		>
			{children}
		</PlaceLink>
	);
}

/* As nvidia-smi printed it. */
function Printed({ text, row, column }: { text: string | null | undefined; row: Row; column: TableColumn }) {
	const absent = text == null || text.startsWith('[');
	const shown = text ?? NOT_KNOWN;
	return (
		<td class={absent ? 'absent' : ''} title={text == null ? t('not told by the driver') : undefined}>
			{column.field === 'index' ? <Index row={row}>{absent ? String(row.gpu.index ?? shown) : text}</Index> : shown}
		</td>
	);
}

function Cell({ column, row }: { column: TableColumn; row: Row }) {
	const { name, cell } = column;
	if (cell !== null) return <Printed text={row.gpu.cells?.[cell]} row={row} column={column} />;
	const content =
		name === 'gpu' ? (
			<Index row={row}>{String(row.gpu.index ?? NOT_KNOWN)}</Index>
		) : (
			(HOST_CELLS[name]?.(row.host) ?? GPU_CELLS[name]?.(row))
		);
	return (
		<td class={`is-${name}`} title={titleOfCell(column, row)}>
			{content ?? NOT_KNOWN}
		</td>
	);
}

/* The cause, in the place of values that there are not. */
function Cause({ host, row }: { host: Host; row: Row | null }) {
	const { error } = host;
	if (row) return <Problem gpu={row.gpu} />;
	if (error)
		return (
			<p class="problem">
				<b>{troubleTitle(error.kind)}</b>
				{error.since ? (
					<>
						{' '}
						<Say text="for {age}" age={<Age of={error.since} />} />
					</>
				) : null}
				{error.message && <span>: {apart(shorten(error.message, LONGEST))}</span>}
				{error.next_try && (
					<span>
						{' · '}
						<NextTry at={error.next_try} />
					</span>
				)}
			</p>
		);
	if (host.state === 'ok') return <p>{t('It answers, and lists no GPU.')}</p>;
	return <p>{host.state === 'connecting' ? t('connecting …') : t('no data yet')}</p>;
}

const LONG = 24; // characters of a host's name: longer ones may find no room
const ENDING = 10; // of them, which are not cut off: names that begin alike often differ there

/* Cut in its middle where there is no room. */
function HostName({ name }: { name: string }) {
	const letters = [...name];
	if (letters.length <= LONG) return <bdi>{name}</bdi>;
	return (
		<bdi class="cut">
			<span>{letters.slice(0, -ENDING).join('')}</span>
			{letters.slice(-ENDING).join('')}
		</bdi>
	);
}

/* Where it is, and how old what stands behind it is when that is not of now. */
function HostCell({ host }: { host: Host }) {
	const fresh = isFresh(host);
	return (
		<th scope="row">
			<PlaceLink to={{ open: { host: host.name, gpu: null } }} title={host.name.length > LONG ? host.name : undefined}>
				<HostName name={host.name} />
			</PlaceLink>
			{!fresh && (
				<small>
					<i class="mark" />
					{host.sampled ? <Say text="{age} old" age={<Age of={host.sampled} />} /> : t('no data yet')}
				</small>
			)}
		</th>
	);
}

function classOf(host: Host, row: Row | null): string {
	const fresh = isFresh(host);
	return [fresh ? 'ok' : `${host.state === 'ok' ? 'stale' : host.state} old`, row?.use, row?.ails && 'ailing'].filter(Boolean).join(' ');
}

interface LineProps {
	line: TableLine;
	shown: TableColumn[];
	place: number;
}

function GpuLine({ line, shown, place }: LineProps) {
	const { entry, key } = line;
	const row = line.row && (entry.rows.value.find((it) => it.key === key) ?? line.row);
	const host = row?.host ?? entry.host.value;
	const whole = row && row.use !== 'broken' ? shown.length : identityColumns(shown, { key, host, row });
	return (
		<tr class={classOf(host, row)} aria-rowindex={place + 2}>
			<HostCell host={host} />
			{row && shown.slice(1, whole).map((column) => <Cell key={column.name} column={column} row={row} />)}
			{whole < shown.length && (
				<td class="who cause" colSpan={shown.length - whole}>
					<Cause host={host} row={row} />
				</td>
			)}
		</tr>
	);
}

function Heading({ column }: { column: TableColumn }) {
	const { name, field } = column;
	const way = sort.value === name ? 'ascending' : sort.value === `-${name}` ? 'descending' : undefined;
	return (
		<th scope="col" class={column.cell === null ? `is-${name}` : undefined} aria-sort={way}>
			<button type="button" title={field ?? undefined} onClick={() => go({ sort: nextSort(sort.value, name) })}>
				{titleOf(column)}
				<i aria-hidden="true">{way === 'ascending' ? '▲' : way === 'descending' ? '▼' : ''}</i>
			</button>
		</th>
	);
}

/* What one line does wrong stays in it. */
function SafeLine(props: LineProps) {
	const { name, host } = props.line.entry;
	const undrawn = (
		<tr class="error">
			<th scope="row">{name}</th>
			<td colSpan={props.shown.length - 1}>{t('What this host sent cannot be drawn. It is tried again with its next values.')}</td>
		</tr>
	);
	return (
		<Boundary name={name} version={host.value} instead={undrawn}>
			<GpuLine {...props} />
		</Boundary>
	);
}

function linesOf(entry: HostEntry): TableLine[] {
	const host = entry.host.value;
	if (entry.rows.value.length > 0) return entry.shown.value.map((row) => ({ key: row.key, entry, host, row }));
	return entry.isShown.value ? [{ key: `${entry.name}/`, entry, host, row: null }] : [];
}

/* In the order asked for; as the configuration has them when none is. */
function allLines(by: TableColumn | undefined, down: boolean): TableLine[] {
	const lines = entries.value.flatMap(linesOf);
	return by ? inOrder(lines, by.value, down) : lines;
}

/* In the place of lines that are not drawn. */
const gap = (count: number) => count > 0 && <tr class="gap" aria-hidden="true" style={{ height: `${count * ROW}px` }} />;

/* A column of the list: whether it is shown, and its place. */
function Choice({ column, names }: { column: TableColumn; names: string[] }) {
	const place = names.indexOf(column.name);
	const title = titleOf(column);

	const choose = (next: string[]) => (chosenColumns.value = next.join());
	function move(event: MouseEvent, by: number) {
		const button = event.currentTarget as HTMLElement;
		const next = names.filter((name) => name !== column.name);
		next.splice(Math.max(1, place + by), 0, column.name);
		choose(next);
		setTimeout(() => button.focus()); // it has moved with its line
	}
	const mover = (by: number, arrow: string, label: string) => {
		const isEnd = place + by < 1 || place + by >= names.length;
		return (
			<button type="button" aria-label={label} title={label} aria-disabled={isEnd} onClick={(event) => move(event, by)}>
				{arrow}
			</button>
		);
	};
	return (
		<li>
			<label>
				<input
					type="checkbox"
					checked={place >= 0}
					disabled={column.name === 'host'}
					onChange={() => choose(place < 0 ? [...names, column.name] : names.filter((name) => name !== column.name))}
				/>
				<span>{title}</span>
				{column.field && <small>{column.field}</small>}
			</label>
			{place > 0 && mover(-1, '↑', t('{column}: further to the front', { column: title }))}
			{place > 0 && mover(1, '↓', t('{column}: further to the back', { column: title }))}
		</li>
	);
}

/* Which columns, and in which order. */
function ColumnChooser({ all, names }: { all: TableColumn[]; names: string[] }) {
	const open = useSignal(false);
	const home = useRef<HTMLDivElement>(null);
	useSignalEffect(() => {
		if (!open.value) return;
		const close = (event: Event) => {
			if (event instanceof KeyboardEvent ? event.key !== 'Escape' : home.current?.contains(event.target as Node)) return;
			open.value = false;
			if (event instanceof KeyboardEvent) home.current?.querySelector('button')?.focus();
		};
		for (const type of ['keydown', 'pointerdown', 'focusin']) addEventListener(type, close);
		return () => ['keydown', 'pointerdown', 'focusin'].forEach((type) => removeEventListener(type, close));
	});
	const listed = [...shownColumns.value, ...all.filter(({ name }) => !names.includes(name))];
	return (
		<div class="chooser" ref={home}>
			<button type="button" class="opener" aria-expanded={open.value} onClick={() => (open.value = !open.value)}>
				{t('Columns')}
			</button>
			{open.value && (
				<div class="choices" role="group" aria-label={t('Columns')}>
					<button type="button" class="usual" onClick={() => (chosenColumns.value = '')}>
						{t('as usual')}
					</button>
					<ul>
						{listed.map((column) => (
							<Choice key={column.name} column={column} names={names} />
						))}
					</ul>
				</div>
			)}
		</div>
	);
}

const printing = signal(false);

/* Which lines are drawn, `from` and before `to`, and how high the table may be. On paper all of them are. */
function useWindow(count: number) {
	const home = useRef<HTMLDivElement>(null);
	const first = useSignal(0);
	const height = useSignal(LEAST_ROOM);

	useLayoutEffect(() => {
		const measure = () => {
			const top = home.current!.getBoundingClientRect().top + scrollY;
			const room = innerHeight - top - 60;
			height.value = room >= LEAST_ROOM ? room : Math.max(240, innerHeight - 48);
		};
		const onPrint = ({ type }: Event) => (printing.value = type === 'beforeprint');
		const observer = new ResizeObserver(measure);
		observer.observe(document.body);
		addEventListener('resize', measure);
		addEventListener('beforeprint', onPrint);
		addEventListener('afterprint', onPrint);
		measure();
		return () => {
			observer.disconnect();
			removeEventListener('resize', measure);
			removeEventListener('beforeprint', onPrint);
			removeEventListener('afterprint', onPrint);
		};
	}, []);
	/* In steps, so that not every pixel draws anew. */
	const onScroll = () => (first.value = Math.floor(home.current!.scrollTop / ROW / 4) * 4);
	if (count <= ALL_DRAWN || printing.value) return { home, height, onScroll, from: 0, to: count };
	const inSight = Math.ceil(height.value / ROW);
	const top = Math.max(0, Math.min(first.value, count - inSight));
	return { home, height, onScroll, from: Math.max(0, top - AROUND), to: Math.min(count, top + inSight + AROUND) };
}

const available = computed(() => columnsOf(columns.value));
const names = computed(() => chosenNames(chosenColumns.value, columns.value));
const shownColumns = computed(() => names.value.map((name) => available.value.find((column) => column.name === name)!));

let last: TableLine[] = [];

/* Looked after once a second, and at once when something else is asked for. The same list as long as it is in the same order. */
const lines = computed(() => {
	const wished = readSort(sort.value);
	const by = available.value.find(({ name }) => name === wished?.name);
	void [now.value, filter.value, entries.value];
	const next = untracked(() => allLines(by, wished?.down ?? false));
	const same = (line: TableLine, place: number) => line.key === last[place]!.key && line.entry === last[place]!.entry;
	if (next.length !== last.length || !next.every(same)) last = next;
	return last;
});

function Body({ from, to }: { from: number; to: number }) {
	const all = lines.value;
	const shown = shownColumns.value;
	return (
		<tbody>
			{gap(from)}
			{all.slice(from, to).map((line, place) => (
				<SafeLine key={line.key} line={line} shown={shown} place={from + place} />
			))}
			{gap(all.length - to)}
		</tbody>
	);
}

export function GpuTable() {
	const count = lines.value.length;
	const { home, height, onScroll, from, to } = useWindow(count);
	const gpus = useComputed(() => lines.value.filter(({ row }) => row).length).value;
	return (
		<section class="table">
			<div class="above">
				<p>{n(gpus, '{n} GPU', '{n} GPUs')}</p>
				<ColumnChooser all={available.value} names={names.value} />
			</div>
			<div
				class="scroller"
				role="region"
				aria-label={t('Table of GPUs')}
				tabIndex={0}
				ref={home}
				style={{ '--room': `${height.value}px` }}
				onScroll={onScroll}
			>
				<table aria-rowcount={count + 1}>
					<thead>
						<tr aria-rowindex={1}>
							{shownColumns.value.map((column) => (
								<Heading key={column.name} column={column} />
							))}
						</tr>
					</thead>
					<Body from={from} to={to} />
				</table>
			</div>
		</section>
	);
}
