#include "collect/asking.h"

#include <assert.h>
#include <string.h>

#include "smi/messages.h"

enum { ORDERS_MAX = 16 * 1024 };

void asking_write_id(char id[static FRAME_ID_MAX])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bits[8];
	char *end = id;

	int r = uv_random(NULL, NULL, bits, sizeof(bits), 0, NULL);
	assert(r == 0);
	for (size_t i = 0; i < sizeof(bits); i++) {
		*end++ = digits[bits[i] >> 4];
		*end++ = digits[bits[i] & 0xf];
	}
	*end = '\0';
}

void asking_send(struct transport *transport, struct interview *interview,
		 int (*ask)(struct interview *interview, const char *id, struct buf *out))
{
	char id[FRAME_ID_MAX];
	struct buf orders;

	asking_write_id(id);
	buf_init(&orders, ORDERS_MAX);
	int r = ask(interview, id, &orders);
	assert(r == 0);
	transport_write(transport, buf_slice(&orders));
	buf_done(&orders);
}

void asking_ping(struct transport *transport, struct interview *interview)
{
	cleanup_free char *order = xasprintf("ping %s\n", interview->frame.id);

	frame_await_alive(&interview->frame);
	transport_write(transport, slice_of(order));
}

struct hanging asking_find_hanging(const struct interview *interview)
{
	const char *who = interview_awaited(interview);
	enum problem_kind kind = strcmp(who, "nvidia-smi") == 0 ? PROBLEM_NVIDIA_SMI_HANGS : PROBLEM_SHELL;

	return (struct hanging){kind, who, messages_remedy(kind, SLICE_NONE)};
}
