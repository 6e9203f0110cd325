/* about: what kind of host it is in one line, which opens to the machine around the GPUs, what more is told of these, and our session there. */
import { gpuFacts, machineFacts, moreMachineFacts, sessionFacts } from '../format/facts';
import { NOT_KNOWN } from '../format/format';
import { t } from '../format/language';
import { gpuKeys, modelsOf } from '../model/lists';
import type { Host } from '../model/types';
import { Fold } from '../parts/fold';
import { now } from '../state/state';

function GpuList({ host }: { host: Host }) {
	const keys = gpuKeys(host.gpus);
	return (
		<ul>
			{host.gpus.map((gpu, place) => {
				const facts = gpuFacts(gpu).join(' · ');
				return facts && <li key={keys[place]}>{t('GPU {index}: {facts}', { index: gpu.index ?? NOT_KNOWN, facts })}</li>;
			})}
		</ul>
	);
}

function Story({ host }: { host: Host }) {
	if (!host.session) return null;
	const facts = sessionFacts(host.session, now.value, host.address === 'localhost').join('; ');
	return <p>{t('Our session: {facts}', { facts })}</p>;
}

/* "8 × NVIDIA A100-SXM4-80GB · driver 550.54.15" */
function kindOf({ gpus, driver }: Host): string {
	const models = modelsOf(gpus).map(({ name, count }) => `${count} × ${name ?? t('GPU of unknown model')}`);
	return [...models, gpus.length > 0 && driver && t('driver {version}', { version: driver })].filter(Boolean).join(' · ');
}

export function About({ host }: { host: Host }) {
	const { machine } = host;
	const kind = kindOf(host);
	if (!machine && !host.session) return kind === '' ? null : <p class="models">{kind}</p>;
	return (
		<Fold class="about" line={<span class="models">{kind || t('about the machine and our session there')}</span>}>
			{() => (
				<>
					{machine && (
						<>
							<p>{machineFacts(machine).join(' · ')}</p>
							<p>{moreMachineFacts(machine).join(' · ')}</p>
						</>
					)}
					<Story host={host} />
					<GpuList host={host} />
				</>
			)}
		</Fold>
	);
}
