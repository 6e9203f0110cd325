/* newer: whether the server has another page by now than the one that runs here. */

/* The address of the script in it has the version. What cannot be found out counts as no. */
export async function hasChanged(script: string): Promise<boolean> {
	try {
		const reply = await fetch(new URL('..', script), { cache: 'no-cache', headers: { Accept: 'text/html' } });
		const [, version] = /app\.js\?v=([\w-]+)/.exec(await reply.text()) ?? [];
		return version !== undefined && version !== new URL(script).searchParams.get('v');
	} catch {
		return false;
	}
}
