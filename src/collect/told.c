#include "collect/told.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Of an order, in bytes: a shell reads it byte by byte. */
enum { ORDER_MAX = 8000 };

struct pids {
	int64_t *at;
	size_t count, size;
};

void told_done(struct told *told)
{
	free(told->pids);
	*told = (struct told){0};
}

void told_restart(struct told *told)
{
	told->count = 0;
	told->changed = false;
}

void told_forget(struct told *told)
{
	told->changed |= told->count > 0;
	told->count = 0;
}

static void add(struct pids *pids, int64_t pid)
{
	if (pids->count == pids->size) {
		pids->size = pids->size > 0 ? pids->size * 2 : 64;
		pids->at = xrealloc(pids->at, pids->size * sizeof(*pids->at));
	}
	pids->at[pids->count++] = pid;
}

static int compare(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* Rising, each one once. */
static void put_in_order(struct pids *pids)
{
	size_t kept = 0;

	if (pids->count > 0)
		qsort(pids->at, pids->count, sizeof(*pids->at), compare);
	for (size_t i = 0; i < pids->count; i++)
		if (kept == 0 || pids->at[i] != pids->at[kept - 1])
			pids->at[kept++] = pids->at[i];
	pids->count = kept;
}

static bool has(const int64_t *pids, size_t count, int64_t pid)
{
	return count > 0 && bsearch(&pid, pids, count, sizeof(*pids), compare);
}

/* "4711/cgroup:0::/user.slice": what is only told once. */
static bool read_line(struct slice line, int64_t *ret_pid)
{
	struct slice file;
	struct slice pid = slice_split(line, '/', &file);

	return file.ptr && !slice_starts_with(file, "stat:") && slice_to_int64(pid, ret_pid);
}

static void find_news(struct slice proc, struct pids *news)
{
	int64_t pid;

	for (struct slice rest = proc; rest.ptr;) {
		struct slice line = slice_split(rest, '\n', &rest);
		if (read_line(line, &pid) && (news->count == 0 || news->at[news->count - 1] != pid))
			add(news, pid);
	}
	put_in_order(news);
}

void told_take(struct told *told, struct slice proc, const struct sample *sample)
{
	struct pids news = {0}, now = {0};

	find_news(proc, &news);
	for (size_t i = 0; i < sample->process_count; i++) {
		int64_t pid = sample->processes[i].pid;
		if (pid > 0 && (has(told->pids, told->count, pid) || has(news.at, news.count, pid)))
			add(&now, pid);
	}
	put_in_order(&now);
	free(news.at);
	told->changed |=
		now.count != told->count || (now.count > 0 && memcmp(now.at, told->pids, now.count * sizeof(*now.at)) != 0);
	free(told->pids);
	told->pids = now.at;
	told->count = now.count;
}

int told_order(struct told *told, struct buf *out)
{
	size_t start = out->len;
	int r = 0;

	if (!told->changed)
		return 0;
	for (size_t i = 0; i < told->count && out->len - start < ORDER_MAX && r == 0; i++)
		r = buf_printf(out, "%s%" PRId64, i == 0 ? "told " : ",", told->pids[i]);
	if (r == 0)
		r = buf_printf(out, "%s\n", told->count == 0 ? "told none" : "");
	told->changed = r < 0;
	return r;
}
