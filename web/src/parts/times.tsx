/* The only parts of the page that change by themselves, once a second: each is a text of its own. */
import { clock, duration, fullTime } from '../format/format';
import { t } from '../format/language';
import { now } from '../state/state';

/* "12 min". A clock that runs a little ahead does not make it negative. */
export function Age({ of }: { of: number }) {
	return <>{duration(now.value - of)}</>;
}

/* "14:02:11", in the viewer's zone. */
export function Clock({ at }: { at: number }) {
	return <time title={fullTime(at)}>{clock(at, now.value)}</time>;
}

export function NextTry({ at }: { at: number }) {
	const left = Math.ceil(at - now.value);
	return <>{left > 0 ? t('next try in {duration}', { duration: duration(left) }) : t('trying now')}</>;
}
