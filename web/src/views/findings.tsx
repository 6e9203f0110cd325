/* findings: what is not as it should be on a host, worst first, each with its remedy. */
import { CopyButton } from '../parts/copy';
import { apart, shorten } from '../format/format';
import { findingWords } from '../format/kinds';
import { severityWord } from '../format/words';
import { n, t } from '../format/language';
import { foldFindings, piecesOf, withoutGpu } from '../model/findings';
import { keysOf } from '../model/lists';
import type { Finding, Host } from '../model/types';
import { Say } from '../parts/say';
import { Clock } from '../parts/times';

const IN_SIGHT = 3; // the others fold
const LONGEST_MESSAGE = 400; // characters

function Line({ finding }: { finding: Finding }) {
	return (
		<>
			<span class="mark" title={severityWord(finding.severity)} />
			<span class="sr">{severityWord(finding.severity)}: </span>
			<span class="message">
				{apart(shorten(findingWords(finding), LONGEST_MESSAGE))}
				{finding.since ? (
					<small>
						{' '}
						<Say text="since {time}" time={<Clock at={finding.since} />} />
					</small>
				) : null}
			</span>
		</>
	);
}

/* The error that was found about a GPU, beside what it is at. */
export function Ails({ finding }: { finding: Finding }) {
	const words = apart(shorten(ailWords(finding), LONGEST_MESSAGE));
	return (
		<span class="ails" title={words}>
			<span class="mark" /> {words}
		</span>
	);
}

/* "3 uncorrected ECC errors" */
export function ailWords(finding: Finding): string {
	return findingWords({ ...finding, message: withoutGpu(finding.message, finding.gpu) });
}

/* What to do, each command in it with a button. */
export function Remedy({ text }: { text: string }) {
	return (
		<p class="remedy">
			{piecesOf(text).map((piece, place) =>
				place % 2 === 0 ? (
					piece
				) : (
					<span key={place}>
						<code>{piece}</code> <CopyButton text={piece} label={t('copy')} />
					</span>
				),
			)}
		</p>
	);
}

/* The remedy of an error is in sight, others on demand. */
function Item({ finding }: { finding: Finding }) {
	return (
		<li class="finding" data-severity={finding.severity}>
			{finding.remedy ? (
				<details open={finding.severity === 'error'}>
					<summary>
						<Line finding={finding} />
						<span class="copy">{t('remedy')}</span>
					</summary>
					<Remedy text={finding.remedy} />
				</details>
			) : (
				<p>
					<Line finding={finding} />
				</p>
			)}
		</li>
	);
}

function counts(findings: readonly Finding[]): string {
	const of = (severity: string) => findings.filter((finding) => finding.severity === severity).length;
	return [
		of('error') > 0 && n(of('error'), '{n} error', '{n} errors'),
		of('warning') > 0 && n(of('warning'), '{n} warning', '{n} warnings'),
		of('note') > 0 && n(of('note'), '{n} note', '{n} notes'),
	]
		.filter(Boolean)
		.join(', ');
}

/* What the host's own error says already is not said twice. */
export function Findings({ host }: { host: Host }) {
	const findings = foldFindings((host.findings ?? []).filter(({ kind }) => kind !== host.error?.kind));
	if (findings.length === 0) return null;
	// Messages hold measured values: what is open stays open when these change.
	const keys = keysOf(findings.map(({ kind, uuid, gpu }) => `${kind} ${uuid ?? gpu}`));
	const items = findings.map((finding, place) => <Item key={keys[place]} finding={finding} />);
	const shown = findings.length <= IN_SIGHT + 1 ? findings.length : IN_SIGHT;
	const folded = findings.slice(shown);
	return (
		<div class="findings">
			<ul aria-label={t('Findings on {host}', { host: host.name })}>{items.slice(0, shown)}</ul>
			{folded.length > 0 && (
				<details class="more">
					<summary>{t('{n} more: {what}', { n: folded.length, what: counts(folded) })}</summary>
					<ul>{items.slice(shown)}</ul>
				</details>
			)}
		</div>
	);
}
