import { Component, type ComponentChildren } from 'preact';
import { t } from '../format/language';

interface Props {
	name: string;
	version: unknown; // of what is drawn: with another one it is tried again
	instead?: ComponentChildren; // where a panel does not fit
	children: ComponentChildren;
}

/* What one host's panel does wrong stays in that panel. */
export class Boundary extends Component<Props, { failed: unknown }> {
	override state = { failed: undefined };

	override componentDidCatch(error: unknown): void {
		console.error(`the panel of ${this.props.name} cannot be drawn`, error);
		this.setState({ failed: this.props.version });
	}

	override render() {
		if (this.state.failed === undefined || this.state.failed !== this.props.version) return this.props.children;
		if (this.props.instead) return this.props.instead;
		return (
			<section class="host error">
				<h2 class="heading">
					<span class="mark" />
					<span class="name">{this.props.name}</span>
				</h2>
				<p class="note">{t('What this host sent cannot be drawn. It is tried again with its next values.')}</p>
			</section>
		);
	}
}
