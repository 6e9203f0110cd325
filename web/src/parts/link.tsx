import type { ComponentChildren, JSX } from 'preact';
import { addressOf, go, type Place } from '../state/place';

interface Props extends Omit<JSX.HTMLAttributes<HTMLAnchorElement>, 'href'> {
	to: Partial<Place>;
	children: ComponentChildren;
}

/* A real link to another place of the page: it can be opened in a tab of its own, copied, and reached by keyboard. */
export function PlaceLink({ to, children, ...rest }: Props) {
	function follow(event: MouseEvent) {
		if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
		event.preventDefault();
		go(to);
	}
	return (
		<a {...(rest as object)} href={addressOf(to)} onClick={follow}>
			{children}
		</a>
	);
}
