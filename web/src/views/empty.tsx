import { t } from '../format/language';
import { CopyLine } from '../parts/copy';

/* Shown where there is nothing to watch: what to do, rather than a blank page. */
export function Empty({ hosts }: { hosts: number }) {
	return (
		<section class="empty">
			<h2>{hosts === 0 ? t('No host is watched yet') : t('This machine has no GPU to show')}</h2>
			<p>
				{hosts === 0
					? t('The monitor runs, and its configuration names no host.')
					: t('The monitor runs, and was told of no other machine. What nvidia-smi says here stands below.')}
			</p>
			<p>{t('Watch machines that you reach by ssh:')}</p>
			<CopyLine text="nvwebmon gpu1 alice@gpu2" />
			<p>{t('Or see it with a make-believe lab, no GPU needed:')}</p>
			<CopyLine text="make demo" />
		</section>
	);
}
