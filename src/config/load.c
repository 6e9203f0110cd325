#include "config/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/caps.h"

static int refuse(struct buf *errors, int error, const char *path, const char *reason)
{
	if (buf_printf(errors, "%s: %s\n", path, reason) < 0)
		return error; /* no room for words: the number says enough */
	return error;
}

static int read_all(int fd, struct buf *text)
{
	char chunk[16384];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (buf_append(text, chunk, (size_t)n) < 0)
			return -EFBIG;
	}
	return 0;
}

/* The whole file, or why not. A pipe is fine, so --config <(...) works. */
static int read_file(const char *path, struct buf *text)
{
	struct stat info;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	int r = fstat(fd, &info) < 0 ? -errno : S_ISDIR(info.st_mode) ? -EISDIR : read_all(fd, text);
	close(fd);
	return r;
}

static int load_file(const char *path, const struct config_overrides *overrides, struct config **ret, struct buf *errors)
{
	struct buf text;

	buf_init(&text, CAP_CONFIG_FILE);
	int r = read_file(path, &text);
	if (r == -EFBIG)
		r = refuse(errors, r, path, "larger than the 4 MiB that a configuration may have");
	else if (r < 0)
		r = refuse(errors, r, path, strerror(-r));
	else
		r = config_parse(buf_slice(&text), path, overrides, ret, errors);
	buf_done(&text);
	return r;
}

/* In the user's own directory; NULL when there is none. On the heap. */
static char *user_path(void)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	/* A relative one is to be ignored, the XDG Base Directory Specification says. */
	if (base && base[0] == '/')
		return xasprintf("%s/nvwebmon/config.yaml", base);
	return home && home[0] == '/' ? xasprintf("%s/.config/nvwebmon/config.yaml", home) : NULL;
}

/* A file that is there but cannot be read is not passed over: the user meant it. */
static bool is_there(const char *path)
{
	return path && (access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR));
}

int config_load(const char *explicit_path, const struct config_overrides *overrides, struct config **ret, struct buf *errors)
{
	cleanup_free char *own = user_path();
	const char *const paths[] = {"config.yaml", own, "/etc/nvwebmon/config.yaml"};

	if (explicit_path)
		return load_file(explicit_path, overrides, ret, errors);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (is_there(paths[i]))
			return load_file(paths[i], overrides, ret, errors);
	return config_defaults(overrides, ret, errors);
}
