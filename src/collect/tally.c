#include "collect/tally.h"

#include <math.h>

void tally_init(struct tally *tally, struct host *host)
{
	*tally = (struct tally){.host = host, .probe_cpu = NAN};
}

void tally_attempt(struct tally *tally)
{
	struct host_session sums = tally->host->session;

	sums.attempts++;
	host_set_session(tally->host, &sums);
}

void tally_login(struct tally *tally, double now)
{
	struct host_session sums = tally->host->session;

	sums.logins++;
	sums.connected = now;
	host_set_session(tally->host, &sums);
}

void tally_bytes(struct tally *tally, struct transport_bytes bytes)
{
	struct host_session sums = tally->host->session;

	sums.bytes_in += bytes.in - tally->bytes.in;
	sums.bytes_out += bytes.out - tally->bytes.out;
	tally->bytes = bytes;
	host_set_session(tally->host, &sums);
}

/*
 * A sample tells what the probe had used when it was asked: the first one of a session what the login cost, the next ones a
 * sample more each.
 */
static void add_probe_cpu(struct tally *tally, double probe_cpu, struct host_session *sums)
{
	bool first = isnan(tally->probe_cpu);
	double before = first ? 0 : tally->probe_cpu;

	if (isnan(probe_cpu))
		return;
	sums->probe_samples += !first;
	sums->probe_cpu += probe_cpu > before ? probe_cpu - before : 0;
	tally->probe_cpu = probe_cpu;
}

void tally_sample(struct tally *tally, double probe_cpu, bool keeps_driver)
{
	struct host_session sums = tally->host->session;

	sums.samples++;
	sums.keeps_driver = keeps_driver;
	add_probe_cpu(tally, probe_cpu, &sums);
	host_set_session(tally->host, &sums);
}

void tally_end(struct tally *tally)
{
	struct host_session sums = tally->host->session;

	sums.connected = 0;
	sums.keeps_driver = false;
	host_set_session(tally->host, &sums);
	tally_init(tally, tally->host);
}
