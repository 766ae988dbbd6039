/*
 * The anchor in C: mosquitto's client library doing what every client of the bench does (workload.ts).
 *
 *   anchor-mosquitto PORT CA|- COUNT SKIP HOLD CLIENT-ID USER PASSWORD TOPIC PAYLOAD-BYTES CIPHER
 *
 * Connects to 127.0.0.1 (with CA: by TLS 1.2, verified), publishes COUNT messages at QoS 1, each after the PUBACK of the
 * one before, and prints `bench:connected`, `bench:first` (PUBACK 1), `bench:begin` (PUBACK SKIP), `bench:end` (last).
 * HOLD 1: then stays connected until a signal ends it. HOLD 0: disconnects.
 */
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct Run {
	int count, skip, hold, done, payloadSize;
	const char *topic;
	char payload[1024];
};

static void mark(const char *name)
{
	printf("bench:%s\n", name);
	fflush(stdout);
}

static void fail(const char *what, int code)
{
	fprintf(stderr, "%s: %s\n", what, mosquitto_strerror(code));
	exit(1);
}

static void next(struct mosquitto *client, struct Run *run)
{
	if (run->done < run->count) {
		int code = mosquitto_publish(client, NULL, run->topic, run->payloadSize, run->payload, 1, false);
		if (code)
			fail("publish", code);
	} else if (!run->hold) {
		mosquitto_disconnect(client);
	}
}

static void connected(struct mosquitto *client, void *it, int code)
{
	if (code) {
		fprintf(stderr, "refused: %s\n", mosquitto_connack_string(code));
		exit(1);
	}
	mark("connected");
	next(client, it);
}

static void acknowledged(struct mosquitto *client, void *it, int id)
{
	struct Run *run = it;
	(void)id;
	run->done++;
	if (run->done == 1)
		mark("first");
	if (run->done == run->skip)
		mark("begin");
	if (run->done == run->count)
		mark("end");
	next(client, run);
}

int main(int argc, char **argv)
{
	if (argc != 12) {
		fprintf(stderr, "anchor-mosquitto PORT CA|- COUNT SKIP HOLD CLIENT-ID USER PASSWORD TOPIC PAYLOAD-BYTES CIPHER\n");
		return 2;
	}
	struct Run run = {.count = atoi(argv[3]),
			  .skip = atoi(argv[4]),
			  .hold = atoi(argv[5]),
			  .topic = argv[9],
			  .payloadSize = atoi(argv[10])};
	if (run.payloadSize < 0 || run.payloadSize > (int)sizeof(run.payload))
		return 2;
	memset(run.payload, 'x', sizeof(run.payload));
	mosquitto_lib_init();
	struct mosquitto *client = mosquitto_new(argv[6], true, &run);
	if (!client)
		return 1;
	mosquitto_username_pw_set(client, argv[7], argv[8]);
	mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
	if (strcmp(argv[2], "-")) {
		mosquitto_tls_set(client, argv[2], NULL, NULL, NULL, NULL);
		mosquitto_tls_opts_set(client, 1, "tlsv1.2", argv[11]);
	}
	mosquitto_connect_callback_set(client, connected);
	mosquitto_publish_callback_set(client, acknowledged);
	int code = mosquitto_connect(client, "localhost", atoi(argv[1]), 300);
	if (code)
		fail("connect", code);
	code = mosquitto_loop_forever(client, -1, 1);
	if (code && !(code == MOSQ_ERR_NO_CONN && run.done == run.count))
		fail("connection", code);
	mosquitto_destroy(client);
	mosquitto_lib_cleanup();
	return 0;
}
