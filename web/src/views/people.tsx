/* people: who uses what now. */
export function People() {
	return null;
}
