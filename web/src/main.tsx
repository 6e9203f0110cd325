/*
 * main: where the script begins: as the page, or as the worker that the pages share (worker.ts). What it imports must therefore not touch
 * the document before it is called.
 *
 * Reading order: model (what is told, and what follows), state (what is shown), page (the views, from the outside in), remote and stream
 * (how it gets here).
 */
import { render } from 'preact';
import { applyTheme } from './choices';
import { Page } from './page';
import { follow } from './remote';
import { receive, tick } from './state';
import { startWorker, type WorkerScope } from './worker';

function startPage(script: string): void {
	applyTheme();
	follow(script, receive);
	setInterval(() => document.visibilityState === 'visible' && tick(), 1000);
	document.addEventListener('DOMContentLoaded', () => render(<Page />, document.getElementById('page')!));
}

if ('document' in globalThis) startPage((document.currentScript as HTMLScriptElement).src);
else startWorker(globalThis as unknown as WorkerScope);
