/* details-facts: what details are made of: sections of facts, and who is on a GPU. */
import { Fragment, type ComponentChild, type ComponentChildren } from 'preact';
import { processFacts } from '../format/facts';
import { apart, bytes, duration, shorten } from '../format/format';
import { t } from '../format/language';
import { keysOf } from '../model/lists';
import type { Trouble } from '../model/troubles';
import type { Host, Process } from '../model/types';
import type { Use } from '../model/use';
import { CopyButton } from '../parts/copy';
import { Say } from '../parts/say';
import { Age } from '../parts/times';
import { isFresh } from '../state/state';
import { TroubleItem } from './trouble';

const LONGEST_FACT = 600; // characters

export function Section({ title, children }: { title: string; children: ComponentChildren }) {
	return (
		<section>
			<h3>{title}</h3>
			{children}
		</section>
	);
}

/* Of a host, or of one GPU; nothing when there is nothing. */
export function WhatIsWrong({ troubles }: { troubles: readonly Trouble[] }) {
	if (troubles.length === 0) return null;
	return (
		<Section title={t('What is wrong')}>
			<ul class="troubles">
				{troubles.map((trouble, place) => (
					<TroubleItem key={place} trouble={trouble} here />
				))}
			</ul>
		</Section>
	);
}

/* A value that is null or not there was not told, and says so; false: the fact does not belong here at all. */
export type Fact = [term: string, value: ComponentChild | undefined];

export function Facts({ facts, untold }: { facts: (Fact | false)[]; untold?: string }) {
	return (
		<dl>
			{facts.map(
				(fact) =>
					fact && (
						<Fragment key={fact[0]}>
							<dt>{fact[0]}</dt>
							{fact[1] == null || fact[1] === '' ? (
								<dd class="absent">{untold ?? t('not told by the driver')}</dd>
							) : (
								<dd>{typeof fact[1] === 'string' ? apart(shorten(fact[1], LONGEST_FACT)) : fact[1]}</dd>
							)}
						</Fragment>
					),
			)}
		</dl>
	);
}

/* For Facts: null stays null. */
export function told<T>(value: T | null | undefined, text: (value: T) => ComponentChild): ComponentChild {
	return value == null ? null : text(value);
}

export function Copied({ text }: { text: string }) {
	return (
		<>
			<code>{text}</code> <CopyButton text={text} label={t('copy')} />
		</>
	);
}

export function wordsOfUse(use: Use, fresh: boolean): string {
	const now = {
		free: t('free'),
		busy: t('in use'),
		held: t('held but idle'),
		asleep: t('asleep'),
		broken: t('in trouble'),
		unknown: t('not known'),
	};
	const then = { ...now, free: t('was free'), busy: t('was in use'), held: t('was held'), asleep: t('was asleep') };
	return (fresh ? now : then)[use];
}

/* Over values that are not of now. */
export function Old({ host }: { host: Host }) {
	if (isFresh(host) || !host.sampled) return null;
	return (
		<p class="note">
			<Say text="Last values, {age} old." age={<Age of={host.sampled} />} />
		</p>
	);
}

function Who({ process: { user, inferred } }: { process: Process }) {
	if (user === null) return <i class="user">{t('user not known')}</i>;
	return (
		<b class="user">
			{apart(user)}
			{inferred && '?'}
		</b>
	);
}

/* Each with all of its command. */
export function FullProcesses({ processes }: { processes: readonly Process[] }) {
	const keys = keysOf(processes.map(({ pid }) => pid));
	return (
		<ul class="processes">
			{processes.map((process, place) => (
				<li key={keys[place]}>
					<p>
						<Who process={process} />
						<span class="amounts">
							{[
								process.memory !== null ? bytes(process.memory) : t('memory not told'),
								process.elapsed !== null && t('for {duration}', { duration: duration(process.elapsed) }),
							]
								.filter(Boolean)
								.join(' · ')}
						</span>
					</p>
					<code tabIndex={0}>
						<bdi>{process.command ?? process.name ?? t('name not known')}</bdi>
					</code>
					<p class="more">{processFacts(process).join(' · ')}</p>
				</li>
			))}
		</ul>
	);
}
