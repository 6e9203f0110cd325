import { percent, plural, watts } from '../format/format';
import { summary } from '../state/state';

function Figure({
	state,
	value,
	title,
	more,
}: {
	state?: string;
	value: number | string;
	title: string;
	more?: string | null | false;
}) {
	return (
		<li class={state ?? ''}>
			<b>{String(value)}</b>
			<span>{title}</span>
			{more && <i>{` · ${more}`}</i>}
		</li>
	);
}

function trouble(hosts: number, gpus: number): string | null {
	const parts = [hosts > 0 && plural(hosts, 'host'), gpus > 0 && plural(gpus, 'GPU')].filter(Boolean);
	return parts.length > 0 ? parts.join(', ') : null;
}

/* Six figures that answer before one reads. Colour only where there is something to be told. */
export function SummaryLine() {
	const { uses, mostFree, meanUtilization, hostsInTrouble, people, power } = summary.value;
	const free = [mostFree && `${mostFree.count} on ${mostFree.name}`, uses.asleep > 0 && `${uses.asleep}\u00a0asleep`];
	const inTrouble = hostsInTrouble + uses.broken;
	return (
		<ul class="summary" aria-label="In short">
			<Figure
				state={uses.free > 0 ? 'free' : ''}
				value={uses.free}
				title={uses.free === 1 ? 'GPU free' : 'GPUs free'}
				more={free.filter(Boolean).join(' · ')}
			/>
			<Figure
				value={uses.busy}
				title="busy"
				more={uses.unknown > 0 ? `${uses.unknown} not known` : meanUtilization !== null && `${percent(meanUtilization)} mean`}
			/>
			<Figure state={uses.held > 0 ? 'held' : ''} value={uses.held} title="held but idle" />
			<Figure
				state={inTrouble > 0 ? 'broken' : ''}
				value={inTrouble}
				title="in trouble"
				more={trouble(hostsInTrouble, uses.broken)}
			/>
			<Figure value={people} title={people === 1 ? 'person active' : 'people active'} />
			<Figure value={watts(power)} title="drawn now" />
		</ul>
	);
}
