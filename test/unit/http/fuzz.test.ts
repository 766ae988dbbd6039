import { expect, test } from "vitest";
import { fuzz } from "./fuzz";

const count = process.env["LINKXS_ALL"] ? 1_000_000 : 10_000;
const seed = Number(process.env["LINKXS_SEED"] ?? 9112);

test(`${count} spoilt answers, LINKXS_SEED=${seed}`, () => {
	const ends = fuzz(seed, count);
	console.log(`http: ${JSON.stringify(ends)}`);
	// Every way to end was seen.
	expect(Object.keys(ends).length).toBe(10);
}, 600_000);
