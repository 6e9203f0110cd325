// Waiting for conditions. Nothing here or in the tests waits for a guessed time and then hopes.

/** How much longer everything may take: sanitizers slow the server down. */
export const slowness = process.env.ASAN_OPTIONS ? 3 : 1;

/** Whether so much else runs that it says nothing how late something is. */
export const crowded = process.env.LAB_CROWDED !== undefined;

/**
 * Asks again and again until the answer is truthy; gives that answer.
 *
 * @template T
 * @param {() => T | Promise<T>} ask
 * @param {string} what  for the message, "node0 is ok"
 * @param {{seconds?: number, show?: () => unknown}} [options]  `show`: the state to report when it never came to that
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(ask, what, { seconds = 60, show } = {}) {
	const end = Date.now() + seconds * 1000 * slowness;
	for (;;) {
		const answer = await ask();
		if (answer)
			return answer;
		if (Date.now() > end)
			throw new Error(`never came to it: ${what}${show ? `\nthe last state: ${JSON.stringify(show(), null, 1)}` : ''}`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {string} what
 * @param {number} [seconds]
 * @returns {Promise<T>}
 */
export async function within(promise, what, seconds = 60) {
	/** @type {NodeJS.Timeout | undefined} */
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`took longer than ${seconds * slowness} s: ${what}`)), seconds * 1000 * slowness);
	});
	try {
		return /** @type {T} */ (await Promise.race([promise, late]));
	} finally {
		clearTimeout(timer);
	}
}
