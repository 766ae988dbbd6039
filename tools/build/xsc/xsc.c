/*
 * xsc: JavaScript modules to XS byte code, ahead of time, for hosts that have no parser.
 *
 * A filter: requests come on stdin, one answer for each goes to stdout, in order, so that one process compiles a whole
 * program and can stay for the next. All numbers are little-endian u32.
 *
 *   request: nameSize, sourceSize, lineCount, flags | name | source | lineCount x u32
 *   answer:  status (0 compiled, 1 refused), a, b | a bytes | b bytes
 *            compiled: a = symbols, b = code, both as txScript has them before fxResolveModule
 *            refused:  a = text, one `file:line: message` a line; b = 0
 *
 * `name` is what errors and stack traces shall call the file ("modules/mqtt/codec.ts"). Table entry n - 1 is the line
 * of that file which line n of `source` came from (a source map, already decoded): no map is looked up at run time.
 * flags: 1 = debug (lines and file names go into the code).
 */
#include "xsScript.h"

#include <stdio.h>

enum { FLAG_DEBUG = 1 };
enum { STATUS_OK = 0, STATUS_REFUSED = 1 };

#define MAX_NAME 4096u
#define MAX_SOURCE (16u * 1024 * 1024)
#define MAX_LINES (1024u * 1024)
#define PARSER_BUFFER (1024 * 1024)
#define PARSER_TABLE 1993

typedef struct {
	uint32_t nameSize, sourceSize, lineCount, flags, tags;
	char* name;
	uint8_t* source;
	int* lines; /* [lineLimit + 1], from line 0, which no source has */
	uint32_t lineLimit;
	size_t offset;
} Request;

typedef struct {
	char* text;
	size_t size, capacity;
} Text;

static Request gRequest;
static Text gErrors;

static void die(const char* message)
{
	fprintf(stderr, "xsc: %s\n", message);
	exit(2);
}

static void* allocate(size_t size)
{
	void* result = calloc(1, size ? size : 1);
	if (!result)
		die("out of memory");
	return result;
}

static void append(const char* text)
{
	size_t length = strlen(text);
	if (gErrors.size + length + 1 > gErrors.capacity) {
		gErrors.capacity = (gErrors.size + length + 1) * 2;
		gErrors.text = realloc(gErrors.text, gErrors.capacity);
		if (!gErrors.text)
			die("out of memory");
	}
	memcpy(gErrors.text + gErrors.size, text, length + 1);
	gErrors.size += length;
}

static int originalLine(int line)
{
	if (!gRequest.lineCount)
		return line;
	if (line < 0)
		line = 0;
	if ((uint32_t)line > gRequest.lineLimit)
		line = (int)gRequest.lineLimit;
	return gRequest.lines[line];
}

/* What XS's parser asks of its host. */

void fxAbort(void* console, int status)
{
	(void)console;
	(void)status;
	die("the parser gave up");
	exit(2);
}

txID fxGenerateProfileID(void* console)
{
	(void)console;
	return XS_NO_ID;
}

/* The key of a template literal's cached array: the file and a number within it, so that the same source always gives
 * the same bytes and two files never share a key. */
void fxGenerateTag(void* console, txString buffer, txInteger bufferSize, txString path)
{
	(void)console;
	snprintf(buffer, (size_t)bufferSize, "#%u@%s", gRequest.tags++, path ? path : "");
}

void fxVReport(void* console, txString format, c_va_list arguments)
{
	(void)console;
	(void)format;
	(void)arguments;
}

void fxVReportWarning(void* console, txString path, txInteger line, txString format, c_va_list arguments)
{
	(void)path;
	(void)line;
	fxVReport(console, format, arguments);
}

void fxVReportError(void* console, txString path, txInteger line, txString format, c_va_list arguments)
{
	char buffer[1024];
	(void)console;
	(void)path;
	append(gRequest.name);
	snprintf(buffer, sizeof(buffer), ":%d: ", originalLine(line));
	append(buffer);
	vsnprintf(buffer, sizeof(buffer), format, arguments);
	append(buffer);
	append("\n");
}

static int getSource(void* stream)
{
	Request* request = stream;
	return request->offset < request->sourceSize ? request->source[request->offset++] : C_EOF;
}

/* Nodes keep the path they were parsed under; a coder that meets another path translates the line by parser->lines. So
 * with a table the file is parsed under a name that no file has, and coded under its own. */
static txScript* compile(Request* request)
{
	txParser parser;
	txParserJump jump;
	txScript* volatile script = NULL;
	txString ignored = NULL;
	txUnsigned flags = (request->flags & FLAG_DEBUG) ? mxDebugFlag : 0;

	/* With a console the parser stops at its first error. Without, it goes on, and XS's recovery is not to be trusted:
	 * broken programs made it write beyond its nodes. All errors of a file come from TypeScript, which saw it before. */
	fxInitializeParser(&parser, request, PARSER_BUFFER, PARSER_TABLE);
	parser.reportError = fxVReportError;
	parser.reportWarning = fxVReportWarning;
	parser.firstJump = &jump;
	if (c_setjmp(jump.jmp_buf) == 0) {
		txSymbol* own = fxNewParserSymbol(&parser, request->name);
		parser.origin = own;
		parser.path = request->lineCount ? fxNewParserSymbol(&parser, ".") : own;
		fxParserTree(&parser, request, getSource, flags, &ignored);
		if (parser.errorCount == 0)
			fxParserHoist(&parser);
		if (parser.errorCount == 0)
			fxParserBind(&parser);
		if (parser.errorCount == 0) {
			parser.path = own;
			parser.lines = request->lineCount ? request->lines : NULL;
			script = fxParserCode(&parser);
		}
	}
	if (script && parser.errorCount) { /* a program that would only throw the error */
		fxDeleteScript(script);
		script = NULL;
	}
	if (!script && !gErrors.size) {
		append(request->name);
		append(":1: cannot be compiled\n");
	}
	fxTerminateParser(&parser);
	return script;
}

static int readAll(void* into, size_t size)
{
	return fread(into, 1, size, stdin) == size;
}

static void writeAll(const void* from, size_t size)
{
	if (fwrite(from, 1, size, stdout) != size)
		die("cannot write the answer");
}

static uint32_t readU32(const uint8_t* p)
{
	return (uint32_t)p[0] | ((uint32_t)p[1] << 8) | ((uint32_t)p[2] << 16) | ((uint32_t)p[3] << 24);
}

static void writeU32(uint32_t value)
{
	uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24)};
	writeAll(bytes, sizeof(bytes));
}

/* XS looks lines up unchecked, and counts more ends of lines than others do (CR, U+2028): so the table is as long as the
 * source could have lines, and its last entry holds for all that the request does not name. */
static void readLines(Request* request)
{
	uint8_t entry[4];
	int last = 1;
	request->lineLimit = request->lineCount > request->sourceSize + 1 ? request->lineCount : request->sourceSize + 1;
	request->lines = allocate(((size_t)request->lineLimit + 1) * sizeof(int));
	request->lines[0] = 1;
	for (uint32_t i = 1; i <= request->lineLimit; i++) {
		if (i <= request->lineCount) {
			if (!readAll(entry, sizeof(entry)))
				die("the request ends early");
			last = (int)readU32(entry);
		}
		request->lines[i] = last;
	}
}

static int readRequest(Request* request)
{
	uint8_t head[16];
	size_t got = fread(head, 1, sizeof(head), stdin);
	if (got == 0)
		return 0;
	if (got != sizeof(head))
		die("the request ends early");
	memset(request, 0, sizeof(*request));
	request->nameSize = readU32(head);
	request->sourceSize = readU32(head + 4);
	request->lineCount = readU32(head + 8);
	request->flags = readU32(head + 12);
	if (request->nameSize == 0 || request->nameSize > MAX_NAME || request->sourceSize > MAX_SOURCE || request->lineCount > MAX_LINES)
		die("the request is out of bounds");
	request->name = allocate(request->nameSize + 1);
	request->source = allocate(request->sourceSize + 1);
	if (!readAll(request->name, request->nameSize) || !readAll(request->source, request->sourceSize))
		die("the request ends early");
	readLines(request);
	return 1;
}

static void answer(const txScript* script)
{
	if (script) {
		writeU32(STATUS_OK);
		writeU32((uint32_t)script->symbolsSize);
		writeU32((uint32_t)script->codeSize);
		writeAll(script->symbolsBuffer, (size_t)script->symbolsSize);
		writeAll(script->codeBuffer, (size_t)script->codeSize);
	} else {
		writeU32(STATUS_REFUSED);
		writeU32((uint32_t)gErrors.size);
		writeU32(0);
		writeAll(gErrors.text, gErrors.size);
	}
	if (fflush(stdout))
		die("cannot write the answer");
}

int main(void)
{
	while (readRequest(&gRequest)) {
		gErrors.size = 0;
		txScript* script = compile(&gRequest);
		answer(script);
		if (script)
			fxDeleteScript(script);
		free(gRequest.name);
		free(gRequest.source);
		free(gRequest.lines);
	}
	free(gErrors.text);
	return 0;
}
