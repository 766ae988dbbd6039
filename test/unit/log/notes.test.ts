import Log from "log/log";
import { expect, test } from "vitest";
import { notes } from "../../lib/hal/system";

test("the last eight lines that pass the level are the last words", () => {
	const log = new Log("log", { sink: () => {} });
	for (let i = 0; i < 20; i += 1) log.info(`${i}`);
	log.debug("not one");
	expect(notes).toEqual([12, 13, 14, 15, 16, 17, 18, 19].map((i) => `I log ${i}`));
});
