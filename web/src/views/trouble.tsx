/* trouble: all that is wrong anywhere, in one list. */
export function Troubles() {
	return null;
}
