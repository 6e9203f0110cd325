/* assets: the files of the page that are not needed at once: catalogues, and the code that draws charts. */
import type { Charts } from '../charts/main';
import type { Catalogue, Language } from '../format/language';
import { script as ownScript } from './script';

const PATIENCE = 4000; // ms; then the page comes in English rather than not at all

/* They have the version of the script in their address, so that an older one is never taken. */
function beside(script: string, name: string): URL {
	const url = new URL(name, script);
	url.search = new URL(script).search;
	return url;
}

export async function catalogueOf(language: Language, script: string): Promise<Catalogue> {
	if (language === 'en') return {};
	try {
		const reply = await fetch(beside(script, `${language}.json`), { signal: AbortSignal.timeout(PATIENCE) });
		if (!reply.ok) throw new Error(`${reply.status}`);
		return (await reply.json()) as Catalogue;
	} catch (error) {
		console.warn(`no catalogue for ${language}`, error);
		return {};
	}
}

let charts: Promise<Charts> | null = null;

/* The code that draws charts. Fetched once; when that failed, the next one who asks tries again. */
export function chartsOf(): Promise<Charts> {
	charts ??= new Promise<Charts>((done, fail) => {
		const element = document.createElement('script');
		element.src = beside(ownScript, 'charts.js').href;
		element.onload = () => done((globalThis as unknown as { nvwebmonCharts: Charts }).nvwebmonCharts);
		element.onerror = () => {
			charts = null;
			fail(new Error('charts.js cannot be fetched'));
		};
		document.head.append(element);
	});
	return charts;
}
