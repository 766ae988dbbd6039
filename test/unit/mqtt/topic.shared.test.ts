import { checkFilter, matches, TOPIC_MAX, topicField } from "mqtt/topic";
import { describe, expect, test } from "test/expect";
import { hex } from "./support";

describe("a topic", () => {
	test("is sent with its length", () => expect(hex(topicField("é/a"))).toBe("0004c3a92f61"));
	test("may be as long as TOPIC_MAX", () => expect(topicField("x".repeat(TOPIC_MAX)).byteLength).toBe(TOPIC_MAX + 2));
	for (const [what, topic] of [
		["empty", ""],
		["too long", "x".repeat(TOPIC_MAX + 1)],
		["with U+0000", "a\0b"],
		["with +", "a/+"],
		["with #", "a/#"],
	] as const) {
		test(`${what} is refused`, () => expect(() => topicField(topic)).toThrow(RangeError));
	}
	test("that is no string is refused", () => {
		expect(() => topicField(5 as unknown as string)).toThrow(TypeError);
	});
});

describe("a filter", () => {
	for (const filter of ["a", "a/+/b", "+", "#", "a/#", "+/+", "/", "a//b"]) {
		test(`${filter} is one`, () => expect(checkFilter(filter)).toBeUndefined());
	}
	for (const filter of ["", "a+", "+a", "a/#/b", "#/a", "a#", "a/##", "a\0"]) {
		test(`${JSON.stringify(filter)} is none`, () => expect(() => checkFilter(filter)).toThrow(RangeError));
	}
});

// The examples of 4.7.1 and 4.7.2.
const table: readonly (readonly [string, string, boolean])[] = [
	["sport/tennis/player1/#", "sport/tennis/player1", true],
	["sport/tennis/player1/#", "sport/tennis/player1/ranking", true],
	["sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true],
	["sport/#", "sport", true],
	["#", "sport", true],
	["sport/tennis/+", "sport/tennis/player1", true],
	["sport/tennis/+", "sport/tennis/player1/ranking", false],
	["sport/+", "sport", false],
	["sport/+", "sport/", true],
	["+/+", "/finance", true],
	["/+", "/finance", true],
	["+", "/finance", false],
	["#", "$SYS/a", false],
	["+/a", "$SYS/a", false],
	["$SYS/#", "$SYS/a", true],
	["$SYS/+", "$SYS/a", true],
	["a/b", "a/b", true],
	["a/b", "a/c", false],
	["a/b", "a/b/c", false],
];
for (const [filter, topic, result] of table) {
	test(`${filter} ${result ? "takes" : "doesn't take"} ${topic}`, () => expect(matches(filter, topic)).toBe(result));
}
