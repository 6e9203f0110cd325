#include "view/cells.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "view/width.h"

/* "-" for what the driver did not tell, and for what no GPU can have. */
static void set_number(struct cells *cells, enum cell cell, const struct reading *reading, double scale, int decimals,
		       const char *unit)
{
	char *text = cells->text[cell];
	double value = reading->value / scale;

	if (reading->absent.ptr || !(fabs(value) < 1e6))
		strcpy(text, "-");
	else
		snprintf(text, CELL_SIZE, "%.*f%s", decimals, value, unit);
}

/* "A100-SXM4-80GB" of "NVIDIA A100-SXM4-80GB", "RTX 4090" of "NVIDIA GeForce RTX 4090". */
static struct slice short_model(struct slice name)
{
	static const char *const prefixes[] = {"NVIDIA ", "GeForce "};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t len = strlen(prefixes[i]);
		if (slice_starts_with(name, prefixes[i]))
			name = (struct slice){name.ptr + len, name.len - len};
	}
	return name;
}

/* Cut by bytes first: characters that take no column must not make it longer without end. */
static void set_model(struct cells *cells, struct slice name)
{
	static const char ellipsis[] = "\u2026";
	char *text = cells->text[CELL_MODEL];

	text_escape(name.ptr ? short_model(name) : SLICE_LITERAL("-"), text, CELL_SIZE + 1 - sizeof(ellipsis));
	if (width_of(slice_of(text)) > CELL_MODEL_WIDTH)
		strcpy(text + width_fit(slice_of(text), CELL_MODEL_WIDTH - 1), ellipsis);
}

void cells_fill(struct cells *cells, const struct gpu *gpu)
{
	const struct reading *readings = gpu->readings;

	if (gpu->index < 0)
		strcpy(cells->text[CELL_INDEX], "?");
	else
		snprintf(cells->text[CELL_INDEX], CELL_SIZE, "%d", gpu->index);
	set_model(cells, gpu->name);
	if (gpu_has_mig(gpu))
		strcpy(cells->text[CELL_UTILIZATION], "MIG");
	else
		set_number(cells, CELL_UTILIZATION, &readings[READING_utilization], 1, 0, " %");
	set_number(cells, CELL_USED, &readings[READING_memory_used], 0x1p30, 1, "");
	set_number(cells, CELL_TOTAL, &readings[READING_memory_total], 0x1p30, 1, " GiB");
	set_number(cells, CELL_TEMPERATURE, &readings[READING_temperature], 1, 0, " \u00b0C");
	set_number(cells, CELL_POWER, &readings[READING_power], 1, 0, "");
	set_number(cells, CELL_LIMIT, &readings[READING_power_limit], 1, 0, " W");
}

void cells_fill_part(struct cells *cells, const struct mig_device *mig)
{
	*cells = (struct cells){0};
	char *text = cells->text[CELL_MODEL];
	if (mig->index < 0)
		strcpy(text, "  ?: ");
	else
		snprintf(text, CELL_SIZE, "  %d: ", mig->index);
	size_t len = strlen(text);
	text_escape(mig->profile.len > 0 ? mig->profile : SLICE_LITERAL("-"), text + len, CELL_PROFILE_SIZE);
	set_number(cells, CELL_USED, &mig->memory_used, 0x1p30, 1, "");
	set_number(cells, CELL_TOTAL, &mig->memory_total, 0x1p30, 1, " GiB");
}
