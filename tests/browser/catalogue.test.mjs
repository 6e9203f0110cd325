/* The catalogues in web/src/lang, and that all the page says is in them. No browser. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { modules } from './modules.mjs';
import { placesIn, textsOf, textsOfPage } from './texts.mjs';

const lang = new URL('../../web/src/lang/', import.meta.url);
const codes = readdirSync(lang).map((name) => name.replace('.json', '')).sort();
const catalogueOf = (code) => JSON.parse(readFileSync(new URL(`${code}.json`, lang), 'utf8'));
const { texts, faults } = textsOfPage();
const language = await modules('format/language', 'format/format', 'format/kinds', 'format/words');

test('all that the page says is looked up in the catalogue, when it is drawn', () => assert.deepEqual(faults, []));

test('what bypasses the catalogue is found', () => {
	const faultOf = (code) => textsOf(code).faults.join('\n');
	const bad = {
		bypasses: [
			'<p>Hello there</p>',
			'<p>{a && "hello"}</p>',
			'<p>{`${n} hosts`}</p>',
			'<p>{a ? <b>Bold</b> : null}</p>',
			'<p title="Hello">{x}</p>',
			'<p aria-label={`GPU of ${host}`} />',
			'<input placeholder="find" />',
			'<Figure tip={a ? "Hello" : ""} />',
			'const f = (a) => `up since ${a}`;',
		],
		'no literal': ['const f = (a) => t(a);', 'const f = (a) => t(`${a} hosts`);', '<Say text={a} />', 'const f = () => n(2, a, "b");'],
		'before there is a catalogue': ['const A = t("a");', 'const A = { a: () => t("a"), b: t("b") };', 'export const A = [f(() => 1), n(2, "a", "b")];'],
		'do not fit': ['const f = () => t("{a} b");', 'const f = () => t("a {b}", { c });', '<Say text="{a}" b={1} />', 'const f = () => n(1, "{a}", "{n} b");'],
		'cannot be found': ['const A = texts(B);'],
	};
	for (const [fault, all] of Object.entries(bad)) for (const code of all) assert.match(faultOf(code), new RegExp(fault), code);
	const good = [
		'const A = () => <p class="big red" title={t("Hello")}>{t("{n} of {all}", { n, all })} / {x / 2} GiB</p>;',
		'<p>{a === "free" && <Say text="{age} old" age={<Age />} />}</p>',
		'const A = () => t("a"); const B = { a: () => t("b") }; function c() { return t("c"); }',
		'const A = texts({ "a b c": "One or two" }); const B = { a: "More of it" }; const C = texts(B);',
		'throw new Error("no words for a viewer");',
	];
	for (const code of good) assert.equal(faultOf(code), '', code);
	assert.deepEqual(
		textsOf(good[3]).texts.map(({ text }) => text),
		['One or two', 'More of it'],
	);
});

test('each catalogue is offered by the page and built into the server, and each language offered has one', () => {
	assert.deepEqual(Object.keys(language.LANGUAGES).sort(), ['en', ...codes].sort());
	const [, built] = /^languages = \[(.*)\]$/m.exec(readFileSync(new URL('../../web/meson.build', import.meta.url), 'utf8'));
	assert.deepEqual(built.replaceAll("'", '').split(/, */).sort(), codes);
});

for (const code of codes) {
	test(`${code}: every text is translated, none in vain, and its places are kept`, () => {
		const catalogue = catalogueOf(code);
		const all = new Set(texts.map(({ text }) => text));
		// A language without a singular leaves it out.
		const needed = new Set(texts.filter(({ plural }) => plural !== 'one').map(({ text }) => text));
		assert.deepEqual([...needed].filter((text) => !(text in catalogue)), [], 'not translated');
		assert.deepEqual(Object.keys(catalogue).filter((text) => !all.has(text)), [], 'not asked for');
		for (const [text, translation] of Object.entries(catalogue)) {
			assert.ok(translation.trim() !== '' && translation === translation.trim(), text);
			assert.deepEqual(placesIn(translation), placesIn(text), text);
		}
	});
}

test('Chinese: words that are English are names', () => {
	const NAMES = /\b(GPU|CPU|MIG|ECC|PCIe|KVM|UUID|PID|ID|MHz|GB|GiB|ms|InfoROM|Xid|Slurm|shell|ssh|pod|loginuid|NVIDIA|nvidia-smi|Esc)\b|--gpu-reset/g;
	for (const [text, translation] of Object.entries(catalogueOf('zh')))
		assert.doesNotMatch(translation.replace(/\{\w+\}/g, '').replace(NAMES, ''), /[A-Za-z]{2}/, text);
});

test('a language is the first of the viewer’s that there is, else English', () => {
	const { languageFor } = language;
	assert.equal(languageFor(['zh-CN', 'en']), 'zh');
	assert.equal(languageFor(['zh-Hans-SG']), 'zh');
	assert.equal(languageFor(['tlh', 'ZH']), 'zh');
	assert.equal(languageFor(['en-GB', 'zh']), 'en');
	assert.equal(languageFor(['tlh']), 'en');
	assert.equal(languageFor(['constructor']), 'en');
	assert.equal(languageFor([]), 'en');
});

test('times and dates are said in the language of the page', () => {
	const { clock, duration, findingWords, fullTime, useCatalogue } = language;
	const noon = new Date(2026, 2, 5, 12, 0, 7).getTime() / 1000;
	const finding = { kind: 'disk-full', message: '/data is 97 % full' };
	assert.match(fullTime(noon), /^Thursday,? 5 March 2026/);
	assert.equal(findingWords(finding), finding.message);

	useCatalogue('zh', catalogueOf('zh'));
	try {
		assert.deepEqual([5, 7860, 273_600].map(duration), ['5 秒', '2 小时 11 分钟', '3 天 4 小时']);
		assert.equal(clock(noon, noon + 60), '12:00:07');
		assert.equal(clock(noon, noon + 86_400), '3月5日 12:00');
		assert.match(fullTime(noon), /^2026年3月5日星期四/);
		assert.equal(findingWords(finding), '磁盘已满 · /data is 97 % full', 'what the server says stays as it is');
	} finally {
		useCatalogue('en', {});
	}
});

test('texts have their values, plurals and meanings', () => {
	const { n, pieces, t, texts: table, useCatalogue } = language;
	const titles = table({ auth: 'Login refused' });
	assert.equal(t('{count} on {host}', { count: 8, host: '{count}' }), '8 on {count}');
	assert.equal(t('free|of cost'), 'free');
	assert.deepEqual([0, 1, 2].map((count) => n(count, '{n} GPU', '{n} GPUs')), ['0 GPUs', '1 GPU', '2 GPUs']);
	assert.deepEqual([titles('auth'), titles('quite-new'), titles('constructor')], ['Login refused', 'quite new', 'constructor']);

	useCatalogue('zh', { '{n} GPUs': '{n} 张 GPU', 'free|of cost': '免费', 'Login refused': '登录被拒绝', '{age} old': '{age}前' });
	try {
		assert.deepEqual([0, 1, 2].map((count) => n(count, '{n} GPU', '{n} GPUs')), ['0 张 GPU', '1 张 GPU', '2 张 GPU']);
		assert.deepEqual([t('free|of cost'), t('free'), titles('auth'), titles('quite-new')], ['免费', 'free', '登录被拒绝', 'quite new']);
		assert.deepEqual(pieces('{age} old'), ['', 'age', '前']);
		useCatalogue('zh', {});
		assert.equal(n(1, '{n} GPU', '{n} GPUs'), '1 GPU', 'without a catalogue it is English');
	} finally {
		useCatalogue('en', {});
	}
});
