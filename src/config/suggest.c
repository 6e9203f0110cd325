#include "config/suggest.h"

#include "base/nearest.h"

const char *suggest_option(const struct option_table *table, struct slice key)
{
	struct nearest nearest = nearest_to(key);

	for (size_t i = 0; i < table->count; i++)
		nearest_consider(&nearest, table->rows[i].name);
	return nearest.name;
}
