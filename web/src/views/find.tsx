/* find: the search, the filters, and what to copy. */
export function FindBar() {
	return null;
}
