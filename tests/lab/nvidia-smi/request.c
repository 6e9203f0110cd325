#include "request.h"

#include <stdlib.h>
#include <string.h>

#include "out.h"

#define SEE_HELP "Please run 'nvidia-smi -h' for help."

__attribute__((noreturn)) static void refuse_option(const struct control *control, const char *option)
{
	if (control->major < 525)
		out_fail(2, "Invalid combination of input arguments. " SEE_HELP "\n");
	out_fail(255, "ERROR: Option %s is not recognized. Please run 'nvidia-smi -h'.\n", option);
}

static void ask(struct request *request, enum question question, const char *fields)
{
	if (request->fields != NULL)
		out_fail(2, "Only one --query-* switch can be used at a time.\n");
	request->question = question;
	request->fields = fields;
}

static bool has_prefix(const char *text, const char *prefix, const char **ret_rest)
{
	size_t length = strlen(prefix);
	if (strncmp(text, prefix, length) != 0)
		return false;
	*ret_rest = text + length;
	return true;
}

/* `--name=value`. False when it is none that we know. */
static bool read_long(struct request *request, const char *option)
{
	const char *value;
	if (has_prefix(option, "--query-gpu=", &value))
		ask(request, ASK_GPUS, value);
	else if (has_prefix(option, "--query-compute-apps=", &value))
		ask(request, ASK_APPS, value);
	else if (has_prefix(option, "--query-accounted-apps=", &value))
		ask(request, ASK_ACCOUNTED_APPS, value);
	else if (has_prefix(option, "--format=", &value))
		request->format = value;
	else if (has_prefix(option, "--id=", &value))
		request->ids = value;
	else if (has_prefix(option, "--loop=", &value))
		request->interval = strtod(value, NULL);
	else if (has_prefix(option, "--loop-ms=", &value))
		request->interval = strtod(value, NULL) / 1000;
	else
		return false;
	return true;
}

/* An option without a value. False when it is none that we know. */
static bool read_flag(const struct control *control, struct request *request, const char *option)
{
	static const struct {
		const char *name;
		enum question question;
		unsigned since;
	} flags[] = {
		{"-L", ASK_LIST, 0},
		{"--list-gpus", ASK_LIST, 0},
		{"-q", ASK_LOG, 0},
		{"--query", ASK_LOG, 0},
		{"-h", ASK_HELP, 0},
		{"--help", ASK_HELP, 0},
		{"--version", ASK_VERSION, 550},
		{"--help-query-gpu", ASK_HELP_GPUS, 0},
	};
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strcmp(flags[i].name, option) == 0 && control->major >= flags[i].since) {
			request->question = flags[i].question;
			return true;
		}
	if (strcmp(option, "-x") != 0 && strcmp(option, "--xml-format") != 0)
		return false;
	request->xml = true;
	return true;
}

/* `-i 0`, `-l 5`, `-lms 500`. Returns how many arguments it took, 0 when it is none of these. */
static int read_short(struct request *request, int left, char **arguments)
{
	bool has_value = left > 1 && arguments[1][0] != '-';
	double scale = strcmp(arguments[0], "-lms") == 0 ? 0.001 : 1;
	if (strcmp(arguments[0], "-i") == 0 && has_value) {
		request->ids = arguments[1];
		return 2;
	}
	if (strcmp(arguments[0], "-l") != 0 && strcmp(arguments[0], "-lms") != 0)
		return 0;
	request->interval = has_value ? strtod(arguments[1], NULL) * scale : 5;
	return has_value ? 2 : 1;
}

static void check(const struct control *control, const struct request *request)
{
	if (request->question == ASK_LIST && request->interval > 0)
		out_fail(2, "Invalid combination of input arguments. " SEE_HELP "\n");
	if (request->fields == NULL)
		return;
	if (request->format == NULL)
		out_fail(2, "\"--format=\" switch is missing. " SEE_HELP "\n");
	if (strstr(request->format, "csv") == NULL)
		out_fail(2, "Format modifier --format=csv is mandatory. " SEE_HELP "\n");
	if (request->fields[0] == '\0' && control->major < 525)
		out_fail(2, "Field \"\" is not a valid field to query.\n");
}

void request_read(const struct control *control, int count, char **arguments, struct request *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (int i = 1; i < count;) {
		int taken = read_short(ret, count - i, arguments + i);
		if (taken == 0 && !read_long(ret, arguments[i]) && !read_flag(control, ret, arguments[i]))
			refuse_option(control, arguments[i]);
		i += taken > 0 ? taken : 1;
	}
	check(control, ret);
	ret->header = ret->format != NULL && strstr(ret->format, "noheader") == NULL;
	ret->units = ret->format != NULL && strstr(ret->format, "nounits") == NULL;
}
