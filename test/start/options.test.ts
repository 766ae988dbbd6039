// Which options of `npm start` go together, and what they come to.
import { CommanderError } from "commander";
import { expect, test } from "vitest";
import { type StartOptions, startOptions, startProgram } from "../../tools/start/options";

function parse(...args: string[]): StartOptions {
	const program = startProgram()
		.exitOverride()
		.configureOutput({ writeErr: () => {} });
	program.parse(args, { from: "user" });
	return startOptions(program);
}

test("the board is the platform's own, or one of it", () => {
	expect(parse()).toMatchObject({ on: "sim", board: "sim" });
	expect(parse("--on", "chip")).toMatchObject({ on: "chip", board: "chip-c3" });
	expect(parse("--on", "chip", "--board", "chip-nrf52").board).toBe("chip-nrf52");
	expect(() => parse("--on", "chip", "--board", "sim")).toThrow("the board sim is none of --on chip");
	expect(() => parse("--board", "chip-c3")).toThrow("the board chip-c3 is none of --on sim");
});

test("a chip has no radio, and one second UART", () => {
	expect(() => parse("--on", "chip", "--wifi", "package.json")).toThrow(/no radio/);
	expect(() => parse("--on", "chip", "--xsbug", "localhost:5002", "--serial", "pty")).toThrow(/one second UART/);
	expect(parse("--xsbug", "localhost:5002", "--serial", "pty").serial).toBe("pty");
});

test("what can't go together is refused in words", () => {
	expect(() => parse("--once", "--watch")).toThrow(/nothing to wait for/);
	expect(() => parse("--devices", "2", "--serial", "pty")).toThrow(/one device/);
	expect(() => parse("--devices", "2", "--xsbug", "localhost:5002")).toThrow(/one device/);
	expect(() => parse("--on", "esp32")).toThrow(CommanderError);
});
