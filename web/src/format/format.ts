/* format: numbers, sizes and times as people read them. Pure; times come out in the viewer's zone. */
import { currentLanguage, t } from './language';

export const NOT_KNOWN = '–';

/* "1.8 TiB", "71 GiB", "9.4 GiB", "512 MiB". */
export function bytes(value: number | null): string {
	if (value === null) return NOT_KNOWN;
	const gib = value / 2 ** 30;
	if (gib >= 999.5) return `${(gib / 1024).toFixed(1)} TiB`;
	if (gib >= 9.95) return `${Math.round(gib)} GiB`;
	if (gib >= 1) return `${gib.toFixed(1)} GiB`;
	return `${Math.round(value / 2 ** 20)} MiB`;
}

/* The unit only where it is not that of `beside`: "80" beside "71 GiB". */
export function bytesBeside(value: number, beside: number | null): string {
	const [number, unit] = bytes(value).split(' ');
	return number && bytes(beside).endsWith(` ${unit}`) ? number : bytes(value);
}

/* What went over a line, as networks count: "12 MB", "340 kB". */
export function traffic(value: number): string {
	if (value >= 999.5e6) return `${(value / 1e9).toFixed(1)} GB`;
	return value >= 999.5e3 ? `${Math.round(value / 1e6)} MB` : `${Math.round(value / 1e3)} kB`;
}

export function percent(value: number | null): string {
	return value === null ? NOT_KNOWN : `${Math.round(value)} %`;
}

export function degrees(value: number | null): string {
	return value === null ? NOT_KNOWN : `${Math.round(value)}°`;
}

/* "186 W", "41.8 kW"; a single GPU's stay watts. */
export function watts(value: number | null): string {
	if (value === null) return NOT_KNOWN;
	return value < 1999.5 ? `${Math.round(value)} W` : `${(value / 1000).toFixed(1)} kW`;
}

/* The two largest units that say something: "45 s", "12 min", "2 h 11 min", "3 d 4 h". */
export function duration(seconds: number): string {
	const whole = Math.max(0, Math.floor(seconds));
	const days = Math.floor(whole / 86400);
	const hours = Math.floor(whole / 3600) % 24;
	const minutes = Math.floor(whole / 60) % 60;
	const inHours = hours > 0 && t('{n} h', { n: hours });
	const inMinutes = minutes > 0 && t('{n} min', { n: minutes });

	if (days > 0) return both(t('{n} d', { n: days }), days < 10 && inHours);
	return inHours ? both(inHours, inMinutes) : inMinutes || t('{n} s', { n: whole });
}

const both = (large: string, small: string | false) => (small ? `${large} ${small}` : large);

/* Making one takes long, so each is made once. */
const formats = new Map<string, Intl.DateTimeFormat>();

function inWords(time: number, options: Intl.DateTimeFormatOptions): string {
	const language = currentLanguage() === 'en' ? 'en-GB' : currentLanguage();
	const key = language + Object.keys(options).join();
	let format = formats.get(key);
	if (!format) formats.set(key, (format = new Intl.DateTimeFormat(language, options)));
	return format.format(time * 1000);
}

const two = (value: number) => String(value).padStart(2, '0');

/* "14:02:11", or "23 Nov 14:02" when that was not today. Unix seconds. */
export function clock(time: number, now: number): string {
	const then = new Date(time * 1000);
	const hourAndMinute = `${two(then.getHours())}:${two(then.getMinutes())}`;
	if (then.toDateString() === new Date(now * 1000).toDateString()) return `${hourAndMinute}:${two(then.getSeconds())}`;
	return `${inWords(time, { day: 'numeric', month: 'short' })} ${hourAndMinute}`;
}

/* In full, with the zone, for a tooltip. */
export function fullTime(time: number): string {
	return inWords(time, { dateStyle: 'full', timeStyle: 'long' });
}

/* The end of a long text is cut: a tooltip of thousands of characters helps nobody. */
export function shorten(text: string, length: number): string {
	return text.length > length ? `${text.slice(0, length)}…` : text;
}

/*
 * Somebody else's text, for the middle of a line: its direction marks turn nothing around it. The marks around it are those that <bdi>
 * stands for, but what is in the text cannot end these.
 */
export function apart(text: string): string {
	return /^[\x20-\u058f\u2010-\u2027]*$/.test(text) ? text : `\u2068${text.replace(/[\u2066-\u2069]/g, '')}\u2069`;
}

/* "/usr/bin/python3 train.py" is "python3 train.py" to people. */
export function commandLine(command: string): string {
	return command.replace(/^\/\S*\/(?=[^/\s])/, '');
}
