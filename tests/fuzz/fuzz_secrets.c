/* secrets: the whole input is a command line. What is valid UTF-8 stays so, nothing outside is touched, and a key is seen behind whatever text. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "smi/secrets.h"

static bool is_utf8(struct slice text)
{
	while (text.len > 0) {
		size_t len = utf8_length(text.ptr, text.len);
		if (len == 0)
			return false;
		text.ptr += len;
		text.len -= len;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t len)
{
	static const char key[] = " hf_hunterHUNTERhunterHUNTER";
	struct slice whole = {(const char *)input, len};
	bool was_valid = is_utf8(whole);

	/* Just its size: the sanitizers see a byte too far. */
	char *text = xmalloc(len > 0 ? len : 1);
	if (len > 0)
		memcpy(text, input, len);
	size_t left = secrets_mask(text, len);
	assert(left <= len);
	assert(!was_valid || is_utf8((struct slice){text, left}));
	free(text);

	/* Whatever stands before it, a key that tells what it is is masked. */
	text = xmalloc(len + sizeof(key));
	if (len > 0)
		memcpy(text, input, len);
	memcpy(text + len, key, sizeof(key) - 1);
	left = secrets_mask(text, len + sizeof(key) - 1);
	if (len == 0 || !memmem(input, len, "hunterHUNTER", 12))
		assert(!memmem(text, left, "hunterHUNTER", 12));
	free(text);
	return 0;
}
