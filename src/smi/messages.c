#include "smi/messages.h"

#include <string.h>
#include <strings.h>

#include "smi/bus_id.h"

enum match { MATCH_START, MATCH_END, MATCH_ANYWHERE };

/* In order: the first that fits is it. */
static const struct {
	enum match match;
	const char *text;
	enum problem_kind problem;
} messages[] = {
	{MATCH_START, "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver", PROBLEM_NO_DRIVER},
	{MATCH_START, "NVIDIA-SMI couldn't find libnvidia-ml", PROBLEM_NO_DRIVER},
	{MATCH_ANYWHERE, "error while loading shared libraries", PROBLEM_NO_DRIVER},
	{MATCH_START, "Failed to initialize NVML: Driver/library version mismatch", PROBLEM_DRIVER_MISMATCH},
	{MATCH_START, "Failed to initialize NVML: Driver Not Loaded", PROBLEM_NO_DRIVER},
	{MATCH_START, "Failed to initialize NVML", PROBLEM_NVIDIA_SMI},
	{MATCH_START, "No devices were found", PROBLEM_NO_GPU},
	{MATCH_START, "No devices found", PROBLEM_NO_GPU},
	{MATCH_END, "is not a valid field to query.", PROBLEM_NVIDIA_SMI},
	{MATCH_START, "Unable to determine the device handle", PROBLEM_NVIDIA_SMI},
	{MATCH_START, "Problem with GPU", PROBLEM_NVIDIA_SMI},
	{MATCH_START, "Invalid combination of input arguments", PROBLEM_NVIDIA_SMI},
	{MATCH_START, "ERROR: Option", PROBLEM_NVIDIA_SMI},
	{MATCH_START, "\"--format=\" switch is missing", PROBLEM_NVIDIA_SMI},
	{MATCH_START, "Format modifier", PROBLEM_NVIDIA_SMI},
	{MATCH_START, "Only one --query-* switch can be used", PROBLEM_NVIDIA_SMI},
	/* Of a nvidia_smi: "sudo -n nvidia-smi". */
	{MATCH_START, "sudo: a password is required", PROBLEM_NVIDIA_SMI},
	{MATCH_START, "sudo: a terminal is required", PROBLEM_NVIDIA_SMI},
	{MATCH_START, "sudo: interactive authentication is required", PROBLEM_NVIDIA_SMI},
	/* What shells and timeout(1) say. */
	{MATCH_END, "not found", PROBLEM_NO_NVIDIA_SMI},
	{MATCH_END, "No such file or directory", PROBLEM_NO_NVIDIA_SMI},
	{MATCH_END, "Permission denied", PROBLEM_NO_NVIDIA_SMI},
};

/* Statuses that mean the same in all versions; for answers whose text tells nothing. */
static const struct {
	int status;
	enum problem_kind problem;
	struct slice meaning;
} statuses[] = {
	{6, PROBLEM_NO_GPU, SLICE_LITERAL("nvidia-smi found no GPU")},
	{9, PROBLEM_NO_DRIVER, SLICE_LITERAL("the NVIDIA driver is not loaded")},
	{12, PROBLEM_NO_DRIVER, SLICE_LITERAL("nvidia-smi did not find libnvidia-ml.so")},
	{124, PROBLEM_NVIDIA_SMI_HANGS, SLICE_LITERAL("nvidia-smi did not answer in time")},
	{126, PROBLEM_NO_NVIDIA_SMI, SLICE_LITERAL("nvidia-smi cannot be run")},
	{127, PROBLEM_NO_NVIDIA_SMI, SLICE_LITERAL("nvidia-smi is not there")},
};

/* In order: the first of the kind whose text, when there is one, is in the message. */
static const struct {
	enum problem_kind problem;
	const char *text;
	struct remedy remedy;
} remedies[] = {
	{PROBLEM_NO_NVIDIA_SMI,
	 NULL,
	 {"ls -lL /usr/bin/nvidia-smi /usr/local/bin/nvidia-smi /usr/local/nvidia/bin/nvidia-smi /opt/bin/nvidia-smi "
	  "/opt/nvidia/bin/nvidia-smi /usr/lib/wsl/lib/nvidia-smi /run/current-system/sw/bin/nvidia-smi",
	  "is it one of these, and may we run it? give that path as nvidia_smi: of this host; nowhere: install the NVIDIA "
	  "driver"}},
	{PROBLEM_NO_DRIVER,
	 NULL,
	 {"sudo modprobe nvidia",
	  "when that fails, sudo dmesg tells why; after an update of the kernel the driver wants to be installed again"}},
	{PROBLEM_DRIVER_MISMATCH,
	 NULL,
	 {"sudo fuser -v /dev/nvidia*",
	  "the driver was updated under the loaded kernel module, and whoever computes goes on with the old one; when nobody "
	  "computes there: sudo reboot, or unload and load the nvidia modules"}},
	{PROBLEM_NO_GPU,
	 NULL,
	 {"lspci | grep -i nvidia", "does the machine see its GPUs? one that is shown there is broken, or not ours to see"}},
	{PROBLEM_NVIDIA_SMI_HANGS,
	 NULL,
	 {"sudo dmesg | grep -i -e xid -e nvrm", "a GPU that hangs nvidia-smi mostly wants a reboot"}},
	{PROBLEM_NVIDIA_SMI,
	 "Insufficient Permissions",
	 {"ls -l /dev/nvidia*",
	  "may the account read and write these? else: sudo usermod -aG GROUP, the group that they belong to"}},
	/* With all its options nvidia-smi writes files: as root that is a way to all rights. */
	{PROBLEM_NVIDIA_SMI,
	 "sudo: ",
	 {"env nvidia-smi -L",
	  "does it work without sudo, which wants a password that nobody is there to type? then take sudo out of nvidia_smi: of "
	  "this host; else a line for visudo: ACCOUNT ALL=(root) NOPASSWD: /usr/bin/nvidia-smi (it is nearly a root login)"}},
	{PROBLEM_NVIDIA_SMI, NULL, {"sudo dmesg | grep -i -e xid -e nvrm", "what does the driver complain of?"}},
	{PROBLEM_BAD_OUTPUT, NULL, {"nvidia-smi | head -n 30", "it does not print what we know of it: is it a wrapper?"}},
	{PROBLEM_SHELL,
	 NULL,
	 {"ps -eo pid,stat,wchan:32,comm | grep \" D\"",
	  "is one stuck in the kernel? else: does getent passwd come back (LDAP, sssd)?"}},
};

static bool starts_with_ignoring_case(struct slice text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.len >= len && strncasecmp(text.ptr, prefix, len) == 0;
}

static bool ends_with(struct slice text, const char *suffix)
{
	size_t len = strlen(suffix);

	return text.len >= len && memcmp(text.ptr + text.len - len, suffix, len) == 0;
}

static struct slice skip(struct slice text, size_t len)
{
	return slice_trim((struct slice){text.ptr + len, text.len - len});
}

static bool matches(struct slice line, enum match match, const char *text)
{
	switch (match) {
	case MATCH_START:
		return starts_with_ignoring_case(line, text);
	case MATCH_END:
		return ends_with(line, text);
	case MATCH_ANYWHERE:
		return slice_contains(line, text);
	}
	return false;
}

/* NONE for a line that is none of the known messages. */
static enum problem_kind recognize(struct slice line)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		if (matches(line, messages[i].match, messages[i].text))
			return messages[i].problem;
	return PROBLEM_NONE;
}

bool messages_ended_by_force(int status)
{
	/* nvidia-smi's own statuses end at 19 and begin again at 231. */
	return status == 124 || (status > 128 && status < 160);
}

bool messages_is_known(struct slice line)
{
	return recognize(slice_trim(line)) != PROBLEM_NONE;
}

/* `bogus` of: Field "bogus" is not a valid field to query. */
static struct slice unknown_field(struct slice line)
{
	struct slice rest;

	if (!starts_with_ignoring_case(line, "Field \"") || !ends_with(line, "is not a valid field to query."))
		return SLICE_NONE;
	slice_split(line, '"', &rest);
	return slice_split(rest, '"', &rest);
}

/* The first known message of the text, else its first line that is not empty. SLICE_NONE when it is all blank. */
static struct slice telling_line(struct slice text, enum problem_kind *ret_problem)
{
	struct slice first = SLICE_NONE;

	*ret_problem = PROBLEM_NONE;
	for (struct slice rest = text; rest.ptr;) {
		struct slice line = slice_trim(slice_split(rest, '\n', &rest));
		if (line.len == 0)
			continue;
		if (!first.ptr)
			first = line;
		*ret_problem = recognize(line);
		if (*ret_problem != PROBLEM_NONE)
			return line;
	}
	return first;
}

static void classify_by_status(int status, struct smi_outcome *outcome)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		if (statuses[i].status != status)
			continue;
		outcome->problem = statuses[i].problem;
		if (!outcome->message.ptr)
			outcome->message = statuses[i].meaning;
		return;
	}
	if (!outcome->message.ptr && status <= 0)
		return;
	outcome->problem = PROBLEM_NVIDIA_SMI;
	if (!outcome->message.ptr)
		outcome->message = SLICE_LITERAL("nvidia-smi failed without a word");
}

void messages_classify(struct slice text, int status, struct smi_outcome *ret)
{
	struct slice bus_id, reason;
	int index;

	*ret = (struct smi_outcome){0};
	ret->message = telling_line(text, &ret->problem);
	if (ret->problem == PROBLEM_NONE || messages_ended_by_force(status))
		classify_by_status(status, ret);
	if (ret->problem == PROBLEM_NVIDIA_SMI) {
		ret->unknown_field = unknown_field(ret->message);
		ret->ask_list = messages_device_handle(ret->message, &bus_id, &index, &reason);
	}
}

/* "0000:02:00.0: ", "0: ", "0: 0000:81:00.0: " or nothing at all, from the front of *text. */
static void take_gpu(struct slice *text, struct slice *ret_bus_id, int *ret_index)
{
	struct slice rest;
	int64_t index;

	*ret_bus_id = SLICE_NONE;
	*ret_index = -1;
	if (bus_id_length(*text) == 0) {
		struct slice number = slice_split(*text, ':', &rest);
		if (!rest.ptr || !slice_to_int64(slice_trim(number), &index) || index < 0 || index > GPU_INDEX_MAX)
			return;
		*ret_index = (int)index;
		*text = slice_trim(rest);
	}
	size_t len = bus_id_length(*text);
	if (len > 0) {
		*ret_bus_id = (struct slice){text->ptr, len};
		*text = skip(*text, len);
	}
}

/* "GPU is lost" of ": GPU is lost.  Reboot the system to recover this GPU". */
static struct slice take_reason(struct slice text)
{
	struct slice rest;

	if (slice_starts_with(text, ":"))
		text = skip(text, 1);
	struct slice reason = slice_trim(slice_split(text, '.', &rest));
	return reason.len > 0 ? reason : SLICE_LITERAL("no device handle");
}

bool messages_device_handle(struct slice line, struct slice *ret_bus_id, int *ret_index, struct slice *ret_reason)
{
	static const char *const beginnings[] = {"Unable to determine the device handle for GPU", "Problem with GPU"};
	struct slice text = slice_trim(line);

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		if (!starts_with_ignoring_case(text, beginnings[i]))
			continue;
		text = skip(text, strlen(beginnings[i]));
		take_gpu(&text, ret_bus_id, ret_index);
		*ret_reason = take_reason(text);
		return true;
	}
	return false;
}

struct remedy messages_remedy(enum problem_kind kind, struct slice message)
{
	for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++)
		if (remedies[i].problem == kind && (!remedies[i].text || slice_contains(message, remedies[i].text)))
			return remedies[i].remedy;
	return (struct remedy){NULL, NULL};
}
