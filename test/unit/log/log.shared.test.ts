import Log from "log/log";
import { describe, expect, test } from "test/expect";

function logged(level?: "debug" | "info" | "warn" | "error" | "silent"): { lines: string[]; log: Log } {
	const lines: string[] = [];
	return { lines, log: new Log("link", { ...(level ? { level } : {}), sink: (line) => lines.push(line) }) };
}

describe("a log line", () => {
	test("has the level's letter and the module's name", () => {
		const { lines, log } = logged("debug");
		log.debug("a");
		log.info("online");
		log.warn("c");
		log.error("d");
		log.named("mqtt").info("e");
		expect(lines).toEqual(["D link a", "I link online", "W link c", "E link d", "I mqtt e"]);
	});
	test("below the level isn't written; the default is info", () => {
		for (const [level, count] of [
			[undefined, 3],
			["warn", 2],
			["error", 1],
			["silent", 0],
		] as const) {
			const { lines, log } = logged(level);
			log.debug("a");
			log.info("b");
			log.warn("c");
			log.error("d");
			expect(lines.length).toBe(count);
		}
	});
	test("is one line, and short", () => {
		const { lines, log } = logged();
		log.info("a\nb");
		log.info("x".repeat(1000));
		log.warn("nobody takes a\rI main report 1 acknowledged\u001b[2J\u007f\t.\u0000");
		expect(lines[2]).toBe("W link nobody takes a?I main report 1 acknowledged?[2J??.?");
		expect(lines[0]).toBe("I link a | b");
		expect([lines[1]?.length, lines[1]?.endsWith("x…")]).toEqual([160, true]);
	});
	test("of an exception has its name, message and stack, and nothing of other values", () => {
		const { lines, log } = logged();
		log.exception("callback", new RangeError("too far"));
		expect(lines[0]).toBe("E link callback: RangeError: too far");
		for (const line of lines.slice(1)) expect(line.startsWith("E link at ")).toBe(true);
		log.exception("callback", { secret: "s" });
		expect(lines.at(-1)).toBe("E link callback: object thrown");
		const bare = new Error("bare");
		Object.defineProperty(bare, "stack", { value: undefined });
		log.exception("callback", bare);
		expect(lines.at(-1)).toBe("E link callback: Error: bare");
	});
});

test("without a sink lines go to the console", () => {
	const log = new Log("log");
	expect(log.info("a line of a test")).toBeUndefined();
});
