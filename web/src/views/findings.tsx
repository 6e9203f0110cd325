/* findings: what is not as it should be on a host, worst first, each with its remedy. */
import { CopyButton } from '../parts/copy';
import { apart, plural, shorten } from '../format/format';
import { foldFindings, piecesOf } from '../model/findings';
import { keysOf } from '../model/lists';
import type { Finding, Host } from '../model/types';
import { Clock } from '../parts/times';

const IN_SIGHT = 3; // the others fold
const LONGEST_MESSAGE = 400; // characters

function Line({ finding }: { finding: Finding }) {
	return (
		<>
			<span class="mark" title={finding.severity} />
			<span class="sr">{finding.severity}: </span>
			<span class="message">
				{apart(shorten(finding.message, LONGEST_MESSAGE))}
				{finding.since ? (
					<small>
						{' '}
						since <Clock at={finding.since} />
					</small>
				) : null}
			</span>
		</>
	);
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
						<code>{piece}</code> <CopyButton text={piece} label="copy" />
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
						<span class="copy">remedy</span>
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
	return (['error', 'warning', 'note'] as const)
		.filter((severity) => of(severity) > 0)
		.map((severity) => plural(of(severity), severity))
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
			<ul aria-label={`Findings on ${host.name}`}>{items.slice(0, shown)}</ul>
			{folded.length > 0 && (
				<details class="more">
					<summary>
						{folded.length} more: {counts(folded)}
					</summary>
					<ul>{items.slice(shown)}</ul>
				</details>
			)}
		</div>
	);
}
