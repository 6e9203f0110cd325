#include "http/listen.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/caps.h"

enum { BACKLOG = 511 };

static void init_handle(union socket *io, uv_loop_t *loop, bool local)
{
	/* Neither opens anything yet, so neither fails. */
	if (local)
		uv_pipe_init(loop, &io->pipe, 0);
	else
		uv_tcp_init(loop, &io->tcp);
}

static void set_option(const uv_handle_t *handle, int level, int option, int value)
{
	uv_os_fd_t fd;

	if (uv_fileno(handle, &fd) == 0) /* without it all works as well, but costs more */
		(void)setsockopt(fd, level, option, &value, sizeof(value));
}

int listener_start(struct listener *listener, uv_loop_t *loop, struct bound *bound, uv_connection_cb on_connection)
{
	int result, fd = bound->fd;

	listener->bound = *bound;
	listener->bound.fd = -1;
	*bound = (struct bound){.fd = -1};
	init_handle(&listener->io, loop, listener->bound.local);
	if (listener->bound.local)
		result = uv_pipe_open(&listener->io.pipe, fd);
	else
		result = uv_tcp_open(&listener->io.tcp, fd);
	if (result < 0) {
		close(fd);
		return result;
	}
	/* By itself the kernel takes megabytes for a client that does not read, and for one that is not read. */
	set_option(&listener->io.handle, SOL_SOCKET, SO_RCVBUF, CAP_SOCKET_UNREAD); /* clients' sockets inherit it */
	return uv_listen(&listener->io.stream, BACKLOG, on_connection);
}

int listener_accept(struct listener *listener, union socket *client)
{
	int result;

	init_handle(client, listener->io.handle.loop, listener->bound.local);
	result = uv_accept(&listener->io.stream, &client->stream);
	if (result < 0 || listener->bound.local)
		return result;
	uv_tcp_nodelay(&client->tcp, 1);
	set_option(&client->handle, IPPROTO_TCP, TCP_NOTSENT_LOWAT, CAP_SOCKET_UNSENT);
	return 0;
}

void listener_done(struct listener *listener)
{
	bound_done(&listener->bound);
}
