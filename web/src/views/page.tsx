/* page: the whole of it, from the outside in. */
import { useSignalEffect } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { Boundary } from '../parts/boundary';
import { open, view, type View } from '../state/place';
import { Details } from './details';
import { Empty } from './empty';
import { FindBar } from './find';
import { HostPanel } from './host';
import { isEmpty } from '../model/tally';
import { entries, link, loaded, outdated, shownEntries, summary, type HostEntry } from '../state/state';
import { HeatMap } from './map';
import { People } from './people';
import { SummaryLine } from './summary';
import { GpuTable } from './table';
import { TopBar } from './topbar';
import { Troubles } from './trouble';
import { Wall } from './wall';

function Host({ entry }: { entry: HostEntry }) {
	const host = entry.host.value;
	return (
		<Boundary name={entry.name} version={host}>
			<HostPanel host={host} />
		</Boundary>
	);
}

function Cards() {
	return (
		<div class="hosts cards">
			{shownEntries.value.map((entry) => (
				<Host key={entry.name} entry={entry} />
			))}
		</div>
	);
}

const CONTENTS: Record<View, FunctionComponent> = {
	cards: Cards,
	table: GpuTable,
	map: HeatMap,
	people: People,
	trouble: Troubles,
	wall: Wall,
};

function Content() {
	if (!loaded.value)
		return <p class="waiting">{link.value.state === 'lost' ? 'The server does not answer.' : 'Waiting for the server …'}</p>;
	const hosts = entries.value.map((entry) => entry.host.value);
	const View = CONTENTS[view.value];
	return (
		<>
			{isEmpty(hosts) ? <Empty hosts={hosts.length} /> : <SummaryLine />}
			<FindBar />
			<View />
			{open.value && <Details open={open.value} />}
		</>
	);
}

export function Page() {
	useSignalEffect(() => {
		const free = summary.value.uses.free;
		document.title = `${loaded.value && !outdated.value ? `${free} free · ` : ''}NVIDIA Web Monitor`;
	});
	return (
		<>
			<TopBar />
			<main>
				<Content />
			</main>
		</>
	);
}
