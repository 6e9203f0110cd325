#include "view/json_recent.h"

#include <math.h>

#include "view/writer.h"

/* Values of one point; NAN: not told. */
static double memory_of(const struct recent_point *point)
{
	return point->memory < 0 ? NAN : (double)point->memory;
}

static double power_of(const struct recent_point *point)
{
	return point->power == UINT16_MAX ? NAN : point->power / 10.0;
}

static double utilization_of(const struct recent_point *point)
{
	return point->utilization == UINT8_MAX ? NAN : point->utilization;
}

static double temperature_of(const struct recent_point *point)
{
	return point->temperature == UINT8_MAX ? NAN : point->temperature;
}

static const struct {
	const char *key;
	double (*value_of)(const struct recent_point *point);
} lines[] = {
	{"utilization", utilization_of},
	{"memory_used", memory_of},
	{"temperature", temperature_of},
	{"power", power_of},
};

static void write_gpu(struct buf *buf, const struct recent *recent, const struct recent_gpu *gpu)
{
	write_open(buf, NULL, '{');
	write_string(buf, "uuid", gpu->uuid);
	for (size_t line = 0; line < sizeof(lines) / sizeof(lines[0]); line++) {
		write_open(buf, lines[line].key, '[');
		for (size_t i = 0; i < recent->count; i++)
			write_number(buf, NULL, lines[line].value_of(&gpu->points[recent_place(recent, i)]));
		write_close(buf, ']');
	}
	write_close(buf, '}');
}

void write_recent(struct buf *buf, const struct recent *recent)
{
	write_open(buf, NULL, '{');
	write_open(buf, "times", '[');
	for (size_t i = 0; i < recent->count; i++)
		write_time(buf, NULL, recent->times[recent_place(recent, i)]);
	write_close(buf, ']');
	write_open(buf, "gpus", '[');
	for (size_t i = 0; i < recent->gpu_count; i++)
		write_gpu(buf, recent, recent->gpus[i]);
	write_close(buf, ']');
	write_close(buf, '}');
}
