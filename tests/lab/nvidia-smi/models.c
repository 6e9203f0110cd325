#include "models.h"

#include <string.h>

static const struct model models[] = {
#define MODEL(id, name, memory, limit, idle, graphics, memory_clock, capability, generation, device, traits)                     \
	{id, name, memory, limit, idle, graphics, memory_clock, capability, generation, device, traits},
#include "models.def"
#undef MODEL
};

const struct model *model_find(const char *id)
{
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
		if (strcmp(models[i].id, id) == 0)
			return &models[i];
	return NULL;
}

const struct mig_instance mig_instances[MIG_INSTANCES] = {
	{"3g.40gb", 2, 0, 40448, 60},
	{"2g.20gb", 3, 0, 20096, 32},
	{"1g.10gb", 9, 0, 9984, 16},
	{"1g.10gb", 10, 0, 9984, 16},
};
