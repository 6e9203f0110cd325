/* page: the whole of it, from the outside in. */
import { computed } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { t } from '../format/language';
import { open, view, type View } from '../state/place';
import { Cards } from './cards';
import { Details } from './details';
import { Boundary } from '../parts/boundary';
import { Empty } from './empty';
import { FindBar } from './find';
import { isEmpty } from '../model/tally';
import { entries, link, loaded } from '../state/state';
import { HeatMap } from './map';
import { People } from './people';
import { SummaryLine } from './summary';
import { GpuTable } from './table';
import { Tab } from './tab';
import { TopBar } from './topbar';
import { Troubles } from './trouble';
import { Wall } from './wall';

const CONTENTS: Record<View, FunctionComponent> = {
	cards: Cards,
	table: GpuTable,
	map: HeatMap,
	people: People,
	trouble: Troubles,
	wall: Wall,
};

/* Where some bar always has another length, moving them would keep the browser busy all the time. */
const STILL_FROM = 60; // hosts

/* Many hosts are never nothing, so nobody need look at each when one changes. */
const empty = computed(() => entries.value.length < 2 && isEmpty(entries.value.map((entry) => entry.host.value)));

function Content() {
	if (!loaded.value)
		return <p class="waiting">{link.value.state === 'lost' ? t('The server does not answer.') : t('Waiting for the server …')}</p>;
	const View = CONTENTS[view.value];
	return (
		<>
			{empty.value ? <Empty hosts={entries.value.length} /> : <SummaryLine />}
			<Boundary name={t('Filters')}>
				<FindBar />
			</Boundary>
			<Boundary key={view.value} name={t('This view')}>
				<View />
			</Boundary>
			{open.value && <Details open={open.value} />}
		</>
	);
}

/* To what the page is about, past the bar. It changes nothing of the address, which says where one is. */
function SkipLink() {
	function skip(event: MouseEvent): void {
		event.preventDefault();
		document.getElementById('content')?.focus();
	}
	return (
		<a class="skip" href="#content" onClick={skip}>
			{t('Skip to the content')}
		</a>
	);
}

export function Page() {
	if (view.value === 'wall' && loaded.value) {
		return (
			<>
				<Tab />
				<main tabIndex={-1}>
					<Wall />
				</main>
			</>
		);
	}
	return (
		<>
			<Tab />
			<SkipLink />
			<TopBar />
			<main id="content" class={entries.value.length >= STILL_FROM ? 'still' : ''} tabIndex={-1}>
				<Content />
			</main>
		</>
	);
}
