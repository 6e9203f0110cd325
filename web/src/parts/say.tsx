import { Fragment, type ComponentChild } from 'preact';
import { pieces } from '../format/language';

/* A sentence with parts that live: <Say text="Last values, {age} old" age={<Age of={…} />} />. */
export function Say({ text, ...parts }: { text: string } & Record<string, ComponentChild>) {
	return (
		<>
			{pieces(text).map((piece, place) => (
				<Fragment key={place}>{place % 2 === 0 ? piece : parts[piece]}</Fragment>
			))}
		</>
	);
}
