#include "http/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 511, FIRST_PASSED = 3, PASSED_MAX = 64 };

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
	char room[sizeof(struct sockaddr_un) + 1]; /* a path of 108 bytes has its NUL after them */
};

/* Messages are short, and the buffer is the caller's: what does not fit is lost. */
static int fail(struct buf *error, int result, const char *spec, const char *what)
{
	(void)!buf_printf(error, "%s: %s", spec, what);
	return result;
}

static int fail_to_bind(struct buf *error, int number, const char *spec)
{
	switch (number) {
	case EADDRINUSE:
		return fail(error, -number, spec,
			    "address already in use: another program listens there; choose another port with --port, or another "
			    "address with \"listen:\"");
	case EACCES:
		return fail(error, -number, spec, "permission denied: ports below 1024 are for root; choose another with --port");
	case EADDRNOTAVAIL:
		return fail(error, -number, spec,
			    "this machine does not have that address; choose another with --host, or with \"listen:\"");
	default:
		return fail(error, -number, spec, strerror(number));
	}
}

static bool is_loopback(const union address *address)
{
	const struct in6_addr *v6 = &address->v6.sin6_addr;

	if (address->any.sa_family == AF_INET)
		return ntohl(address->v4.sin_addr.s_addr) >> 24 == 127;
	return address->any.sa_family == AF_INET6 &&
	       (IN6_IS_ADDR_LOOPBACK(v6) || (IN6_IS_ADDR_V4MAPPED(v6) && v6->s6_addr[12] == 127));
}

static char *describe(const union address *address)
{
	char text[INET6_ADDRSTRLEN] = "";

	switch (address->any.sa_family) {
	case AF_INET:
		inet_ntop(AF_INET, &address->v4.sin_addr, text, sizeof(text));
		return xasprintf("http://%s:%u/", text, ntohs(address->v4.sin_port));
	case AF_INET6:
		inet_ntop(AF_INET6, &address->v6.sin6_addr, text, sizeof(text));
		return xasprintf("http://[%s]:%u/", text, ntohs(address->v6.sin6_port));
	default:
		return xasprintf("unix:%s", address->local.sun_path);
	}
}

static void add_socket(struct sockets *sockets, int fd)
{
	union address address = {0};
	socklen_t len = sizeof(address);
	bool local;

	(void)getsockname(fd, &address.any, &len);
	local = address.any.sa_family == AF_UNIX;
	sockets->list = xrealloc(sockets->list, (sockets->count + 1) * sizeof(*sockets->list));
	sockets->list[sockets->count++] = (struct bound){
		.fd = fd,
		.url = describe(&address),
		.path = local && !sockets->passed ? xstrdup(address.local.sun_path) : NULL,
		.local = local,
		.loopback = is_loopback(&address),
	};
}

void bound_done(struct bound *bound)
{
	if (bound->path)
		(void)unlink(bound->path);
	if (bound->fd >= 0)
		close(bound->fd);
	free(bound->path);
	free(bound->url);
	*bound = (struct bound){.fd = -1};
}

void sockets_close(struct sockets *sockets)
{
	for (size_t i = 0; i < sockets->count; i++)
		bound_done(&sockets->list[i]);
	free(sockets->list);
	*sockets = (struct sockets){0};
}

/* TCP. */

static int open_address(const struct addrinfo *address)
{
	int yes = 1, no = 0, result;
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (address->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
	/* listen() here too: that another one listens on the port may show only then. */
	if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	result = -errno;
	close(fd);
	return result;
}

static bool is_port(const char *text)
{
	int64_t number;

	return slice_to_int64(slice_of(text), &number) && number >= 0 && number <= 65535;
}

/* "HOST:PORT", where HOST may be in brackets. */
static bool split_spec(const char *spec, char **ret_host, char **ret_port)
{
	const char *colon = strrchr(spec, ':');
	struct slice host;

	if (!colon || !is_port(colon + 1))
		return false;
	host = (struct slice){spec, (size_t)(colon - spec)};
	if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
		host = (struct slice){host.ptr + 1, host.len - 2};
	*ret_host = slice_dup(host);
	*ret_port = xstrdup(colon + 1);
	return true;
}

static int open_tcp(const char *spec, struct sockets *sockets, struct buf *error)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	cleanup_free char *host = NULL, *port = NULL;
	struct addrinfo *address;
	int fd;

	if (!split_spec(spec, &host, &port) || getaddrinfo(host, port, &hints, &address) != 0)
		return fail(error, -EINVAL, spec,
			    "not an address to listen on; it looks like 127.0.0.1:5000, [::]:5000 or unix:/path");
	fd = open_address(address);
	freeaddrinfo(address);
	if (fd < 0)
		return fail_to_bind(error, -fd, spec);
	add_socket(sockets, fd);
	return 0;
}

/* Unix. */

/* A socket file outlives a process that was killed. Nobody answers at it: then it is stale. */
static int remove_stale(const union address *address)
{
	struct stat status;
	int fd, result;

	if (lstat(address->local.sun_path, &status) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	result = connect(fd, &address->any, sizeof(address->local)) == 0 ? -EADDRINUSE : -errno;
	close(fd);
	if (result != -ECONNREFUSED)
		return result == -EAGAIN ? -EADDRINUSE : result;
	return unlink(address->local.sun_path) < 0 && errno != ENOENT ? -errno : 0;
}

static int bind_unix(const union address *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int result;

	if (fd < 0)
		return -errno;
	if (bind(fd, &address->any, sizeof(address->local)) == 0 && listen(fd, BACKLOG) == 0) {
		/* As open as a loopback port, so that a proxy under its own user gets in; the directory may be stricter. */
		(void)chmod(address->local.sun_path, 0666);
		return fd;
	}
	result = -errno;
	close(fd);
	return result;
}

static int open_unix(const char *spec, struct sockets *sockets, struct buf *error)
{
	const char *path = spec + strlen("unix:");
	union address address = {.local = {.sun_family = AF_UNIX}};
	int result;

	if (path[0] != '/' || strlen(path) >= sizeof(address.local.sun_path))
		return fail(error, -EINVAL, spec, "the path of a socket is absolute, and shorter than 108 bytes");
	strcpy(address.local.sun_path, path);
	result = remove_stale(&address);
	if (result == -EEXIST)
		return fail(error, result, spec, "there is a file of that name, and it is not a socket");
	if (result == -EADDRINUSE)
		return fail(error, result, spec, "address already in use: another program listens there");
	if (result == 0)
		result = bind_unix(&address);
	if (result < 0)
		return fail(error, result, spec, strerror(-result));
	add_socket(sockets, result);
	return 0;
}

/* systemd. */

static long number_in(const char *variable)
{
	const char *text = getenv(variable);
	int64_t number;

	return slice_to_int64(slice_of(text), &number) ? (long)number : 0;
}

static int take_passed(struct sockets *sockets, struct buf *error)
{
	long count = number_in("LISTEN_PID") == (long)getpid() ? number_in("LISTEN_FDS") : 0;

	/* Our own children are not meant. */
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (count < 0 || count > PASSED_MAX)
		return fail(error, -EINVAL, "LISTEN_FDS", "not a number of descriptors to believe in");
	sockets->passed = count > 0;
	for (int fd = FIRST_PASSED; fd < FIRST_PASSED + (int)count; fd++) {
		int listening = 0;
		socklen_t len = sizeof(listening);

		if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0 || !listening)
			return fail(error, -EINVAL, "LISTEN_FDS", "a descriptor that was passed is not a listening socket");
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
		add_socket(sockets, fd);
	}
	return 0;
}

int sockets_open(const char *const *specs, size_t count, struct sockets *ret, struct buf *error)
{
	struct sockets sockets = {0};
	int result = take_passed(&sockets, error);

	if (sockets.passed)
		count = 0; /* whoever started us has decided */
	for (size_t i = 0; i < count && result == 0; i++) {
		if (strncmp(specs[i], "unix:", strlen("unix:")) == 0)
			result = open_unix(specs[i], &sockets, error);
		else
			result = open_tcp(specs[i], &sockets, error);
	}
	if (result < 0)
		sockets_close(&sockets);
	else
		*ret = sockets;
	return result;
}
