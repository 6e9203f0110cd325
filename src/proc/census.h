/*
 * census: who the processes of a host are: account, person, command line, CPU, container, Slurm job.
 *
 * Three answers of the probe, see src/collect/probe/processes.sh:
 *   ps      `ps -o pid=,user=,etimes=,rss=,args=`, with each sample
 *   proc    lines of /proc files as grep -H prints them, "PID/FILE:line" (grep runs in /proc): stat with each sample; cgroup,
 *           loginuid and mountinfo only once a process, in the sample that first has it. Last of all a line of the uptime file,
 *           "uptime:8123.45 ...": it tells when the others were read (nvidia-smi, between the host section and this one, may have
 *           taken seconds), and that nothing was cut; without it the last line that comes once is not believed
 *   names   /etc/passwd lines of the user ids that were asked for
 *
 * So a census remembers from sample to sample, by PID and start time: what was told once, and the CPU time, to take the
 * difference. It forgets a process that a sample does not have any more, and what it knew of a PID that is another process' now.
 * Everything here is from a far host and hostile: capped by CAP_CENSUS, the sample's processes and CAP_FRAME; a PID that ps tells
 * twice is told by a command line that looks like ps, and is not believed.
 *
 * Who the person behind a process is: see proc/person.h. A user id that was concluded and has no name is told as its number.
 */
#pragma once

#include "proc/machine.h"
#include "smi/sample.h"

struct census;

struct census *census_new(void);
void census_free(struct census *census);
/* Nobody is known: the far shell is a new one, or has been told to forget. */
void census_forget(struct census *census);

/*
 * The two answers to one sample. Texts must be part of sample->text (slices are kept; secrets are masked in place), SLICE_NONE
 * when they did not come. `machine` gives ticks, page size, CPUs and, where `proc` does not tell, uptime. Fills owner, user,
 * inferred, command, elapsed, cpu, rss, runtime, container, pod, job of the sample's processes with a PID, and masks secrets in
 * the names of all. Names and commands are cut at CAP_COMMAND. What ps and /proc do not tell stays unknown; so does all of a
 * process that nvidia-smi has not found ("[Not Found]"): it has its PID elsewhere. To be called with each sample, once.
 */
void census_take(struct census *census, struct slice ps, struct slice proc, const struct machine *machine, struct sample *sample);
/* The user ids whose names census_take() missed, "1000,1001", as many as fit: to be asked now. Returns `out`; empty when none. */
char *census_missing_names(struct census *census, char *out, size_t size);
/*
 * passwd lines; an id that was asked for and is not among them has no name, and is not asked again: so too when the answer did
 * not come (SLICE_NONE). Then fills in the persons that census_take() could not, in the same sample.
 */
void census_take_names(struct census *census, struct slice passwd, struct sample *sample);
/*
 * Whether the last sample had a process of which the far shell believes that it has told us once, and we did not hear it: that
 * answer was lost, or the PID is another process' now. Then the shell should be ordered to forget; census_forget() need not be
 * called. True once a process, so that a host without cgroups is not ordered for ever.
 */
bool census_missed_telling(const struct census *census);
