/* choices: what the viewer chose, remembered by the browser where it may remember. */
import { effect, signal, type Signal } from '@preact/signals';

function remembered<T extends string>(key: string, values: readonly [T, ...T[]]): Signal<T> {
	let stored: string | null = null;
	try {
		stored = localStorage.getItem(key);
	} catch {
		// Storage can be forbidden. Then the choice lasts as long as the page.
	}
	const choice = signal(values.find((value) => value === stored) ?? values[0]);
	effect(() => {
		try {
			localStorage.setItem(key, choice.value);
		} catch {
			// As above.
		}
	});
	return choice;
}

export type View = 'cards' | 'table';
export type Theme = 'auto' | 'light' | 'dark';

export const view = remembered<View>('nvwebmon.view', ['cards', 'table']);
export const theme = remembered<Theme>('nvwebmon.theme', ['auto', 'light', 'dark']);

/* The style sheet does the rest; "auto" leaves it to the system. */
export function applyTheme(): void {
	effect(() => {
		document.documentElement.dataset.theme = theme.value;
	});
}
