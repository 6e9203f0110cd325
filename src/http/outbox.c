#include "http/outbox.h"

#include <assert.h>

/* Takes from the front of both what has been written. */
static void skip(uv_buf_t buffers[2], size_t written)
{
	for (int i = 0; i < 2; i++) {
		size_t here = written < buffers[i].len ? written : buffers[i].len;

		buffers[i].base += here;
		buffers[i].len -= here;
		written -= here;
	}
}

void outbox_done(struct outbox *outbox)
{
	blob_unref(outbox->first);
	blob_unref(outbox->second);
	outbox->first = outbox->second = NULL;
}

static void on_written(uv_write_t *write, int status)
{
	struct outbox *outbox = write->data;

	outbox_done(outbox);
	outbox->on_out(outbox->user, status);
}

static int write_rest(struct outbox *outbox, uv_stream_t *stream, uv_buf_t buffers[2], struct blob *blob)
{
	if (buffers[0].len > 0) { /* rare, for a head is short */
		outbox->first = blob_new(buffers[0].base, buffers[0].len);
		buffers[0].base = outbox->first->data;
	}
	outbox->second = blob_ref(blob);
	outbox->left = buffers[0].len + buffers[1].len;
	outbox->write.data = outbox;
	return uv_write(&outbox->write, stream, buffers, 2, on_written);
}

bool outbox_moves(struct outbox *outbox)
{
	size_t left = outbox->second ? uv_stream_get_write_queue_size(outbox->write.handle) : outbox->left;
	bool moves = left < outbox->left;

	outbox->left = left;
	return moves;
}

int outbox_send(struct outbox *outbox, uv_stream_t *stream, struct slice bytes, struct blob *blob)
{
	uv_buf_t buffers[2] = {uv_buf_init((char *)(uintptr_t)bytes.ptr, (unsigned)bytes.len),
			       uv_buf_init(blob ? blob->data : NULL, blob ? (unsigned)blob->len : 0)};
	int written;

	assert(!outbox->first && !outbox->second);
	written = uv_try_write(stream, buffers, 2);
	if (written < 0 && written != UV_EAGAIN)
		return written;
	skip(buffers, written > 0 ? (size_t)written : 0);
	if (buffers[0].len == 0 && buffers[1].len == 0)
		return 1;
	return write_rest(outbox, stream, buffers, blob);
}
