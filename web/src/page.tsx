/* page: the whole of it, from the outside in. */
import { useSignalEffect } from '@preact/signals';
import { Boundary } from './boundary';
import { view } from './choices';
import { Empty } from './empty';
import { HostPanel } from './host';
import { isEmpty } from './model';
import { entries, link, loaded, outdated, summary, type HostEntry } from './state';
import { SummaryLine } from './summary';
import { TopBar } from './topbar';

function Host({ entry }: { entry: HostEntry }) {
	const host = entry.host.value;
	return (
		<Boundary name={entry.name} version={host}>
			<HostPanel host={host} />
		</Boundary>
	);
}

function Hosts() {
	const list = entries.value;
	return (
		<div class={`hosts ${view.value}`}>
			{list.map((entry) => (
				<Host key={entry.name} entry={entry} />
			))}
		</div>
	);
}

function Content() {
	if (!loaded.value)
		return <p class="waiting">{link.value.state === 'lost' ? 'The server does not answer.' : 'Waiting for the server …'}</p>;
	const hosts = entries.value.map((entry) => entry.host.value);
	return (
		<>
			{isEmpty(hosts) ? <Empty hosts={hosts.length} /> : <SummaryLine />}
			<Hosts />
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
