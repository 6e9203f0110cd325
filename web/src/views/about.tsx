/* about: the machine around the GPUs in one line, which opens to all that is told of it, of its GPUs and of our session there. */
import { gpuFacts, machineFacts, moreMachineFacts, sessionFacts } from '../format/facts';
import { Fold } from '../parts/fold';
import { NOT_KNOWN } from '../format/format';
import { keysOf } from '../model/lists';
import type { Host } from '../model/types';
import { now } from '../state/state';

function GpuList({ host }: { host: Host }) {
	const keys = keysOf(host.gpus.map((gpu) => gpu.uuid ?? gpu.bus_id ?? gpu.index));
	return (
		<ul>
			{host.gpus.map((gpu, place) => {
				const facts = gpuFacts(gpu);
				return facts.length > 0 && <li key={keys[place]}>{`GPU ${gpu.index ?? NOT_KNOWN}: ${facts.join(' · ')}`}</li>;
			})}
		</ul>
	);
}

function Story({ host }: { host: Host }) {
	if (!host.session) return null;
	return <p>{`Our session: ${sessionFacts(host.session, now.value, host.address === 'localhost').join('; ')}`}</p>;
}

export function About({ host }: { host: Host }) {
	const { machine } = host;
	if (!machine && !host.session) return null;
	const more = machine ? moreMachineFacts(machine) : [];
	const line = (machine && machineFacts(machine).join(' · ')) || 'about our session there';
	return (
		<Fold class="about" line={line}>
			{() => (
				<>
					{more.length > 0 && <p>{`The machine: ${more.join(' · ')}`}</p>}
					<Story host={host} />
					<GpuList host={host} />
				</>
			)}
		</Fold>
	);
}
