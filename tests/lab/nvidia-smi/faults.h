/*
 * faults: nvidia-smi in trouble, as ../README.md lists it.
 */
#pragma once

#include "control.h"
#include "gpus.h"
#include "request.h"

/* Waits while `fault` stands, but never longer than the lab. Reads `control` anew. */
void faults_hang(struct control *control, const char *fault);
/* What goes wrong before the command line is even read. May end the program, or hang. Reads `control` anew after a hang. */
void faults_at_start(struct control *control, int count, char **arguments);
/* What goes wrong once it is known what is asked. */
void faults_of_question(const struct control *control, const struct request *request);
/* Whether the driver, up to 555, gives nothing at all when one GPU has no handle. */
bool faults_one_hides_all(const struct control *control);
/* "Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost. ..." as this driver spells it, and its exit status. */
enum handle_spelling {
	HANDLE_IN_QUERY,
	HANDLE_IN_LIST,
};
void faults_print_no_handle(const struct control *control, const struct gpu *gpu, enum handle_spelling spelling);
int faults_no_handle_status(const struct gpu *gpu);
/* "GPU is lost.  Reboot the system to recover this GPU". */
const char *faults_long_reason(const struct gpu *gpu);
