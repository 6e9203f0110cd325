/* wall: for the screen in the corridor: big, and nothing to click. */
export function Wall() {
	return null;
}
