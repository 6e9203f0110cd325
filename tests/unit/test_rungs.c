/* rungs: how far ssh has come, from its own words in several versions; and what they come to on the ladder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/lines.h"
#include "collect/ladder.h"
#include "collect/rungs.h"

struct hearing {
	struct ssh_trace trace;
	char messages[4096]; /* what ssh said to people, a line each */
};

static void hear_line(void *user, struct slice line, bool cut)
{
	struct hearing *hearing = user;
	size_t len = strlen(hearing->messages);

	struct slice message = rungs_hear(&hearing->trace, line);
	if (message.ptr)
		snprintf(hearing->messages + len, sizeof(hearing->messages) - len, "%.*s\n", SLICE_ARGS(message));
}

/* The same however the bytes come. */
static struct hearing hear(const char *text)
{
	static const size_t pieces[] = {1, 7, 1u << 20};
	struct hearing first = {0}, hearing;
	size_t len = strlen(text);

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct lines lines;

		memset(&hearing, 0, sizeof(hearing));
		rungs_init(&hearing.trace);
		lines_init(&lines, hear_line, &hearing);
		for (size_t at = 0; at < len; at += pieces[i])
			lines_feed(&lines, text + at, len - at < pieces[i] ? len - at : pieces[i]);
		lines_end(&lines);
		lines_done(&lines);
		if (i == 0)
			first = hearing;
		assert_memory_equal(&first, &hearing, sizeof(hearing));
	}
	return hearing;
}

#define CONNECTED_9                                                                                                              \
	"debug1: Connecting to gpu1.lab [192.168.1.25] port 2222.\r\n"                                                           \
	"debug1: Connection established.\r\n"                                                                                    \
	"debug1: identity file /home/alice/.ssh/id_rsa type -1\r\n"                                                              \
	"debug1: identity file /home/alice/.ssh/id_rsa-cert type -1\r\n"                                                         \
	"debug1: identity file /home/alice/.ssh/id_ed25519 type 3\r\n"                                                           \
	"debug1: identity file /home/alice/.ssh/id_ed25519-cert type -1\r\n"                                                     \
	"debug1: Local version string SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"                                                \
	"debug1: Remote protocol version 2.0, remote software version OpenSSH_8.9p1 Ubuntu-3\r\n"                                \
	"debug1: compat_banner: match: OpenSSH_8.9p1 Ubuntu-3 pat OpenSSH* compat 0x04000000\r\n"                                \
	"debug1: Authenticating to gpu1.lab:2222 as 'alice'\r\n"                                                                 \
	"debug1: load_hostkeys: fopen /home/alice/.ssh/known_hosts2: No such file or directory\r\n"                              \
	"debug1: SSH2_MSG_KEXINIT sent\r\n"                                                                                      \
	"debug1: SSH2_MSG_KEXINIT received\r\n"                                                                                  \
	"debug1: kex: algorithm: sntrup761x25519-sha512\r\n"                                                                     \
	"debug1: kex: host key algorithm: ssh-ed25519\r\n"                                                                       \
	"debug1: Server host key: ssh-ed25519 SHA256:uSaTghaWQ6GR9/Rcs8Vn7IGs5kuREcIUVzD+7SCvgxw\r\n"
#define TRUSTED_9                                                                                                                \
	CONNECTED_9                                                                                                              \
	"debug1: Host '[gpu1.lab]:2222' is known and matches the ED25519 host key.\r\n"                                          \
	"debug1: Found key in /home/alice/.ssh/known_hosts:12\r\n"                                                               \
	"debug1: SSH2_MSG_NEWKEYS sent\r\n"                                                                                      \
	"debug1: SSH2_MSG_NEWKEYS received\r\n"                                                                                  \
	"debug1: SSH2_MSG_SERVICE_ACCEPT received\r\n"                                                                           \
	"debug1: Authentications that can continue: publickey,password\r\n"                                                      \
	"debug1: Next authentication method: publickey\r\n"
#define OFFERED_9                                                                                                                \
	TRUSTED_9                                                                                                                \
	"debug1: Offering public key: /home/alice/.ssh/id_ed25519 ED25519 SHA256:BY7VCzViySIdKLWZ35pdQcDxE5jKec6gERrnVBH6+w8 "   \
	"explicit\r\n"
#define ACCEPTED_9                                                                                                               \
	OFFERED_9                                                                                                                \
	"debug1: Server accepts key: /home/alice/.ssh/id_ed25519 ED25519 SHA256:BY7VCzViySIdKLWZ35pdQcDxE5jKec6gERrnVBH6+w8 "    \
	"explicit\r\n"

static void a_login_from_the_name_to_the_shell(void **state)
{
	struct hearing hearing = hear(ACCEPTED_9 "Authenticated to gpu1.lab ([192.168.1.25]:2222) using \"publickey\".\r\n"
						 "debug1: channel 0: new session [client-session] (inactive timeout: 0)\r\n"
						 "debug1: Sending command: exec sh\r\n"
						 "Transferred: sent 3472, received 3428 bytes, in 0.2 seconds\r\n"
						 "Bytes per second: sent 17970.5, received 17742.7\r\n"
						 "debug1: Exit status 0\r\n");
	const struct ssh_trace *trace = &hearing.trace;

	assert_int_equal(trace->step, SSH_LOGGED_IN);
	assert_string_equal(trace->address, "192.168.1.25");
	assert_string_equal(trace->port, "2222");
	assert_string_equal(trace->server, "OpenSSH_8.9p1 Ubuntu-3");
	assert_string_equal(trace->user, "alice");
	assert_string_equal(trace->key_type, "ssh-ed25519");
	assert_string_equal(trace->fingerprint, "SHA256:uSaTghaWQ6GR9/Rcs8Vn7IGs5kuREcIUVzD+7SCvgxw");
	assert_string_equal(trace->allowed, "publickey,password");
	assert_string_equal(trace->method, "publickey");
	assert_string_equal(trace->key_file, "/home/alice/.ssh/id_ed25519");
	assert_int_equal(trace->identities, 1);
	assert_int_equal(trace->offered, 1);
	assert_true(trace->accepted);
	assert_false(trace->key_added);
	assert_string_equal(hearing.messages, "");
}

/* CentOS 7. */
static void openssh_7_4(void **state)
{
	struct hearing hearing =
		hear("debug1: Connecting to gpu1 [2001:db8::25] port 22.\r\n"
		     "debug1: Connection established.\r\n"
		     "debug1: identity file /home/alice/.ssh/id_rsa type 1\r\n"
		     "debug1: key_load_public: No such file or directory\r\n"
		     "debug1: identity file /home/alice/.ssh/id_rsa-cert type -1\r\n"
		     "debug1: Enabling compatibility mode for protocol 2.0\r\n"
		     "debug1: Local version string SSH-2.0-OpenSSH_7.4\r\n"
		     "debug1: Remote protocol version 2.0, remote software version OpenSSH_7.4\r\n"
		     "debug1: Authenticating to gpu1:22 as 'alice'\r\n"
		     "debug1: Server host key: ecdsa-sha2-nistp256 SHA256:4qwZ4dlXKzYvhj2Q8p1oWyGFuDJuTf0aQp5kTyLwDrE\r\n"
		     "debug1: Host 'gpu1' is known and matches the ECDSA host key.\r\n"
		     "debug1: Found key in /home/alice/.ssh/known_hosts:3\r\n"
		     "debug1: rekey after 134217728 blocks\r\n"
		     "debug1: SSH2_MSG_NEWKEYS sent\r\n"
		     "debug1: expecting SSH2_MSG_NEWKEYS\r\n"
		     "debug1: SSH2_MSG_NEWKEYS received\r\n"
		     "debug1: Authentications that can continue: publickey,gssapi-keyex,gssapi-with-mic\r\n"
		     "debug1: Offering RSA public key: /home/alice/.ssh/id_rsa\r\n"
		     "debug1: Server accepts key: pkalg rsa-sha2-512 blen 279\r\n"
		     "debug1: Authentication succeeded (publickey).\r\n"
		     "Authenticated to gpu1 ([2001:db8::25]:22).\r\n"
		     "debug1: Exit status 0\r\n");

	assert_int_equal(hearing.trace.step, SSH_LOGGED_IN);
	assert_string_equal(hearing.trace.address, "2001:db8::25");
	assert_string_equal(hearing.trace.key_type, "ecdsa-sha2-nistp256");
	assert_string_equal(hearing.trace.method, "publickey");
	assert_string_equal(hearing.trace.key_file, "/home/alice/.ssh/id_rsa");
	assert_string_equal(hearing.messages, "");
}

/* The second address of a name; a key of an agent, as 7.9 tells it. */
static void more_than_one_address(void **state)
{
	struct hearing hearing = hear("debug1: Connecting to gpu1 [::1] port 22.\r\n"
				      "debug1: connect to address ::1 port 22: Connection refused\r\n"
				      "debug1: Connecting to gpu1 [127.0.0.1] port 22.\r\n"
				      "debug1: Connection established.\r\n"
				      "debug1: Offering public key: RSA SHA256:7gyq/8Rk alice@laptop agent\r\n");

	assert_int_equal(hearing.trace.step, SSH_CONNECTED);
	assert_string_equal(hearing.trace.address, "127.0.0.1");
	assert_int_equal(hearing.trace.offered, 1);
	assert_string_equal(hearing.trace.key_file, "");
}

static void each_step_by_itself(void **state)
{
	static const struct {
		const char *text;
		enum ssh_step step;
		enum rung rung;
	} cases[] = {
		{"ssh: Could not resolve hostname gpu1: Name or service not known\r\n", SSH_STARTED, RUNG_NAME},
		{"debug1: Connecting to gpu1 [192.168.1.25] port 22.\r\n", SSH_RESOLVED, RUNG_TCP},
		{"debug1: Connecting to gpu1 [192.168.1.25] port 22.\r\ndebug1: Connection established.\r\n", SSH_CONNECTED,
		 RUNG_HOST_KEY},
		{CONNECTED_9 "Host key verification failed.\r\n", SSH_KEY_SHOWN, RUNG_HOST_KEY},
		{TRUSTED_9, SSH_KEY_TRUSTED, RUNG_LOGIN},
		{OFFERED_9, SSH_KEY_TRUSTED, RUNG_LOGIN},
		{ACCEPTED_9 "Authenticated to gpu1 ([192.168.1.25]:22) using \"publickey\".\r\n", SSH_LOGGED_IN, RUNG_SHELL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hearing hearing = hear(cases[i].text);
		assert_int_equal(hearing.trace.step, cases[i].step);
		assert_int_equal(ladder_rung_of(&hearing.trace, false, PROBLEM_NONE), cases[i].rung);
		assert_int_equal(ladder_rung_of(&hearing.trace, true, PROBLEM_NONE), RUNG_SHELL);
	}
}

static void a_proxy_does_name_and_tcp(void **state)
{
	struct hearing hearing = hear("debug1: Executing proxy command: exec ssh -W '[gpu1]:22' jump\r\n"
				      "debug1: identity file /home/alice/.ssh/id_ed25519 type 3\r\n"
				      "ssh: connect to host jump port 22: Connection refused\r\n"
				      "Connection closed by UNKNOWN port 65535\r\n");

	assert_string_equal(hearing.trace.proxy, "ssh -W '[gpu1]:22' jump");
	assert_int_equal(hearing.trace.step, SSH_STARTED);
	assert_int_equal(ladder_rung_of(&hearing.trace, false, PROBLEM_REFUSED), RUNG_TCP);
	assert_string_equal(hearing.messages, "ssh: connect to host jump port 22: Connection refused\n"
					      "Connection closed by UNKNOWN port 65535\n");
}

static void a_changed_key(void **state)
{
	struct hearing hearing =
		hear(CONNECTED_9 "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\n"
				 "Add correct host key in /home/alice/.ssh/known_hosts to get rid of this message.\r\n"
				 "Offending ED25519 key in /home/alice/.ssh/known_hosts:12\r\n"
				 "Host key verification failed.\r\n");

	assert_string_equal(hearing.trace.offending, "/home/alice/.ssh/known_hosts:12");
	assert_non_null(strstr(hearing.messages, "HAS CHANGED"));
	assert_non_null(strstr(hearing.messages, "verification failed"));
	assert_null(strstr(hearing.messages, "debug1"));
}

static void keys_that_cannot_be_used(void **state)
{
	struct hearing hearing =
		hear(ACCEPTED_9
		     "Permissions 0644 for '/home/alice/.ssh/id_ed25519' are too open.\r\n"
		     "This private key will be ignored.\r\n"
		     "sign_and_send_pubkey: signing failed for ED25519 \"alice@laptop\" from agent: agent refused operation\r\n"
		     "alice@gpu1: Permission denied (publickey,password).\r\n");

	assert_true(hearing.trace.accepted);
	assert_true(hearing.trace.agent_refused);
	assert_string_equal(hearing.trace.loose_file, "/home/alice/.ssh/id_ed25519");
	assert_true(
		hear(CONNECTED_9 "Warning: Permanently added 'gpu1' (ED25519) to the list of known hosts.\r\n").trace.key_added);
}

/* A banner may say what it likes: none of it gets into a command. After the login nothing is read at all. */
static void a_hostile_server(void **state)
{
	struct hearing hearing = hear("debug1: Server host key: ssh-ed25519 SHA256:$(reboot)\r\n"
				      "debug1: Authenticating to x as 'alice; reboot'\r\n"
				      "debug1: Offering public key: /tmp/x;reboot RSA\r\n"
				      "debug1: Server accepts key: /tmp/`reboot` RSA\r\n"
				      "debug1: Authentications that can continue: publickey\033[2J\r\n"
				      "debug1: Connecting to x [-oProxyCommand=reboot] port 22;reboot.\r\n"
				      "Offending RSA key in /tmp/$(reboot):1\r\n"
				      "Permissions 0644 for '/tmp/a b' are too open.\r\n");
	const struct ssh_trace *trace = &hearing.trace;
	const char *const words[] = {trace->fingerprint, trace->user, trace->key_file,  trace->allowed,
				     trace->address,     trace->port, trace->offending, trace->loose_file};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_string_equal(words[i], "");
	hearing = hear(ACCEPTED_9 "Authenticated to gpu1 ([192.168.1.25]:2222) using \"publickey\".\r\n"
				  "debug1: Executing proxy command: rm\r\n"
				  "Offending RSA key in /tmp/other:1\r\n");
	assert_string_equal(hearing.trace.proxy, "");
	assert_string_equal(hearing.trace.offending, "");
}

/* The far side has not ended its line: ssh's talk follows in the same one. */
static void talk_in_the_middle_of_a_line(void **state)
{
	struct hearing hearing = hear(TRUSTED_9 "All use is logged.debug1: Authentications that can continue: password\r\n");

	assert_string_equal(hearing.messages, "All use is logged.\n");
	assert_string_equal(hearing.trace.allowed, "password");
	hearing = hear(ACCEPTED_9 "Authenticated to gpu1 ([192.168.1.25]:2222) using \"publickey\".\r\n"
				  "sh: 2: out of memorydebug1: client_input_channel_req: channel 0 rtype exit-status reply 0\r\n"
				  "debug1: Offering public key: /tmp/x\r\n"
				  "byedebug1: Offering public key: /tmp/x debug1: Offering public key: /tmp/x\r\n");
	assert_string_equal(hearing.messages, "sh: 2: out of memory\nbye\n");
	assert_string_equal(hearing.trace.key_file, "/home/alice/.ssh/id_ed25519");
}

/* Half a path would be another file. */
static void a_key_file_with_a_blank(void **state)
{
	static const struct {
		const char *line, *file;
	} cases[] = {
		{"debug1: Offering public key: /keys/lab ED25519 SHA256:7gyq/8Rk explicit\r\n", "/keys/lab"},
		{"debug1: Offering public key: /keys/lab RSA MD5:12:34 explicit\r\n", "/keys/lab"},
		{"debug1: Offering public key: /keys/lab key ED25519 SHA256:7gyq/8Rk explicit\r\n", ""},
		{"debug1: Offering public key: /my keys/lab ED25519 SHA256:7gyq/8Rk explicit\r\n", ""},
		{"debug1: Offering RSA public key: /keys/lab key\r\n", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hearing hearing = hear(cases[i].line);
		assert_string_equal(hearing.trace.key_file, cases[i].file);
	}
}

static void a_key_file_that_is_not_there(void **state)
{
	assert_string_equal(hear(CONNECTED_9).trace.missing_key, "");
	assert_string_equal(hear("debug1: identity file /keys/lab type -1\r\n"
				 "debug1: identity file /keys/lab-cert type -1\r\n"
				 "debug1: identity file /keys/other type -1\r\n")
				    .trace.missing_key,
			    "/keys/lab");
	assert_string_equal(hear("debug1: identity file /keys/$(reboot) type -1\r\n").trace.missing_key, "");
}

static void half_lines_and_none(void **state)
{
	static const char *const texts[] = {"",
					    "debug1: ",
					    "debug1: Connecting to ",
					    "debug1: Connecting to x [",
					    "debug1: Connecting to x [] port ",
					    "debug1: Offering ",
					    "debug1: Server host key: ",
					    "debug1: identity file ",
					    "debug1: identity file  type ",
					    "debug1: Authenticating to x as '",
					    "Offending ",
					    "Permissions  are too open",
					    "debug1: Executing proxy command: "};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_true(hear(texts[i]).trace.step <= SSH_KEY_SHOWN);
}

/* ssh -q, or a program in its place. */
static void an_ssh_that_says_nothing_of_itself(void **state)
{
	static const struct {
		enum problem_kind kind;
		enum rung rung;
	} cases[] = {{PROBLEM_DNS, RUNG_NAME},    {PROBLEM_REFUSED, RUNG_TCP},       {PROBLEM_UNREACHABLE, RUNG_TCP},
		     {PROBLEM_TIMEOUT, RUNG_TCP}, {PROBLEM_HOST_KEY, RUNG_HOST_KEY}, {PROBLEM_AUTH, RUNG_LOGIN},
		     {PROBLEM_SHELL, RUNG_SHELL}, {PROBLEM_SSH, RUNG_NAME}};
	struct hearing hearing = hear("whatever it is\n");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(ladder_rung_of(&hearing.trace, false, cases[i].kind), cases[i].rung);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_login_from_the_name_to_the_shell),
		cmocka_unit_test(openssh_7_4),
		cmocka_unit_test(more_than_one_address),
		cmocka_unit_test(each_step_by_itself),
		cmocka_unit_test(a_proxy_does_name_and_tcp),
		cmocka_unit_test(a_changed_key),
		cmocka_unit_test(keys_that_cannot_be_used),
		cmocka_unit_test(a_hostile_server),
		cmocka_unit_test(talk_in_the_middle_of_a_line),
		cmocka_unit_test(a_key_file_with_a_blank),
		cmocka_unit_test(a_key_file_that_is_not_there),
		cmocka_unit_test(half_lines_and_none),
		cmocka_unit_test(an_ssh_that_says_nothing_of_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
