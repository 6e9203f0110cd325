/* ssh_line: commands to be pasted, with whatever ssh.command says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "collect/ssh_line.h"

enum { WORDS_MAX = 12 };

struct line_case {
	const char *words[WORDS_MAX]; /* ssh.command */
	const char *expected;
};

static void expect(char *line, const char *expected)
{
	assert_string_equal(line, expected);
	free(line);
}

static struct ssh_target target_with(const char *const *words, const char *user, int port)
{
	return (struct ssh_target){.user = user, .address = "gpu2", .port = port, .command = (char *const *)words};
}

static void the_command_keeps_all_of_its_words(void **state)
{
	static const struct line_case cases[] = {
		{{"ssh"}, "ssh -p 2222 alice@gpu2"},
		{{"ssh", "-F", "/my lab/ssh.conf", "-J", "jump"}, "ssh -F '/my lab/ssh.conf' -J jump -p 2222 alice@gpu2"},
		{{"sshpass", "-f", "it's $HOME", "ssh", "-q"}, "sshpass -f 'it'\\''s $HOME' ssh -q -p 2222 alice@gpu2"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ssh_target target = target_with(cases[i].words, "alice", 2222);
		expect(ssh_line(&target, NULL), cases[i].expected);
	}
	const struct ssh_target plain = {.address = "gpu1"};
	expect(ssh_line(&plain, NULL), "ssh gpu1");
	expect(ssh_line(&plain, "-v"), "ssh -v gpu1");
	expect(ssh_line_target(&plain), "gpu1");
	expect(ssh_line_command(&plain), "ssh");
}

static void ssh_copy_id_gets_what_it_understands(void **state)
{
	static const struct line_case cases[] = {
		{{"ssh"}, "ssh-copy-id alice@gpu2"},
		{{"/usr/local/bin/ssh", "-q"}, "ssh-copy-id alice@gpu2"},
		{{"ssh", "-F", "/my lab/c", "-o", "Port=23"}, "ssh-copy-id -F '/my lab/c' -o Port=23 alice@gpu2"},
		{{"ssh", "-oPort=23", "-p23"}, "ssh-copy-id -o Port=23 -p 23 alice@gpu2"},
		{{"ssh", "-i", "/keys/lab"}, "ssh-copy-id -i /keys/lab.pub alice@gpu2"},
		{{"ssh", "-i/keys/it's"}, "ssh-copy-id -i '/keys/it'\\''s.pub' alice@gpu2"},
		{{"ssh", "-i", "/keys/a", "-i", "/keys/b"}, "ssh-copy-id -i /keys/a.pub alice@gpu2"},
		{{"ssh", "-J", "bob@jump:23"}, "ssh-copy-id -o ProxyJump=bob@jump:23 alice@gpu2"},
		{{"ssh", "-lcarol"}, "ssh-copy-id carol@gpu2"},
		{{"ssh", "-4", "-C"}, "ssh-copy-id -o AddressFamily=inet -o Compression=yes alice@gpu2"},
		{{"ssh", "-6qJ", "jump", "-v"}, "ssh-copy-id -o AddressFamily=inet6 -o ProxyJump=jump alice@gpu2"},
		{{"ssh", "-S", "/run/%C", "-b", "10.0.0.1"},
		 "ssh-copy-id -o ControlPath=/run/%C -o BindAddress=10.0.0.1 alice@gpu2"},
		{{"ssh", "-B", "eth1", "-c", "aes128-ctr", "-m", "hmac-sha2-256", "-I", "/lib/p11.so", "-K"},
		 "ssh-copy-id -o BindInterface=eth1 -o Ciphers=aes128-ctr -o MACs=hmac-sha2-256 -o PKCS11Provider=/lib/p11.so "
		 "-o GSSAPIAuthentication=yes alice@gpu2"},
		/* What says nothing of the way. */
		{{"ssh", "-E", "/tmp/log", "-A", "-x", "-e", "none", "-L", "1:b:2", "-w", "0"}, "ssh-copy-id alice@gpu2"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ssh_target target = target_with(cases[i].words, "alice", 0);
		expect(ssh_line_copy_id(&target, NULL), cases[i].expected);
	}
}

static void another_command_takes_the_key_there_itself(void **state)
{
#define COPY " 'umask 077; mkdir -p .ssh; cat >>.ssh/authorized_keys' <"
	static const struct line_case cases[] = {
		{{"sshpass", "-f", "pw", "ssh", "-q"}, "sshpass -f pw ssh -q alice@gpu2" COPY "~/.ssh/id_ed25519.pub"},
		{{"lab-ssh"}, "lab-ssh alice@gpu2" COPY "~/.ssh/id_ed25519.pub"},
		{{"ssh", "--", "x"}, "ssh -- x alice@gpu2" COPY "~/.ssh/id_ed25519.pub"},
		{{"ssh", "-i", "/k", "-o"}, "ssh -i /k -o alice@gpu2" COPY "/k.pub"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ssh_target target = target_with(cases[i].words, "alice", 0);
		expect(ssh_line_copy_id(&target, NULL), cases[i].expected);
	}
	const struct ssh_target target = target_with(cases[1].words, "alice", 0);
	expect(ssh_line_copy_id(&target, "/my keys/id"), "lab-ssh alice@gpu2" COPY "'/my keys/id.pub'");
}

static void a_key_that_is_known_goes_before_that_of_the_command(void **state)
{
	static const char *const words[] = {"ssh", "-i", "/keys/lab", NULL};
	const struct ssh_target target = target_with(words, NULL, 2222);

	expect(ssh_line_copy_id(&target, "/keys/other"), "ssh-copy-id -i /keys/other.pub -p 2222 gpu2");
	expect(ssh_line_copy_id(&target, "/keys/other.pub"), "ssh-copy-id -i /keys/other.pub -p 2222 gpu2");
	expect(ssh_line_copy_id(&target, ""), "ssh-copy-id -i /keys/lab.pub -p 2222 gpu2");
	assert_string_equal(ssh_line_value(&target, 'i'), "/keys/lab");
	assert_null(ssh_line_value(&target, 'F'));
}

static void a_key_at_home_is_found_by_the_shell(void **state)
{
	static const char *const words[] = {"ssh", "-i", "~/.ssh/id_lab", NULL}, *const blank[] = {"ssh", "-i", "~/my key", NULL};
	static const char *const wrapper[] = {"lab-ssh", NULL};
	struct ssh_target target = target_with(words, NULL, 0);

	expect(ssh_line_copy_id(&target, NULL), "ssh-copy-id -i ~/.ssh/id_lab.pub gpu2");
	expect(ssh_line_copy_id(&target, "~"), "ssh-copy-id -i '~.pub' gpu2");
	target = target_with(blank, NULL, 0);
	expect(ssh_line_copy_id(&target, NULL), "ssh-copy-id -i ~/'my key.pub' gpu2");
	target = target_with(wrapper, NULL, 0);
	expect(ssh_line_copy_id(&target, "~/id"), "lab-ssh gpu2" COPY "~/id.pub");
}

static void a_jump_host_is_given_the_configuration_alone(void **state)
{
	static const char *const words[] = {"ssh", "-J", "jump", "-p", "23", "-F", "/lab.conf", NULL};
	const struct ssh_target target = target_with(words, "alice", 0);

	expect(ssh_line_copy_id_jump(&target, "bob@jump"), "ssh-copy-id -F /lab.conf bob@jump");
}

static void what_is_run_there_goes_through_ssh(void **state)
{
	static const char *const words[] = {"ssh", "-F", "/lab.conf", NULL};
	char *const *ssh = (char *const *)words;
	const struct host_config gpu = {
		.name = (char *)"gpu", .address = (char *)"gpu2", .nvidia_smi = (char *)"sudo nvidia-smi"};
	const struct host_config local = {
		.name = (char *)"here", .address = (char *)"here", .nvidia_smi = (char *)"nvidia-smi", .local = true};
	const struct remedy reboot = {"sudo reboot", "it is old"}, look = {"nvidia-smi -L", "what does it say?"},
			    none = {NULL, NULL};

	expect(ssh_line_there(&gpu, NULL, "sudo reboot"), "ssh -t gpu2 'sudo reboot'");
	expect(ssh_line_there(&gpu, ssh, "dmesg"), "ssh -F /lab.conf gpu2 'dmesg'");
	expect(ssh_line_there(&gpu, ssh, "grep 'a b' x"), "ssh -F /lab.conf gpu2 'grep '\\''a b'\\'' x'");
	expect(ssh_line_there(&local, ssh, "sudo reboot"), "sudo reboot");
	expect(ssh_line_remedy(&gpu, NULL, &reboot), "ssh -t gpu2 'sudo reboot'   # it is old");
	expect(ssh_line_remedy(&gpu, NULL, &look), "ssh -t gpu2 'sudo nvidia-smi -L'   # what does it say?");
	expect(ssh_line_remedy(&local, NULL, &look), "nvidia-smi -L   # what does it say?");
	assert_null(ssh_line_remedy(&gpu, NULL, &none));
	expect(ssh_line_smi(&gpu, "sudo nvidia-smi -r -i 1"), "sudo nvidia-smi -r -i 1");
	expect(ssh_line_smi(&gpu, "dmesg | grep nvidia-smi"), "dmesg | grep nvidia-smi");
	const struct host_config opt = {.nvidia_smi = (char *)"/opt/smi"};
	expect(ssh_line_smi(&opt, "sudo nvidia-smi -pm 1"), "sudo /opt/smi -pm 1");
	expect(ssh_line_smi(&opt, "nvidia-smi -q"), "/opt/smi -q");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_command_keeps_all_of_its_words),
		cmocka_unit_test(ssh_copy_id_gets_what_it_understands),
		cmocka_unit_test(another_command_takes_the_key_there_itself),
		cmocka_unit_test(a_key_that_is_known_goes_before_that_of_the_command),
		cmocka_unit_test(a_key_at_home_is_found_by_the_shell),
		cmocka_unit_test(a_jump_host_is_given_the_configuration_alone),
		cmocka_unit_test(what_is_run_there_goes_through_ssh),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
