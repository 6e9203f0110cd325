/*
 * main: where the script begins: as the page, or as the worker that the pages share (remote/worker.ts). What it imports must therefore not
 * touch the document before it is called.
 *
 * Reading order: model/ (what is told, and what follows; pure), format/ (how it is put into words; pure), state/ (what is shown, and where the
 * viewer is), views/page.tsx (from the outside in), remote/ (how it gets here).
 */
import { effect } from '@preact/signals';
import { render } from 'preact';
import { currentLanguage, useCatalogue } from './format/language';
import { keepFocus } from './parts/focus';
import { catalogueOf } from './remote/assets';
import { enclosedSnapshot, isFromServer } from './remote/enclosed';
import { hasChanged } from './remote/newer';
import { follow } from './remote/remote';
import { startWorker, type WorkerScope } from './remote/worker';
import { applyTheme, language } from './state/choices';
import { followPlace, view } from './state/place';
import { hasNewerPage, link, receive, receiveEnclosed, tick } from './state/state';
import { Page } from './views/page';

/* Draws the page, and all of it anew when the viewer takes another language. */
function draw(root: HTMLElement, script: string): void {
	effect(() => {
		const chosen = language.value;
		void catalogueOf(chosen, script).then((texts) => {
			if (language.peek() !== chosen) return;
			useCatalogue(chosen, texts);
			document.documentElement.lang = currentLanguage();
			render(<Page key={chosen} />, root);
		});
	});
}

const NOT_ALL_AT_ONCE = 5000; // ms

/* Who reads is asked (views/topbar.tsx). A screen on a wall has nobody to ask. */
function takeNewerPage(): void {
	hasNewerPage.value = true;
	if (view.peek() === 'wall') setTimeout(() => location.reload(), Math.random() * NOT_ALL_AT_ONCE);
}

/* A server that was away may have come back with another page. */
function lookForNewerPage(script: string): void {
	let known: number | null = null;
	effect(() => {
		const { state, since } = link.value;
		if (state !== 'live' || since === known) return;
		if (known !== null) void hasChanged(script).then((changed) => changed && takeNewerPage());
		known = since;
	});
}

function startPage(script: string): void {
	applyTheme();
	followPlace();
	follow(script, receive);
	setInterval(() => document.visibilityState === 'visible' && tick(), 1000);
	lookForNewerPage(script);
	document.addEventListener('DOMContentLoaded', () => {
		const snapshot = enclosedSnapshot();
		if (snapshot) receiveEnclosed(snapshot, isFromServer());
		const root = document.getElementById('page')!;
		keepFocus(root);
		draw(root, script);
	});
}

if ('document' in globalThis) startPage((document.currentScript as HTMLScriptElement).src);
else startWorker(globalThis as unknown as WorkerScope);
