/* search: the box on top. */
import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../format/language';
import { afterFrame } from '../parts/frame';
import { type, words } from '../state/place';

/* "/" leads to the box from anywhere but another field. */
function isAway({ target }: KeyboardEvent): boolean {
	return !(target instanceof HTMLElement && target.matches('input, select, textarea, [contenteditable]'));
}

export function Search() {
	const box = useRef<HTMLInputElement>(null);
	const cancel = useRef<(() => void) | null>(null);

	function find(): void {
		cancel.current?.();
		cancel.current = null;
		type(box.current?.value ?? '');
	}
	/* The letter is seen at once; what it finds comes after the next frame, however much that is to look through. */
	function later(): void {
		cancel.current?.();
		cancel.current = afterFrame(find);
	}
	function onKey(event: KeyboardEvent): void {
		if (event.key !== 'Escape') return;
		const input = event.currentTarget as HTMLInputElement;
		event.stopPropagation();
		event.preventDefault();
		if (input.value === '') return input.blur();
		input.value = '';
		find();
	}
	useEffect(() => {
		function focus(event: KeyboardEvent): void {
			if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || !isAway(event)) return;
			event.preventDefault();
			box.current?.select();
			box.current?.focus();
		}
		document.addEventListener('keydown', focus);
		return () => {
			document.removeEventListener('keydown', focus);
			cancel.current?.();
		};
	}, []);
	// The words change from elsewhere, too: by the back button, say.
	useSignalEffect(() => {
		const text = words.value;
		if (box.current && !cancel.current && box.current.value !== text) box.current.value = text;
	});
	return (
		<search class="search">
			<input
				ref={box}
				type="search"
				defaultValue={words.peek()}
				placeholder={t('host, model, person, command …')}
				aria-label={t('Search: host, model, person, command')}
				aria-keyshortcuts="/"
				autocomplete="off"
				spellcheck={false}
				onInput={later}
				onKeyDown={onKey}
				onBlur={() => cancel.current && find()}
			/>
			<kbd aria-hidden="true">/</kbd>
		</search>
	);
}
