import { byteLength, copyInto, decode, encode, encodeInto, isUtf8 } from "hal/text";
import { expect, test } from "test/expect";

const bytes = (...values: number[]) => new Uint8Array(values);
const list = (array: Uint8Array) => Array.from(array).join(",");

/** Text and what RFC 3629 makes of it. */
const pairs: readonly (readonly [string, readonly number[]])[] = [
	["", []],
	["a", [0x61]],
	["\u0000", [0]],
	["a\u0000b", [0x61, 0, 0x62]],
	["\u007f\u0080", [0x7f, 0xc2, 0x80]],
	["é", [0xc3, 0xa9]],
	["\u07ff\u0800", [0xdf, 0xbf, 0xe0, 0xa0, 0x80]],
	["€", [0xe2, 0x82, 0xac]],
	["\ud7ff\ue000", [0xed, 0x9f, 0xbf, 0xee, 0x80, 0x80]],
	["\uffff", [0xef, 0xbf, 0xbf]],
	["😀", [0xf0, 0x9f, 0x98, 0x80]],
	["\u{10ffff}", [0xf4, 0x8f, 0xbf, 0xbf]],
	["\u0000퟿", [0, 0xed, 0x9f, 0xbf]],
];

test("encode, byteLength, decode", () => {
	for (const [text, expected] of pairs) {
		expect(list(encode(text))).toBe(expected.join(","));
		expect(byteLength(text)).toBe(expected.length);
		expect(decode(bytes(...expected))).toBe(text);
	}
});

test("lone surrogates become U+FFFD", () => {
	expect(list(encode("\ud83d"))).toBe("239,191,189");
	expect(list(encode("a\ude00b"))).toBe("97,239,191,189,98");
	expect(byteLength("\ud800\u0000")).toBe(4);
});

test("encodeInto writes at an offset, and says how much", () => {
	const into = new Uint8Array(6);
	expect(encodeInto("€", into)).toBe(3);
	expect(encodeInto("é", into, 4)).toBe(2);
	expect(list(into)).toBe("226,130,172,0,195,169");
	expect(encodeInto("", into, 6)).toBe(0);
});

test("copyInto writes bytes at an offset, of a view and over themselves, too", () => {
	const into = new Uint8Array(6);
	expect(copyInto(new Uint8Array([1, 2, 3, 4]).subarray(1, 3), into, 1)).toBe(2);
	expect([...into]).toEqual([0, 2, 3, 0, 0, 0]);
	expect(copyInto(into.subarray(1, 5), into, 2)).toBe(4);
	expect([...into]).toEqual([0, 2, 2, 3, 0, 0]);
	expect(copyInto(new Uint8Array(0), into, 6)).toBe(0);
});

test("copyInto throws when it doesn't fit, and writes nothing", () => {
	const into = new Uint8Array(2);
	expect(() => copyInto(new Uint8Array([1, 2]), into, 1)).toThrow(RangeError);
	expect(() => copyInto(new Uint8Array([1]), into, -1)).toThrow(RangeError);
	expect(() => copyInto(new Uint8Array([1]), into, 3)).toThrow(RangeError);
	expect([...into]).toEqual([0, 0]);
});

test("encodeInto throws when it doesn't fit, and writes nothing", () => {
	const into = new Uint8Array(2);
	expect(() => encodeInto("€", into)).toThrow(RangeError);
	expect(() => encodeInto("a", into, 2)).toThrow(RangeError);
	expect(() => encodeInto("a", into, -1)).toThrow(RangeError);
	expect(() => encodeInto("a", into, 3)).toThrow(RangeError);
	expect(list(into)).toBe("0,0");
});

test("encodeInto of a view writes into the view alone", () => {
	const whole = new Uint8Array(4);
	encodeInto("ab", whole.subarray(1, 3));
	expect(list(whole)).toBe("0,97,98,0");
	expect(() => encodeInto("abc", whole.subarray(1, 3))).toThrow(RangeError);
});

test("decode of a part", () => {
	const all = encode("x€y");
	expect(decode(all, 1, 4)).toBe("€");
	expect(decode(all, 4)).toBe("y");
	expect(decode(all, 5)).toBe("");
	expect(decode(all.subarray(1, 4))).toBe("€");
	expect(() => decode(all, 0, 6)).toThrow(RangeError);
	expect(() => decode(all, 3, 2)).toThrow(RangeError);
});

/** What is not UTF-8 (RFC 3629 §3, Unicode table 3-7). */
const malformed: readonly (readonly number[])[] = [
	[0x80],
	[0xbf],
	[0xc0, 0x80],
	[0xc1, 0xbf],
	[0xc2],
	[0xc2, 0x41],
	[0xe0, 0x9f, 0xbf],
	[0xe2, 0x82],
	[0xe2, 0x28, 0xa1],
	[0xed, 0xa0, 0x80],
	[0xed, 0xbf, 0xbf],
	[0xf0, 0x8f, 0xbf, 0xbf],
	[0xf0, 0x9f, 0x98],
	[0xf4, 0x90, 0x80, 0x80],
	[0xf5, 0x80, 0x80, 0x80],
	[0xff],
];

test("malformed UTF-8 is refused", () => {
	for (const values of malformed) {
		expect(isUtf8(bytes(...values))).toBe(false);
		expect(isUtf8(bytes(0x61, ...values))).toBe(false);
		expect(() => decode(bytes(...values))).toThrow(TypeError);
		expect(() => decode(bytes(0x61, ...values, 0x62))).toThrow(TypeError);
	}
});

test("a character that is cut by the end is not completed by what lies behind", () => {
	const all = encode("€");
	expect(isUtf8(all, 0, 2)).toBe(false);
	expect(() => decode(all, 0, 2)).toThrow(TypeError);
});

test("isUtf8 refuses U+0000, takes the rest", () => {
	expect(isUtf8(bytes(0))).toBe(false);
	expect(isUtf8(bytes(0x61, 0, 0x62))).toBe(false);
	expect(isUtf8(bytes())).toBe(true);
	for (const [text, values] of pairs) expect(isUtf8(bytes(...values))).toBe(!text.includes("\u0000"));
});

test("long text", () => {
	const text = "0123456789€".repeat(300);
	expect(byteLength(text)).toBe(3900);
	expect(decode(encode(text))).toBe(text);
});
