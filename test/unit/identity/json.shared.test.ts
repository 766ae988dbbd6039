// JSON read where it lies (RFC 8259): whatever order, whatever escapes, and never half of a text that is broken.
import { decode, encode } from "hal/text";
import { JsonError, spansIn, textAt } from "identity/json";
import { describe, expect, test } from "test/expect";

/** Values by their paths, strings as they are. */
function read(text: string): Record<string, string> {
	const bytes = encode(text);
	const values: Record<string, string> = {};
	for (const [path, { kind, start, end }] of spansIn(bytes)) {
		const value = decode(bytes, start, end);
		values[path] = kind === "string" ? value : `${kind} ${value}`;
	}
	return values;
}

describe("values and their paths", () => {
	for (const [text, values] of [
		['{"a":"x","b":"y"}', { a: "x", b: "y" }],
		['{"b":"y","a":"x"}', { b: "y", a: "x" }],
		[' { "a" : "x" }\r\n\t', { a: "x" }],
		[
			'{"code":200,"data":{"deviceSecret":"s"},"message":"success"}',
			{
				code: "number 200",
				"data.deviceSecret": "s",
				message: "success",
			},
		],
		['{"data":[{"a":1},{"a":2}]}', { "data.0.a": "number 1", "data.1.a": "number 2" }],
		['[true,false,null,"",{},[]]', { 0: "true true", 1: "false false", 2: "null null", 3: "" }],
		["[[1]]", { "0.0": "number 1" }],
		['{"a":{},"b":[]}', {}],
		['{"a":-0.5e+10,"b":1E9,"c":0}', { a: "number -0.5e+10", b: "number 1E9", c: "number 0" }],
		['"alone"', { "": "alone" }],
		['{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t"}', { a: '"\\/\b\f\n\r\t' }],
		['{"a":"x\\u0041\\u00e9\\u20AC\\ud83d\\ude00y","b":"z"}', { a: "xAé€😀y", b: "z" }],
		['{"\\u0061":"é€"}', { a: "é€" }],
	] as const) {
		test(text, () => expect(read(text)).toEqual(values));
	}
});

describe("what is no JSON, or too much of it, is refused", () => {
	const code = (text: string): string => {
		try {
			return `read: ${JSON.stringify(read(text))}`;
		} catch (error) {
			return error instanceof JsonError ? error.code : `${(error as Error).name}`;
		}
	};
	for (const text of [
		"",
		" ",
		"{",
		"[",
		"{]",
		'{"a"}',
		'{"a":}',
		'{"a":1,}',
		'{"a":1 "b":2}',
		"{a:1}",
		"[1,]",
		"[1 2]",
		'{"a":1}}',
		'{"a":1}x',
		'{"a":"open',
		'{"a":"open\\',
		'{"a":"line\nbreak"}',
		'{"a":"\\x"}',
		'{"a":"\\u12"}',
		'{"a":"\\u12g4"}',
		'{"a":"\\u123`"}',
		'{"a":"\\ud800"}',
		'{"a":"\\ud800x"}',
		'{"a":"\\ud800\\n000"}',
		'{"a":"\\ud800\\u0041"}',
		'{"a":"\\udc00"}',
		'{"a":01}',
		'{"a":.5}',
		'{"a":1.}',
		'{"a":+1}',
		'{"a":--1}',
		'{"a":1e}',
		'{"a":trup}',
		'{"a":nul',
		`{"a":${"1".repeat(33)}}`,
		'{"a":1,"a":1}',
		'{"a.b":1}',
		'{"é":1}',
		"'a'",
	]) {
		test(JSON.stringify(text), () => expect(code(text)).toBe("bad-json"));
	}
	test("objects and arrays deeper than six", () => {
		expect(code("[[[[[[1]]]]]]").startsWith("read")).toBe(true);
		expect(code("[[[[[[[1]]]]]]]")).toBe("too-large");
		expect(code('{"a":[{"a":[{"a":[{"a":1}]}]}]}')).toBe("too-large");
		expect(code('{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}')).toBe("too-large");
	});
	test("more than 256 values", () => {
		const numbers = (count: number) => `[${new Array(count).fill(0).join(",")}]`;
		expect(code(numbers(256)).startsWith("read")).toBe(true);
		expect(code(numbers(257))).toBe("too-large");
	});
	test("every beginning of an answer", () => {
		const whole = '{"productKey":"pk","deviceName":"d\\u0041","n":[1,{"b":true}],"deviceSecret":"s"}';
		for (let length = 0; length < whole.length; length += 1) expect(code(whole.slice(0, length))).toBe("bad-json");
		expect(code(whole).startsWith("read")).toBe(true);
	});
});

test("what escapes leave over is wiped", () => {
	const bytes = encode('{"a":"\\u0073\\u0065cret"}');
	spansIn(bytes);
	expect(decode(bytes)).toBe(`{"a":"secret${'"'.repeat(11)}}`);
});

describe("a text", () => {
	const bytes = encode('["text","é",1]');
	const spans = spansIn(bytes);
	test("is one that is ASCII and of the kind that's asked for", () => {
		expect(textAt(bytes, spans.get("0"))).toBe("text");
		expect(textAt(bytes, spans.get("2"), "number")).toBe("1");
		expect(textAt(bytes, spans.get("1"))).toBe(undefined);
		expect(textAt(bytes, spans.get("2"))).toBe(undefined);
		expect(textAt(bytes, spans.get("3"))).toBe(undefined);
	});
});
