import type { ComponentChildren } from 'preact';
import { addressOf, go, type Place } from '../state/place';

interface Props {
	to: Partial<Place>;
	class?: string;
	title?: string | undefined;
	current?: boolean; // it is where one is
	tabIndex?: number;
	label?: string | undefined; // for those who listen, where the text is not enough
	children?: ComponentChildren;
}

/* A real link to another place of the page: it can be opened in a tab of its own, copied, and reached by keyboard. */
export function PlaceLink({ to, class: name, title, current, tabIndex, label, children }: Props) {
	function follow(event: MouseEvent) {
		if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
		event.preventDefault();
		go(to);
	}
	return (
		<a
			class={name}
			href={addressOf(to)}
			title={title}
			tabIndex={tabIndex}
			aria-label={label}
			aria-current={current ? 'true' : undefined}
			onClick={follow}
		>
			{children}
		</a>
	);
}
