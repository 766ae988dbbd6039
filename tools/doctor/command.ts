import type { Command } from "commander";
import { boardNames, findBoard } from "../lib/boards";
import { examine, type Finding } from "./checks";
import { thisMachine } from "./world";

interface Options {
	board: string;
	port?: string;
	json?: boolean;
}

const marks: Readonly<Record<Finding["state"], string>> = { ok: "ok     ", missing: "MISSING", warning: "warning" };

export function report(findings: readonly Finding[]): string {
	const width = Math.max(...findings.map(({ what }) => what.length));
	return findings
		.flatMap(({ what, state, detail, fix }) => {
			const line = `${marks[state]} ${what.padEnd(width)}  ${detail}`;
			return fix === undefined ? [line] : [line, `${" ".repeat(8 + width)}  → ${fix}`];
		})
		.join("\n");
}

/** `linkxs doctor`: what this machine lacks to build for a board, each with the command that gets it. */
export function register(program: Command): void {
	program
		.command("doctor")
		.description("name what this machine lacks to build for a board, with the command that gets it")
		.option("--board <name>", `${boardNames().join(", ")}, lin, or one of the SDK's own as esp32/NAME`, "sim")
		.option("--port <device>", "the serial port that the board is at")
		.option("--json", "print one JSON object")
		.action(({ board: name, port, json }: Options) => {
			const board = findBoard(name);
			const findings = examine(thisMachine(), board, port);
			const lacking = findings.filter(({ state }) => state === "missing");
			process.stdout.write(
				json
					? `${JSON.stringify({ board: board.name, platform: board.platform, ready: lacking.length === 0, findings })}\n`
					: `${report(findings)}\n`,
			);
			if (lacking.length > 0) throw new Error(`${board.name}: missing ${lacking.map(({ what }) => what).join(", ")}`);
		});
}
