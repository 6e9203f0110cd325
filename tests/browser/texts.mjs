/*
 * texts: what the page's source says to a viewer, and where it says something past the catalogue.
 *
 * esbuild turns each file into plain JavaScript, without comments and templates, and with <b title="x">text</b> as
 * h("b", { title: "x" }, "text"). What is left is a row of tokens, and a token's way up through the brackets tells what it is for.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = fileURLToPath(new URL('../../web/', import.meta.url));

const TOKEN = /(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<name>[\w$]+)|(?<sign>=>|[!=]==?|&&|\|\||\?\?|\?\.|.)/suy;
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y;
const ENDS = { '(': ')', '[': ']', '{': '}' };

/* What stands before a "/" that divides. */
const isValue = (token) => token !== undefined && (token.kind !== 'sign' || token.text === ')' || token.text === ']') && token.text !== 'return';

/* The tokens of a piece of JavaScript. Each has the bracket around it, which has what stands before it, and its place among the commas. */
function tokensOf(code) {
	const tokens = [];
	let around = { text: '', before: undefined, around: null, comma: 0, items: [] };
	for (let at = 0; at < code.length; ) {
		if (/\s/.test(code[at])) {
			at++;
			continue;
		}
		const before = tokens.at(-1);
		const kinds = code[at] === '/' && !isValue(before) ? REGEX : TOKEN;
		kinds.lastIndex = at;
		const match = kinds.exec(code);
		if (!match) throw new Error(`what is this: ${code.slice(at, at + 60)}`);
		at += match[0].length;
		const { string, name } = match.groups ?? {};
		const kind = string ? 'string' : name ? 'name' : match.groups ? 'sign' : 'regex';
		const text = string ? Function(`return ${string}`)() : match[0];
		if (kind === 'sign' && text === ENDS[around.text]) around = around.around;
		const token = { kind, text, before, around, comma: around.comma };
		if (before) before.next = token;
		tokens.push(token);
		around.items.push(token);
		if (kind !== 'sign') continue;
		if (text === ',') around.comma++;
		if (text in ENDS) {
			token.comma = 0;
			token.place = around.comma;
			token.items = [];
			around = token;
		}
	}
	return tokens;
}

const isSign = (token, text) => token?.kind === 'sign' && token.text === text;

/* "t" of t(...); nothing for a(b).c(...) and for brackets that are no call. */
function calleeOf(bracket) {
	const { before } = bracket;
	return isSign(bracket, '(') && before?.kind === 'name' && before.before?.text !== 'function' ? before.text : null;
}

/* The tokens of each argument of a call, or of each item of a list. */
function itemsOf(bracket) {
	const items = [];
	for (const token of bracket.items) {
		if (isSign(token, ',')) items.push([]);
		else if (!isSign(token, ENDS[bracket.text])) (items[items.length - 1] ?? items[items.push([]) - 1]).push(token);
	}
	return items;
}

/* { title: "x", rows } is [["title", [x]], ["rows", []]]. */
const propertiesOf = (object) => itemsOf(object).map(([name, , ...value]) => [name.text, value]);

/* In an object: the name under which this token stands. */
function propertyOf({ around, comma }) {
	const name = around.items.find((token) => token.comma === comma && !isSign(token, ','));
	return isSign(name?.next, ':') ? name.text : null;
}

/* Of a property. */
const isName = ({ next, before }) => isSign(next, ':') && (isSign(before, '{') || isSign(before, ','));

const placesIn = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

/* These attributes are read by people. */
const READ = new Set(['title', 'aria-label', 'placeholder', 'alt', 'label', 'line', 'tip', 'more', 'untold', 'data-title', 'content']);
const NEAR = new Set(['===', '!==', '==', 'in', 'case']); // it is compared

/* Whether a string comes onto the screen, as far as its brackets tell. */
function isShown(token) {
	if (NEAR.has(token.before?.text) || NEAR.has(token.next?.text)) return false;
	if (isName(token)) return false;
	for (let it = token; ; it = it.around) {
		const { around, comma } = it === token ? token : { around: it.around, comma: it.place };
		if (around.around === null) return false;
		if (isSign(around, '(')) {
			const callee = calleeOf(around);
			if (callee === 'h') return comma >= 2;
			if (callee !== null && callee !== 'concat' && callee !== 'filter') return false;
		} else if (isSign(around, '[')) {
			if (isValue(around.before)) return false;
		} else if (isSign(around, '{')) {
			const isAttributes = calleeOf(around.around) === 'h' && around.place === 1;
			return isAttributes && READ.has(propertyOf({ around, comma }));
		}
	}
}

/* To whom words are said that no viewer sees, and to whom words that are none. */
const TO_OTHERS = new Set(['t', 'n', 'texts', 'Error', 'error', 'warn', 'Set', 'matches', 'closest', 'querySelector', 'querySelectorAll', 'matchMedia']);

/* Two words or more that are nobody's but a viewer's: "up since" in a function that makes phrases. */
function isProse(token) {
	if (!/[a-z]{2} [a-z]{2}/i.test(withoutNames(token.text)) || NEAR.has(token.before?.text)) return false;
	if (isSign(token.around, '{') && (isName(token) || ['class', 'text'].includes(propertyOf(token)))) return false;
	for (let { around } = token; around; { around } = around) if (TO_OTHERS.has(calleeOf(around))) return false;
	return !NO_PROSE.test(token.text);
}

/* Style classes that are put together outside of an attribute, markup, and what a shell is told. */
const NO_PROSE = /^host ok( ailing)?$|^<|^CUDA_/;

/* Whether a call is made while the script is read, before there is a catalogue: nothing around it is a function. */
function isEarly(token) {
	for (let it = token; it.around !== null; it = it.around) {
		const { items, before } = it.around;
		const place = items.indexOf(it);
		const begin = items.findLastIndex((other, at) => at < place && (isSign(other, ',') || isSign(other, ';')));
		if (items.slice(begin + 1, place).some((other) => isSign(other, '=>'))) return false;
		if (isSign(it.around, '{') && (isSign(before, ')') || isSign(before, '=>'))) return false;
	}
	return true;
}

class File {
	texts = []; // { text, values: what its places are given, plural }
	faults = [];

	constructor(path, code) {
		this.path = path;
		this.tokens = tokensOf(code);
		for (const token of this.tokens) if (isSign(token, '(')) this.lookAtCall(token);
		const known = new Set(this.texts.map(({ text }) => text));
		for (const token of this.tokens) if (token.kind === 'string' && !known.has(token.text)) this.lookAtString(token);
	}

	fault(what, token) {
		const near = [token.before?.before, token.before, token, token.next, token.next?.next].map((it) => it?.text).join(' ');
		this.faults.push(`${this.path}: ${what}, near ${near}`);
	}

	lookAtString(token) {
		const bypasses = isShown(token) ? /[a-z]{2}/i.test(withoutNames(token.text)) : isProse(token);
		if (bypasses) this.fault(`"${token.text}" bypasses the catalogue`, token);
	}

	lookAtCall(bracket) {
		const callee = calleeOf(bracket);
		if (!['t', 'n', 'texts', 'h'].includes(callee) || isSign(bracket.before.before, '.')) return;
		const [first, second, third, fourth] = itemsOf(bracket);
		const early = callee !== 'texts' && callee !== 'h' && isEarly(bracket.before);
		if (early) this.fault('asked for before there is a catalogue', bracket);
		if (callee === 't') this.add(first, second);
		if (callee === 'n') {
			this.add(second, fourth, ['n'], 'one');
			this.add(third, fourth, ['n'], 'many');
		}
		if (callee === 'texts') this.addTable(first);
		if (callee === 'h' && first?.[0]?.text === 'Say') {
			const said = propertiesOf(second[0]).filter(([name]) => name !== 'key');
			const [, text] = said.find(([name]) => name === 'text');
			this.addText(text, said.map(([name]) => name).filter((name) => name !== 'text'));
		}
	}

	/* `given`: the tokens of the argument with the values. */
	add(text, given, more = [], plural = null) {
		if (given && !isSign(given[0], '{')) return this.fault('values that are no object', given[0]);
		const names = given ? propertiesOf(given[0]).map(([name]) => name) : [];
		this.addText(text, [...more, ...names], plural);
	}

	addText(tokens, values, plural = null) {
		if (tokens?.length !== 1 || tokens[0].kind !== 'string') return this.fault('a text that is no literal', tokens?.[0] ?? this.tokens[0]);
		const [{ text }] = tokens;
		const missing = placesIn(text).filter((name) => !values.includes(name));
		const idle = plural === null ? values.filter((name) => !placesIn(text).includes(name)) : [];
		if (missing.length + idle.length > 0) this.fault(`"${text}" and its values do not fit`, tokens[0]);
		this.texts.push({ text, plural });
	}

	addTable([table]) {
		const isIt = (token) => token.text === table.text && isSign(token.next, '=') && isSign(token.next.next, '{');
		const object = isSign(table, '{') ? table : this.tokens.find(isIt)?.next.next;
		if (!object) return this.fault('a table of texts that cannot be found', table);
		for (const [, value] of propertiesOf(object)) this.addText(value, []);
	}
}

/* Said in any language: names, units, and what is a command. */
const NAMES = /NVIDIA Web Monitor|NVIDIA|PCIe|MIG|MHz|PID|nvwebmon \S+ \S+|make demo|\b(GPU|pod|kW|kB|MB|GB|GiB|MiB|TiB|ms|px)\b/g;
const withoutNames = (text) => text.replace(NAMES, '');

/* Of one file's source, as { texts, faults }. */
export function textsOf(code, path = 'source.tsx') {
	const esbuild = createRequire(join(web, 'package.json'))('esbuild');
	const plain = esbuild.transformSync(code, {
		loader: path.endsWith('x') ? 'tsx' : 'ts',
		jsx: 'transform',
		jsxFactory: 'h',
		jsxFragment: 'Fragment',
		jsxSideEffects: true, // it marks no call as pure
		minifyWhitespace: true, // and no comments
		legalComments: 'none',
		charset: 'utf8',
		target: 'esnext',
		supported: { 'template-literal': false },
	});
	const { texts, faults } = new File(path, plain.code);
	return { texts, faults };
}

function sourcesIn(directory) {
	return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
		const path = join(directory, entry.name);
		return entry.isDirectory() ? sourcesIn(path) : /\.tsx?$/.test(entry.name) ? [path] : [];
	});
}

/* Of all of the page; language.ts itself handles texts that others ask for. */
export function textsOfPage() {
	const source = join(web, 'src');
	const all = sourcesIn(source)
		.filter((path) => !path.endsWith('/format/language.ts'))
		.map((path) => textsOf(readFileSync(path, 'utf8'), relative(dirname(source), path)));
	return { texts: all.flatMap(({ texts }) => texts), faults: all.flatMap(({ faults }) => faults) };
}

/* The places of a text: "{n} on {host}" is ["host", "n"]. */
export { placesIn };
