import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

interface Props {
	class: string;
	title?: string;
	line: ComponentChildren;
	children: () => ComponentChildren; // called while it is open: what nobody looks at is not drawn
}

/* A line that opens. */
export function Fold({ class: name, title, line, children }: Props) {
	const open = useSignal(false);
	return (
		<details class={name} onToggle={(event) => (open.value = event.currentTarget.open)}>
			<summary title={title}>{line}</summary>
			{open.value && children()}
		</details>
	);
}
