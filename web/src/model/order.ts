/* order: things in the order of a value. What is not known comes last, whichever way round; equals stay as they stood. */

export type Value = string | number | null | undefined;

/* "node10" comes after "node9": each number in a text as one of twelve digits. */
function natural(text: string): string {
	return text.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(12, '0'));
}

/* A number, a text to be compared as it is, or null. */
function keyOf(value: Value): string | number | null {
	if (typeof value === 'number') return Number.isNaN(value) ? null : value;
	return value ? natural(value) : null;
}

/* Numbers before texts. */
function compare(a: string | number, b: string | number): number {
	if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
	return a < b ? -1 : Number(a > b);
}

export function inOrder<T>(things: readonly T[], valueOf: (thing: T) => Value, down = false): T[] {
	const known: { thing: T; key: string | number }[] = [];
	const unknown: T[] = [];
	for (const thing of things) {
		const key = keyOf(valueOf(thing));
		if (key === null) unknown.push(thing);
		else known.push({ thing, key });
	}
	known.sort(down ? (a, b) => compare(b.key, a.key) : (a, b) => compare(a.key, b.key));
	return [...known.map(({ thing }) => thing), ...unknown];
}

/* What nvidia-smi printed, as something to sort by: "54 %" is a number, "P8" a text, "[N/A]" nothing. */
export function valueOfCell(text: string | null | undefined): Value {
	if (text == null || /^\[|^N\/A$/.test(text)) return null;
	const number = /^([+-]?\d+(?:\.\d+)?)\s*[^\d\s]*$/.exec(text);
	return number ? Number(number[1]) : text;
}

/* As it stands in the URL: a column's name, "-" before it: the other way round. null: as the configuration has it. */
export interface Sort {
	name: string;
	down: boolean;
}

export function readSort(text: string | null): Sort | null {
	if (text === null) return null;
	return text.startsWith('-') ? { name: text.slice(1), down: true } : { name: text, down: false };
}

/* What a click on a column's heading makes of it: up, down, as it was. */
export function nextSort(text: string | null, name: string): string | null {
	if (text === name) return `-${name}`;
	return text === `-${name}` ? null : name;
}
