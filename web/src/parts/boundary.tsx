import { Component, type ComponentChildren } from 'preact';
import { t } from '../format/language';

interface Props {
	name: string;
	version?: unknown; // of what is drawn: with another one it is tried again
	instead?: ComponentChildren; // where a panel does not fit
	children: ComponentChildren;
}

const PAUSE = 5000; // ms

/* What one host's panel does wrong stays in that panel. Where it is of no one host there is no version, and it is tried again after a while. */
export class Boundary extends Component<Props, { failed: unknown }> {
	override state = { failed: undefined };

	override componentDidCatch(error: unknown): void {
		console.error(`the panel of ${this.props.name} cannot be drawn`, error);
		const { version = error } = this.props;
		this.setState({ failed: version });
		if (version === error) setTimeout(() => this.setState({ failed: undefined }), PAUSE);
	}

	override render() {
		const { failed } = this.state;
		const { version = failed } = this.props;
		if (failed === undefined || failed !== version) return this.props.children;
		if (this.props.instead) return this.props.instead;
		return (
			<section class="host error">
				<h2 class="heading">
					<span class="mark" />
					<span class="name">{this.props.name}</span>
				</h2>
				<p class="note">
					{this.props.version === undefined
						? t('This cannot be drawn. It is tried again in a moment.')
						: t('What this host sent cannot be drawn. It is tried again with its next values.')}
				</p>
			</section>
		);
	}
}
