/*
 * charts: the page's second script, fetched when the first chart is to be drawn (remote/assets.ts). It stands apart because most
 * visits need none, and uPlot is large.
 */
import { sparkline } from './sparkline';

export interface Charts {
	sparkline: typeof sparkline;
}

(globalThis as { nvwebmonCharts?: Charts }).nvwebmonCharts = { sparkline };
