import { useSignal } from '@preact/signals';
import { t } from '../format/language';

const SAID_FOR = 2000; // ms

/* Browsers give the clipboard only to HTTPS and localhost. In a lab's plain HTTP, the old way still works. */
async function toClipboard(text: string): Promise<void> {
	if (navigator.clipboard) return navigator.clipboard.writeText(text);
	const area = document.createElement('textarea');
	area.value = text;
	area.className = 'sr';
	document.body.append(area);
	area.select();
	const done = document.execCommand('copy');
	area.remove();
	if (!done) throw new Error('copying is not allowed');
}

export function CopyButton({ text, label }: { text: string; label: string }) {
	const said = useSignal('');

	async function copy(event: MouseEvent) {
		const button = event.currentTarget as HTMLElement;
		try {
			await toClipboard(text);
			said.value = t('copied');
		} catch {
			said.value = t('select it by hand');
		}
		button.focus();
		setTimeout(() => (said.value = ''), SAID_FOR);
	}
	return (
		<button type="button" class="copy" title={text} onClick={copy}>
			<span aria-live="polite">{said.value || label}</span>
		</button>
	);
}

/* A line to paste into a terminal. */
export function CopyLine({ text }: { text: string }) {
	return (
		<div class="line">
			<code>{text}</code>
			<CopyButton text={text} label={t('copy')} />
		</div>
	);
}
