/*
 * details: everything known of one host, or of one of its GPUs: over the right of the view, and on a phone instead of it.
 *
 * It has its own address (state/place.ts). The page beside it goes on living: another host can be opened from there.
 */
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../format/language';
import { Boundary } from '../parts/boundary';
import { PlaceLink } from '../parts/link';
import { go, type Open } from '../state/place';
import { entries, link, type HostEntry } from '../state/state';
import { GpuDetails } from './details-gpu';
import { HostDetails } from './details-host';
import { LostSince } from './topbar';

const close = () => go({ open: null });

/* The panel lies over the place that tells so. */
function Lost() {
	if (link.value.state !== 'lost') return null;
	return (
		<p class="note lost">
			<LostSince />
		</p>
	);
}

/* Goes in when something is opened, and back to where it was when all is closed. */
function useFocus(panel: RefObject<HTMLElement | null>, { host, gpu }: Open): void {
	const before = useRef(document.activeElement); // once drawn, a phone has taken the focus from what is behind
	useLayoutEffect(() => {
		const { current: element } = panel;
		return () => {
			// Who is at something behind it stays there, and sees it now.
			if (document.activeElement !== document.body && !element?.contains(document.activeElement)) return;
			const { current: it } = before;
			setTimeout(() => it instanceof HTMLElement && it.isConnected && it.focus());
		};
	}, []);
	useEffect(() => {
		panel.current!.scrollTop = 0;
		panel.current!.querySelector('h2')?.focus({ preventScroll: true });
	}, [host, gpu]);
}

/* Escape closes it, unless it is meant for something else: a field that it empties, a menu. */
function useEscape(): void {
	useEffect(() => {
		function onKey(event: KeyboardEvent) {
			if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing) return;
			if (event.target instanceof Element && event.target.closest('input, select, textarea, dialog')) return;
			event.preventDefault();
			close();
		}
		document.addEventListener('keydown', onKey);
		return () => document.removeEventListener('keydown', onKey);
	}, []);
}

function Missing({ open, entry }: { open: Open; entry: HostEntry | undefined }) {
	return (
		<>
			<h2 class="heading" tabIndex={-1}>
				{entry ? t('This GPU is not there') : t('This host is not there')}
			</h2>
			<p class="note">
				{entry
					? t('{host} has no GPU {gpu}, or no longer: cards are replaced, and links to them stay.', {
							host: open.host,
							gpu: open.gpu ?? '',
						})
					: t(
							'No host is called {host}, or no longer: hosts are renamed or taken out, and links to them stay.',
							{
								host: open.host,
							},
						)}
			</p>
			<p class="note">
				{entry && (
					<PlaceLink to={{ open: { host: open.host, gpu: null } }}>{t('All of {host}', { host: open.host })}</PlaceLink>
				)}
			</p>
		</>
	);
}

function Content({ open, entry }: { open: Open; entry: HostEntry | undefined }) {
	if (!entry) return <Missing open={open} entry={entry} />;
	if (open.gpu === null) return <HostDetails key={entry.name} entry={entry} />;
	const row = entry.rows.value.find(({ key }) => key === `${entry.name}/${open.gpu}`);
	return row ? <GpuDetails key={row.key} entry={entry} row={row} /> : <Missing open={open} entry={entry} />;
}

export function Details({ open }: { open: Open }) {
	const panel = useRef<HTMLDivElement>(null);
	const entry = entries.value.find(({ name }) => name === open.host);
	useFocus(panel, open);
	useEscape();
	return (
		<div class="details" role="dialog" aria-label={t('Details of {host}', { host: open.host })} ref={panel}>
			<button type="button" class="close" title={t('Close (Esc)')} aria-label={t('Close')} onClick={close}>
				✕
			</button>
			<Lost />
			<Boundary name={open.host} version={entry?.host.value}>
				<Content open={open} entry={entry} />
			</Boundary>
		</div>
	);
}
