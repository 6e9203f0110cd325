/* choices: what the viewer chose, remembered by the browser where it may remember. What belongs to a link stands in place.ts. */
import { effect, signal, type Signal } from '@preact/signals';
import { languageFor, LANGUAGES, type Language } from '../format/language';

/* `usual` until the viewer chooses; what is stored and not one of `values` counts as nothing. */
function remembered<T extends string>(key: string, usual: T, isOne: (text: string) => text is T): Signal<T> {
	let stored: string | null = null;
	try {
		stored = localStorage.getItem(key);
	} catch {
		// Storage can be forbidden. Then the choice lasts as long as the page.
	}
	const choice = signal<T>(stored !== null && isOne(stored) ? stored : usual);
	effect(() => {
		try {
			if (choice.value === usual) localStorage.removeItem(key);
			else localStorage.setItem(key, choice.value);
		} catch {
			// As above.
		}
	});
	return choice;
}

const oneOf =
	<T extends string>(values: readonly T[]) =>
	(text: string): text is T =>
		(values as readonly string[]).includes(text);
const anyText = (text: string): text is string => text.length < 1000;

export type Theme = 'auto' | 'light' | 'dark';
export const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];

export const theme = remembered<Theme>('nvwebmon.theme', 'auto', oneOf(THEMES));
export const language = remembered<Language>(
	'nvwebmon.language',
	languageFor('document' in globalThis ? navigator.languages : []),
	oneOf(Object.keys(LANGUAGES) as Language[]),
);
/* Who the viewer is on the hosts; '': not said. */
export const me = remembered<string>('nvwebmon.me', '', anyText);
/* The columns of the table, by name, with commas; '': the usual ones. */
export const chosenColumns = remembered<string>('nvwebmon.columns', '', anyText);

/* The style sheet does the rest; "auto" leaves it to the system. */
export function applyTheme(): void {
	effect(() => {
		document.documentElement.dataset.theme = theme.value;
	});
}
