#include "smi/secret_tool.h"

#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The rows of a program stand together. */
static const struct secret_tool tools[] = {
	{"mysql", "-p", NULL, SECRET_ATTACHED, 0},
	{"mysqldump", "-p", NULL, SECRET_ATTACHED, 0},
	{"mysqladmin", "-p", NULL, SECRET_ATTACHED, 0},
	{"mysqlimport", "-p", NULL, SECRET_ATTACHED, 0},
	{"mariadb", "-p", NULL, SECRET_ATTACHED, 0},
	{"mariadb-dump", "-p", NULL, SECRET_ATTACHED, 0},
	{"7z", "-p", NULL, SECRET_ATTACHED, 0},
	{"sshpass", "-p", NULL, SECRET_EITHER, 0},
	{"mongo", "-p", NULL, SECRET_EITHER, 0},
	{"mongosh", "-p", NULL, SECRET_EITHER, 0},
	{"mongodump", "-p", NULL, SECRET_EITHER, 0},
	{"mongorestore", "-p", NULL, SECRET_EITHER, 0},
	{"redis-cli", "-a", NULL, SECRET_EITHER, 0},
	{"ldapsearch", "-w", NULL, SECRET_EITHER, 0},
	{"ldapmodify", "-w", NULL, SECRET_EITHER, 0},
	{"zip", "-P", NULL, SECRET_EITHER, 0},
	{"unzip", "-P", NULL, SECRET_EITHER, 0},
	{"curl", "-u", NULL, SECRET_EITHER, ':'},
	{"curl", "--user", NULL, SECRET_EITHER, ':'},
	{"curl", "-U", NULL, SECRET_EITHER, ':'},
	{"curl", "--proxy-user", NULL, SECRET_EITHER, ':'},
	{"smbclient", "-U", NULL, SECRET_EITHER, '%'},
	{"openssl", "-k", NULL, SECRET_APART, 0},
	{"openssl", "-K", NULL, SECRET_APART, 0},
	{"docker", "-p", "login", SECRET_EITHER, 0},
	{"podman", "-p", "login", SECRET_EITHER, 0},
	{"nerdctl", "-p", "login", SECRET_EITHER, 0},
	{"buildah", "-p", "login", SECRET_EITHER, 0},
	{"skopeo", "-p", "login", SECRET_EITHER, 0},
	{"apptainer", "-p", "login", SECRET_EITHER, 0},
	{"wandb", NULL, "login", SECRET_ARGUMENT, 0},
	{"vault", NULL, "login", SECRET_ARGUMENT, 0},
	{"ngrok", NULL, "authtoken", SECRET_ARGUMENT, 0},
	{"ngrok", NULL, "add-authtoken", SECRET_ARGUMENT, 0},
};

const struct secret_tool *secret_tool_of(struct slice name)
{
	for (size_t i = 0; i < COUNT_OF(tools); i++)
		if (slice_is(name, tools[i].name))
			return &tools[i];
	return NULL;
}

const struct secret_tool *secret_tool_next(const struct secret_tool *tool)
{
	const struct secret_tool *next = tool + 1;

	return next < tools + COUNT_OF(tools) && strcmp(next->name, tool->name) == 0 ? next : NULL;
}
