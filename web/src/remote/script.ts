/* script: the address of this very script, from which all others follow; in a worker it is not asked for. */
const element = 'document' in globalThis ? (document.currentScript as HTMLScriptElement | null) : null;
export const script = element?.src ?? '';

/* The address of something below the page's directory, which is one above the script's, whatever path a proxy put it under. */
export function address(path: string): URL {
	return new URL(`../${path}`, script);
}
