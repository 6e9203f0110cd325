/* map: every GPU there is as one small square. */
export function HeatMap() {
	return null;
}
