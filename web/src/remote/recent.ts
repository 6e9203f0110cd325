/* recent: the last minutes of one host, asked for when somebody looks at it. */
import type { Recent } from '../model/types';
import { address } from './script';

const PATIENCE = 8000; // ms

/* null: the server does not tell, as an older one; then the minutes begin now. */
export async function recentOf(host: string, ended: AbortSignal): Promise<Recent | null> {
	try {
		const path = `api/v1/hosts/${encodeURIComponent(host)}/recent`;
		const reply = await fetch(address(path), { signal: AbortSignal.any?.([ended, AbortSignal.timeout(PATIENCE)]) ?? ended });
		return reply.ok ? ((await reply.json()) as Recent) : null;
	} catch (error) {
		if (!ended.aborted) console.warn(`the last minutes of ${host} are not told`, error);
		return null;
	}
}
