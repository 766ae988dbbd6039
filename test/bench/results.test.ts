import { describe, expect, test } from "vitest";
import { ours, Results } from "./results";
import { fixedRows } from "./rows";
import { figure, table } from "./table";

describe("results", () => {
	test("names of rows stay as they are: whoever reads the JSON of two releases compares by them", () => {
		expect(fixedRows.map(({ name }) => name)).toMatchInlineSnapshot(`
			[
			  "wire/connect-plain/out",
			  "wire/connect-plain/in",
			  "wire/connect-tls/out",
			  "wire/connect-tls/in",
			  "wire/connect-resumed/out",
			  "wire/connect-resumed/in",
			  "wire/publish-plain/out",
			  "wire/publish-plain/in",
			  "wire/publish-tls/out",
			  "wire/publish-tls/in",
			  "instructions/publish-plain",
			  "instructions/publish-tls",
			  "instructions/handshake",
			  "instructions/reconnect-resumed",
			  "instructions/start",
			  "calls/publish-plain",
			  "calls/publish-tls",
			  "rate/plain",
			  "rate/tls",
			  "boot/plain",
			  "boot/tls",
			  "boot/resumed",
			  "vault/ready",
			  "vault/ready-full",
			  "vault/ram",
			  "vault/ram-full",
			  "vault/amplification-4",
			  "vault/amplification-64",
			  "vault/amplification-1024",
			  "ram/total",
			  "ram/slots",
			  "ram/chunks",
			  "ram/stack",
			  "ram/tls",
			  "ram/c",
			  "ram/tls-peak",
			  "ram/plain",
			  "ram/reference",
			  "ram/built-ins",
			  "code/total",
			  "code/image",
			  "chip/image",
			  "chip/image/engine",
			  "chip/image/c",
			  "chip/image/tls",
			  "chip/image/tcp-ip",
			  "chip/image/own",
			  "chip/image/byte-code",
			  "chip/image/objects",
			  "chip/image/rest",
			  "chip/loader",
			  "chip/ram",
			  "chip/ram/c-stack",
			  "chip/ram/variables",
			  "chip/ram/js-stack",
			  "chip/ram/slots",
			  "chip/ram/chunks",
			  "chip/ram/heap",
			  "chip/instructions/start",
			  "chip/instructions/start-main",
			  "chip/instructions/connect-rsa-x25519",
			  "chip/instructions/connect-rsa-p256",
			  "chip/instructions/connect-ecdsa-p256",
			  "chip/instructions/connect-resumed",
			  "chip/instructions/connect-plain",
			  "chip/instructions/publish-tls",
			  "chip/instructions/publish-plain",
			  "chip/instructions/loader",
			  "chip/start-to-line",
			  "chip/burn",
			]
		`);
		expect(new Set(fixedRows.map(({ name }) => name)).size).toBe(fixedRows.length);
	});

	test("as JSON: value, aim and anchors of each row that was measured", () => {
		const results = new Results();
		results.set("rate/plain", "MQTT.js", 22_249);
		results.set("wire/connect-plain/out", ours, 203);
		results.set("wire/connect-plain/out", "mosquitto", 204);
		expect(results.json()).toEqual([
			{
				name: "wire/connect-plain/out",
				unit: "bytes",
				value: 203,
				aim: 203,
				better: "lower",
				anchors: { mosquitto: 204 },
			},
			{
				name: "rate/plain",
				unit: "round trips/s",
				value: null,
				aim: 15_000,
				better: "higher",
				anchors: { "MQTT.js": 22_249 },
			},
		]);
	});

	test("a row that doesn't exist, and a figure that is none, are refused", () => {
		const results = new Results();
		expect(() => results.set("wire/nothing", ours, 1)).toThrow(RangeError);
		expect(() => results.set("rate/plain", ours, Number.NaN)).toThrow(RangeError);
		results.setCapability("mqtt", 5);
		expect(results.json().map(({ name }) => name)).toEqual(["code/mqtt"]);
	});

	test("only rows that were asked for are shown", () => {
		const results = new Results("publish-tls");
		results.set("wire/connect-plain/out", ours, 203);
		results.set("calls/publish-tls", ours, 3);
		expect(results.json().map(({ name }) => name)).toEqual(["calls/publish-tls"]);
	});
});

describe("the table", () => {
	test("has aim and figure side by side, and says whether the aim is met", () => {
		const results = new Results();
		results.set("boot/plain", ours, 6.583);
		results.set("boot/tls", ours, 15.1);
		results.set("boot/plain", "mosquitto", 3);
		results.set("rate/plain", ours, 14_999.4);
		results.notes.push("a note");
		const lines = table(results, ["mosquitto", "MQTT.js"]).split("\n");
		expect(lines.find((line) => line.startsWith("plain  ") && line.includes("ms"))?.split(/ {2,}/)).toEqual([
			"plain",
			"ms",
			"≤ 10",
			"6.58",
			"met",
			"3",
			"–",
		]);
		expect(lines.find((line) => line.includes("15.1"))).toContain("MISSED");
		expect(lines.find((line) => line.includes("14,999"))).toMatch(/≥ 15,000 +14,999 +MISSED/);
		expect(lines).toContain("note: a note");
	});

	test("figures: separators above a thousand, three digits below a hundred", () => {
		expect([1_234_567, 100.6, 9.876, 12, undefined].map(figure)).toEqual(["1,234,567", "101", "9.88", "12", "–"]);
	});
});
