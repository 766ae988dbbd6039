import { expect, test } from "vitest";
import { describeChip } from "../../lib/chip";
import { growth, lost, lowest, measureChip, readAccepted } from "./accepted";
import { Counts } from "./counter";

test("sizes may not grow at all, instructions and memory by two percent", () => {
	const from = { "chip/image": 1000, "chip/instructions/publish-tls": 1000, "chip/ram": 1000 };
	expect(growth(from, { "chip/image": 1000, "chip/instructions/publish-tls": 1020, "chip/ram": 1020 })).toEqual([]);
	expect(growth(from, { "chip/image": 999, "chip/instructions/publish-tls": 1, "chip/ram": 1 })).toEqual([]);
	expect(growth(from, { ...from, "chip/image": 1001 })).toEqual([{ row: "chip/image", from: 1000, to: 1001 }]);
	expect(growth(from, { "chip/instructions/publish-tls": 1021, "chip/ram": 1021 })).toHaveLength(2);
	expect(growth(from, { "chip/image/new": 1 })).toEqual([{ row: "chip/image/new", from: 0, to: 1 }]);
	expect(lost(from, { "chip/ram": 1 })).toEqual(["chip/image", "chip/instructions/publish-tls"]);
	expect(lowest({ a: 1, b: 3 }, { a: 2, b: 2, c: 4 })).toEqual({ a: 1, b: 2, c: 4 });
});

test("a line's instructions are those at its first byte, whatever was printed before it", () => {
	const counts = new Counts("start 8\ntext 100 0\ntext 150 3\ntext 300 5\ntext 400 10\n", ["abc", "ärm", "x"]);
	expect(counts.sinceStart("abc")).toBe(92);
	expect(counts.between("abc", "ä")).toBe(200);
	expect(() => counts.between("abc", "x")).toThrow('the chip\'s line "x" was not counted');
	expect(() => counts.offset("y")).toThrow('the chip did not print "y"');
	expect(() => new Counts("", [])).toThrow("its firmware did not start");
});

describeChip("the chip", () => {
	test("has not grown unexplained", { timeout: 300_000 }, async () => {
		const { date, figures } = readAccepted();
		let measured = await measureChip();
		// Other programs on this computer let packets come one by one: that's no growth.
		for (let again = 0; again < 2 && growth(figures, measured).length > 0; again++)
			measured = lowest(measured, await measureChip());
		const text = growth(figures, measured).map(({ row, from, to }) => `${row}: ${from} → ${to}`);
		// Where it is meant to be so: `npm run bench -- --accept`, and say why in the commit.
		expect(text, `grown since ${date}; npm run bench -- --accept takes it`).toEqual([]);
		expect(lost(figures, measured), "rows of chip.json that were not measured").toEqual([]);
	});
});
