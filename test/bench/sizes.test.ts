import { expect, test } from "vitest";
import { growth, lost, measureSizes, readSizes } from "./sizes";

test("growth past two percent is found, shrinking and new rows are none", () => {
	const from = { "ram/total": 1000, "wire/publish-plain/out": 152, "code/mqtt": 500 };
	expect(growth(from, { "ram/total": 1020, "wire/publish-plain/out": 152, "code/mqtt": 100, "code/new": 9 })).toEqual(
		[],
	);
	expect(growth(from, { ...from, "ram/total": 1021 })).toEqual([{ row: "ram/total", from: 1000, to: 1021 }]);
	expect(lost(from, { "wire/publish-plain/out": 152 })).toEqual(["ram/total"]);
});

test("sizes and bytes have not grown unexplained", { timeout: 180_000 }, async () => {
	const { bytes, date } = readSizes();
	const measured = await measureSizes();
	const text = growth(bytes, measured).map(({ row, from, to }) => `${row}: ${from} → ${to} bytes`);
	// Where it is meant to be so: `npm run bench -- --accept`, and say why in the commit.
	expect(text, `grown since ${date}; npm run bench -- --accept takes it`).toEqual([]);
	expect(lost(bytes, measured), "rows of sizes.json that were not measured").toEqual([]);
});
