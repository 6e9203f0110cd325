#include "collect/clocks.h"

#include <math.h>
#include <time.h>

enum {
	JUMP_S = 2,
	LATE_S = 3, /* a busy machine may keep us waiting for a while */
};

static double read_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct clocks clocks_read(void)
{
	return (struct clocks){
		.wall = read_clock(CLOCK_REALTIME),
		.monotonic = read_clock(CLOCK_MONOTONIC),
		.boot = read_clock(CLOCK_BOOTTIME),
	};
}

double clocks_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}

bool clocks_compare(const struct clocks *last, const struct clocks *now, struct clocks_news *ret)
{
	double wall = now->wall - last->wall, awake = now->monotonic - last->monotonic, all = now->boot - last->boot;
	struct clocks_news news = {0};

	if (fabs(wall - all) > JUMP_S)
		news.set = wall - all;
	if (all - awake > JUMP_S)
		news.suspended = all - awake;
	if (awake - CLOCKS_LOOK_MS / 1e3 > LATE_S)
		news.stopped = awake;
	*ret = news;
	return news.set != 0 || news.suspended > 0 || news.stopped > 0;
}
