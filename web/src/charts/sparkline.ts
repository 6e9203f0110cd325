/*
 * sparkline: one measure over the last minutes as a line without axes. Those of one key share their cursor.
 *
 * The line's colour is that of the element's text, asked for at each drawing: the style sheet decides, and a change of theme needs
 * nothing but redraw().
 */
import uPlot from 'uplot';

export interface Points {
	times: readonly number[]; // Unix seconds
	values: readonly (number | null)[]; // null: the line breaks
	from: number; // the times at the left and the right edge
	to: number;
	low: number; // the values at the lower and the upper edge
	high: number;
}

export interface Spark {
	show(points: Points): void;
	redraw(): void;
	end(): void;
}

/* Fainter, for the ground below the line: "rgb(1, 2, 3)" is what a browser tells of any colour without transparency. */
function faint(colour: string): string {
	return colour.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.16)');
}

/* `point` is called with the place of the moment that the pointer is at, in any of the charts of this key; null: at none. */
export function sparkline(element: HTMLElement, key: string, point: (place: number | null) => void): Spark {
	const colour = () => getComputedStyle(element).color;
	const size = () => ({ width: Math.max(1, element.clientWidth), height: Math.max(1, element.clientHeight) });
	const plot = new uPlot(
		{
			...size(),
			padding: [2, 0, 0, 0],
			legend: { show: false },
			axes: [{ show: false }, { show: false }],
			scales: { x: { time: false, auto: false }, y: { auto: false } },
			series: [{}, { stroke: colour, fill: () => faint(colour()), width: 1.5, points: { size: 4, fill: colour } }],
			cursor: {
				y: false,
				drag: { x: false, y: false },
				points: { size: 7, fill: colour, width: 0 },
				sync: { key, setSeries: false },
			},
			hooks: { setCursor: [(it) => point(it.cursor.idx ?? null)] },
		},
		[[], []],
		element,
	);
	const watcher = new ResizeObserver(() => plot.setSize(size()));
	watcher.observe(element);
	return {
		show({ times, values, from, to, low, high }) {
			plot.batch(() => {
				plot.setData([times as number[], values as (number | null)[]], false);
				plot.setScale('x', { min: from, max: to });
				plot.setScale('y', { min: low, max: high });
			});
		},
		redraw: () => plot.redraw(false),
		end() {
			watcher.disconnect();
			plot.destroy();
		},
	};
}
