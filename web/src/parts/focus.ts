/*
 * focus: who works by keyboard is not thrown back to the top of the page when what they were at goes away: a button that has done its work, a row
 * whose GPU is free no more, a view. They find themselves at what is next to it, or at the beginning of the view.
 */

const FOCUSABLE = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';

let path: Element[] = []; // from what has the focus outwards; empty: nothing has it

function pathOf(element: Element | null): Element[] {
	return element ? [element, ...pathOf(element.parentElement)] : [];
}

function placeNear(lost: readonly Element[]): HTMLElement | null {
	for (const element of lost) {
		if (!element.isConnected) continue;
		if (element.matches('main, main *')) {
			if (element.matches('main')) return element as HTMLElement;
			const near = element.querySelector<HTMLElement>(FOCUSABLE);
			if (near) return near;
		}
	}
	return document.querySelector('main');
}

const isGone = () => path.length > 0 && !path[0]!.isConnected;

/* It is the body's when its element is taken away, and no event tells. Whoever took it away may know better where to go. */
function bringBack(): void {
	if (!isGone() || document.activeElement !== document.body) return;
	const near = placeNear(path);
	path = [];
	near?.focus({ preventScroll: true });
}

/* Called once, with what the page is drawn into. */
export function keepFocus(root: Element): void {
	document.addEventListener('focusin', ({ target }) => (path = pathOf(target as Element)));
	// Who clicks into the void wants it nowhere.
	document.addEventListener('pointerdown', () => (path = []));
	new MutationObserver(() => isGone() && setTimeout(bringBack)).observe(root, { childList: true, subtree: true });
}
