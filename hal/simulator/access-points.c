#include "access-points.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	lineMost = 1024,
	wordMost = 128,
	longest = 86400000 /* ms: a day */
};

/* A line in the reading. */
typedef struct {
	const char* at;
	char word[wordMost];
	char wrong[200]; /* "": nothing */
} Line;

static int wrong(Line* line, const char* format, ...) __attribute__((format(printf, 2, 3)));
static int wrong(Line* line, const char* format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line->wrong, sizeof(line->wrong), format, arguments);
	va_end(arguments);
	return 0;
}

static int isBlank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next word goes to `word`, in quotes or not. 0: there's none, or something is wrong. */
static int nextWord(Line* line)
{
	size_t size = 0;
	int quoted = 0;
	while (isBlank(*line->at))
		line->at++;
	if (!*line->at || *line->at == '#')
		return 0;
	if (*line->at == '"')
		quoted = *line->at++;
	for (; *line->at && (quoted ? *line->at != '"' : !isBlank(*line->at)); line->at++) {
		if (quoted && *line->at == '\\' && line->at[1])
			line->at++;
		if (size == sizeof(line->word) - 1)
			return wrong(line, "a word is longer than %d bytes", wordMost - 1);
		line->word[size++] = *line->at;
	}
	line->word[size] = 0;
	if (!quoted)
		return 1;
	if (*line->at++ != '"')
		return wrong(line, "a quote is not closed");
	return 1;
}

/* What `name` is set to. */
static int valueOf(Line* line, const char* name)
{
	return nextWord(line) || line->wrong[0] || wrong(line, "%s: a value is missing", name);
}

static int parseNumber(const char* text, const char** end, long least, long most, long* value)
{
	char* rest;
	errno = 0;
	*value = strtol(text, &rest, 10);
	*end = rest;
	return !errno && rest != text && *value >= least && *value <= most;
}

static int number(Line* line, const char* name, long least, long most, int* value)
{
	const char* end;
	long it;
	if (!valueOf(line, name) || line->wrong[0])
		return 0;
	if (!parseNumber(line->word, &end, least, most, &it) || *end)
		return wrong(line, "%s: a number from %ld to %ld is needed", name, least, most);
	*value = (int)it;
	return 1;
}

/* "0-5000,9000-" */
static int times(Line* line, AccessPoint* it)
{
	const char* at = line->word;
	for (it->times = 0; it->times < timesMost;) {
		long from, to = -1;
		if (!parseNumber(at, &at, 0, longest, &from) || *at++ != '-')
			break;
		if (*at && *at != ',' && (!parseNumber(at, &at, 0, longest, &to) || to <= from))
			break;
		it->time[it->times++] = (Time){from, to < 0 ? INT64_MAX : to};
		if (!*at)
			return 1;
		if (*at++ != ',')
			break;
	}
	return wrong(line, "up: FROM-TO or FROM-, up to %d of them with commas between, in milliseconds", timesMost);
}

static int key(Line* line, AccessPoint* it)
{
	size_t length = strlen(line->word);
	if (length < keyLeast || length > keyMost)
		return wrong(line, "key: %d to %d bytes are needed", keyLeast, keyMost);
	memcpy(it->key, line->word, length + 1);
	return 1;
}

/* One word about an access point, with its value. */
static int attribute(Line* line, AccessPoint* it)
{
	char name[wordMost];
	memcpy(name, line->word, sizeof(name));
	if (!strcmp(name, "hidden"))
		return it->hidden = 1;
	if (!strcmp(name, "refuses"))
		return it->refuses = 1;
	if (!strcmp(name, "key"))
		return valueOf(line, name) && !line->wrong[0] && key(line, it);
	if (!strcmp(name, "up"))
		return valueOf(line, name) && !line->wrong[0] && times(line, it);
	if (!strcmp(name, "rssi"))
		return number(line, name, -120, 0, &it->rssi);
	if (!strcmp(name, "channel"))
		return number(line, name, 1, 14, &it->channel);
	if (!strcmp(name, "join"))
		return number(line, name, 0, longest, &it->join);
	if (!strcmp(name, "lasts"))
		return number(line, name, 0, longest, &it->lasts);
	if (!strcmp(name, "away"))
		return number(line, name, 0, longest, &it->away);
	if (strcmp(name, "dhcp"))
		return wrong(line, "what is \"%s\"?", name);
	if (!valueOf(line, name) || line->wrong[0])
		return 0;
	if (!strcmp(line->word, "none"))
		return it->noAddress = 1;
	const char* end;
	long ms;
	if (!parseNumber(line->word, &end, 0, longest, &ms) || *end)
		return wrong(line, "dhcp: none or milliseconds are needed");
	it->dhcp = (int)ms;
	return 1;
}

/* 0 with nothing in `wrong`: an empty line. */
static int parseLine(Line* line, AccessPoint* it)
{
	*it = (AccessPoint){.rssi = -60, .channel = 1, .join = 20, .dhcp = 20, .lasts = -1, .away = -1};
	if (!nextWord(line))
		return 0;
	size_t length = strlen(line->word);
	if (!length || length > ssidMost)
		return wrong(line, "a name has 1 to %d bytes", ssidMost);
	memcpy(it->ssid, line->word, length + 1);
	while (nextWord(line))
		if (!attribute(line, it))
			return 0;
	return !line->wrong[0];
}

static int parseFile(FILE* file, const char* path, AccessPoints* found, char* error, size_t size)
{
	char text[lineMost];
	for (int row = 1; fgets(text, sizeof(text), file); row++) {
		AccessPoint it;
		Line line = {.at = text};
		size_t length = strlen(text);
		if (length == sizeof(text) - 1 && text[length - 1] != '\n')
			wrong(&line, "a line is longer than %d bytes", lineMost - 2);
		else if (parseLine(&line, &it)) {
			if (found->count < accessPointsMost)
				found->list[found->count++] = it;
			else
				wrong(&line, "more than %d networks", accessPointsMost);
		}
		if (line.wrong[0]) {
			snprintf(error, size, "%s:%d: %s", path, row, line.wrong);
			return -1;
		}
	}
	if (!ferror(file))
		return 0;
	snprintf(error, size, "%s: %s", path, strerror(errno));
	return -1;
}

int accessPointsRead(const char* path, AccessPoints* into, char* error, size_t size)
{
	static AccessPoints found;
	FILE* file = fopen(path, "re");
	if (!file) {
		snprintf(error, size, "%s: %s", path, strerror(errno));
		return -1;
	}
	found.count = 0;
	int result = parseFile(file, path, &found, error, size);
	fclose(file);
	if (!result)
		*into = found;
	return result;
}

int accessPointIsUp(const AccessPoint* it, int64_t now)
{
	if (!it->times)
		return 1;
	for (int i = 0; i < it->times; i++)
		if (now >= it->time[i].from && now < it->time[i].to)
			return 1;
	return 0;
}
