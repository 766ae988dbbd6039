/* linkxs-sim: the simulated device. `run` boots it, `flash` looks into its flash file. */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Options options = {.events = -1, .resets = -1, .backoff = 10000, .cut = powerTorn};

static const char usage[] =
	"usage: linkxs-sim run --flash FILE [option …]\n"
	"       linkxs-sim flash …\n"
	"  --board NAME                 refuse an image for another board\n"
	"  --serial pty|tcp:PORT        the second UART (port 0: a free one, told by an event)\n"
	"  --id HEX                     unique id (default: made from the flash file's path)\n"
	"  --clock-unset                the wall clock is not set at power-on\n"
	"  --cut-power-at N[:before|after|torn]  at the n-th flash operation (default torn); ends with exit code 4\n"
	"  --restart                    boot again after --cut-power-at\n"
	"  --resets N                   end with exit code 3 after more than N resets\n"
	"  --backoff MS                 the longest wait before a boot after quick crashes (default 10000)\n"
	"  --instrument                 print figures of memory at start and end, and on SIGUSR1\n"
	"  --wifi FILE                  a radio instead of the cable: the access points, a line each (see hal/README.md)\n"
	"  --heap-file FILE             write XS's chunks, slots and stack there on SIGUSR2 (what a secret must not be in)\n"
	"  --xsbug HOST:PORT            attach Moddable's debugger (debug build)\n"
	"  --with-parent                end when the process that started it ends, however that does\n"
	"  --events-fd N                JSON lines: boot, reset, memory, serial, exit\n"
	"exit codes: 0 stopped, 1 can't run, 2 usage, 3 resets, 4 power cut, 5 had to be killed\n";

static int wrong(const char* what, const char* which)
{
	fprintf(stderr, "%slinkxs-sim: %s %s\n", usage, what, which ? which : "");
	return exitUsage;
}

static int number(const char* text, long most, long* value)
{
	char* end;
	errno = 0;
	*value = strtol(text, &end, 10);
	return !errno && end != text && !*end && *value >= 0 && *value <= most;
}

static int parseCut(const char* text)
{
	char* end;
	options.cutAt = strtoull(text, &end, 10);
	if (end == text || !options.cutAt)
		return 0;
	if (!*end || !strcmp(end, ":torn"))
		options.cut = powerTorn;
	else if (!strcmp(end, ":before"))
		options.cut = powerBefore;
	else if (!strcmp(end, ":after"))
		options.cut = powerAfter;
	else
		return 0;
	return 1;
}

typedef struct {
	const char* name;
	const char** text;
	int* flag;
} Switch;

static const Switch switches[] = {
	{"--flash", &options.flash, NULL},
	{"--board", &options.board, NULL},
	{"--serial", &options.serial, NULL},
	{"--xsbug", &options.xsbug, NULL},
	{"--wifi", &options.wifi, NULL},
	{"--heap-file", &options.heap, NULL},
	{"--id", &options.id, NULL},
	{"--instrument", NULL, &options.instrument},
	{"--clock-unset", NULL, &options.clockUnset},
	{"--restart", NULL, &options.restart},
	{"--with-parent", NULL, &options.withParent},
};

/* Answers how many arguments were taken, 0 for a wrong one. */
static int parseOne(const char* name, const char* value)
{
	long it;
	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		if (strcmp(name, switches[i].name))
			continue;
		if (switches[i].flag) {
			*switches[i].flag = 1;
			return 1;
		}
		*switches[i].text = value;
		return value ? 2 : 0;
	}
	if (!value)
		return 0;
	if (!strcmp(name, "--cut-power-at"))
		return parseCut(value) ? 2 : 0;
	if (!strcmp(name, "--resets") && number(value, 1000000, &it)) {
		options.resets = (int)it;
		return 2;
	}
	if (!strcmp(name, "--backoff") && number(value, 3600000, &it)) {
		options.backoff = (int)it;
		return 2;
	}
	if (!strcmp(name, "--events-fd") && number(value, 1023, &it)) {
		options.events = (int)it;
		return 2;
	}
	return 0;
}

int main(int argc, char** argv)
{
	if (argc > 1 && !strcmp(argv[1], "flash")) {
		if (flashCommand)
			return flashCommand(argc - 1, argv + 1);
		return wrong("this build has no", "flash command");
	}
	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc < 2 || strcmp(argv[1], "run"))
		return wrong("run or flash?", "");
	for (int i = 2; i < argc;) {
		if (!strcmp(argv[i], "--help"))
			return fputs(usage, stdout), 0;
		int taken = parseOne(argv[i], i + 1 < argc ? argv[i + 1] : NULL);
		if (!taken)
			return wrong("what is", argv[i]);
		i += taken;
	}
	if (!options.flash)
		return wrong("--flash FILE is missing", "");
	return supervise();
}
