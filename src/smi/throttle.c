#include "smi/throttle.h"

const struct throttle_reason throttle_reasons[] = {
	{0x001, "gpu-idle", "idle", THROTTLE_NORMAL},
	{0x002, "applications-clocks-setting", "at the clocks that somebody has set", THROTTLE_NORMAL},
	{0x004, "sw-power-cap", "at its power limit", THROTTLE_NORMAL},
	{0x008, "hw-slowdown", "slowed down by its hardware", THROTTLE_TROUBLE},
	{0x010, "sync-boost", "kept in step with the other GPUs of its group", THROTTLE_NORMAL},
	{0x020, "sw-thermal-slowdown", "too hot: slowed down by the driver", THROTTLE_TROUBLE},
	{0x040, "hw-thermal-slowdown", "too hot: slowed down by its hardware", THROTTLE_TROUBLE},
	{0x080, "hw-power-brake-slowdown", "not enough power: the power supply asked it to slow down", THROTTLE_TROUBLE},
	{0x100, "display-clock-setting", "at the clocks that a display needs", THROTTLE_NORMAL},
	{0, NULL, NULL, THROTTLE_NORMAL},
};
