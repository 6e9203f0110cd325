/* table: the configured columns, exactly as nvidia-smi printed them, and who is on the GPU. */
import { computed } from '@preact/signals';
import { NOT_KNOWN } from '../format/format';
import { Parts, Problem, Who } from './gpu';
import { keysOf } from '../model/lists';
import type { Gpu, Host } from '../model/types';
import { useOf } from '../model/use';
import { columns, shownEntries } from '../state/state';

/* Which GPU it is, where the configured columns do not tell it themselves. */
const numbered = computed(() => columns.value.every((column) => column.field !== 'index'));

function Cell({ text }: { text: string | null | undefined }) {
	if (text === null || text === undefined) return <td title="not told by the driver">{NOT_KNOWN}</td>;
	return <td class={text.startsWith('[') ? 'absent' : ''}>{text}</td>;
}

function Row({ gpu, host }: { gpu: Gpu; host: Host }) {
	const use = useOf(gpu, host);
	return (
		<tr class={use}>
			{numbered.value && <td class="index">{String(gpu.index ?? NOT_KNOWN)}</td>}
			{columns.value.map((column, place) => (
				<Cell key={`${place} ${column.field}`} text={gpu.cells?.[place]} />
			))}
			<td class="who">
				{gpu.problem ? <Problem gpu={gpu} /> : <Who gpu={gpu} host={host} use={use} />}
				<Parts gpu={gpu} host={host} />
			</td>
		</tr>
	);
}

export function CellTable({ host }: { host: Host }) {
	const keys = keysOf(host.gpus.map((gpu) => gpu.uuid ?? gpu.bus_id ?? gpu.index));
	return (
		<div class="scroller" role="region" aria-label={`Table of ${host.name}`} tabIndex={0}>
			<table>
				<thead>
					<tr>
						{numbered.value && <th scope="col">GPU</th>}
						{columns.value.map((column, place) => (
							<th key={`${place} ${column.field}`} scope="col" title={column.field}>
								{column.title}
							</th>
						))}
						<th scope="col">In use by</th>
					</tr>
				</thead>
				<tbody>
					{host.gpus.map((gpu, place) => (
						<Row key={keys[place]} gpu={gpu} host={host} />
					))}
				</tbody>
			</table>
		</div>
	);
}

export function GpuTable() {
	return (
		<div class="hosts table">
			{shownEntries.value.map((entry) => (
				<CellTable key={entry.name} host={entry.host.value} />
			))}
		</div>
	);
}
