/* details: everything known of one host, or of one of its GPUs. */
import type { Open } from '../state/place';

export function Details({ open }: { open: Open }) {
	return <aside>{open.host}</aside>;
}
