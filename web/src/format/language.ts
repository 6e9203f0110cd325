/*
 * language: what the page says, in the viewer's language.
 *
 * The English text itself is the key, so the source reads as it looks, and what a catalogue lacks comes out in English. A catalogue is a JSON
 * object in lang/: text -> translation; docs/translating.md says how to add one. The language changes only between two drawings of the whole page
 * (main.tsx), so these functions are plain ones.
 */

/* Each by the name that its readers give it. "en" has no catalogue. */
export const LANGUAGES = { en: 'English', zh: '简体中文' } as const;
export type Language = keyof typeof LANGUAGES;
export type Catalogue = Readonly<Record<string, string>>;

let current: Language = 'en';
let catalogue: Catalogue = {};

/* A catalogue with nothing in it could not be had: then all of the page is English, its numbers and dates too. */
export function useCatalogue(language: Language, texts: Catalogue): void {
	current = Object.keys(texts).length > 0 ? language : 'en';
	catalogue = texts;
}

export const currentLanguage = (): Language => current;

/* The first of the viewer's languages that there is: "zh-CN" is "zh". */
export function languageFor(preferred: readonly string[]): Language {
	const short = preferred.map((tag) => tag.toLowerCase().split('-')[0]);
	return (short.find((tag) => tag !== undefined && Object.hasOwn(LANGUAGES, tag)) as Language | undefined) ?? 'en';
}

export type Values = Readonly<Record<string, string | number>>;

/* t('{count} on {host}', { count: 8, host: 'node4' }). A text that reads the same but means another thing has its meaning behind "|", not shown. */
export function t(text: string, values?: Values): string {
	const found = catalogue[text] ?? text.replace(/\|.*$/, '');
	return values ? found.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole)) : found;
}

/*
 * texts({ auth: 'Login refused' })('auth'): for a table of texts, which may stand at a module's head, where no catalogue is there yet. A kind
 * that the table does not know still reads as words.
 */
export function texts(table: Readonly<Record<string, string>>): (kind: string) => string {
	return (kind) => (Object.hasOwn(table, kind) ? t(table[kind]!) : kind.replaceAll('-', ' '));
}

/* n(3, '{n} GPU', '{n} GPUs'). A language without plurals has the second alone. */
export function n(count: number, one: string, many: string, values?: Values): string {
	const text = count === 1 && (current === 'en' || one in catalogue) ? one : many;
	return t(text, { ...values, n: count });
}

/* For parts/say.tsx: the text with its places, "Last values, {age} old", as pieces: text, name, text, name, ... */
export function pieces(text: string): string[] {
	return t(text).split(/\{(\w+)\}/);
}
