// `npm start`: sets up, then a local cloud and a simulated device (or an emulated chip) that reports to it (tools/start).
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { root, withSetup } from "./setup/setup.mjs";

const args = process.argv.slice(2);
const quiet = args.includes("--json") || args.includes("--help") || args.includes("-h");
const line = ` ${args.join(" ")} `;
const given = (option) => new RegExp(` --${option}[ =](\\S+)`).exec(line)?.[1];

/** What a chip's firmware is compiled for. A board that isn't there is told by the start itself. */
function firmware() {
	const manifest = `${root}/boards/${given("board") ?? "chip-c3"}/manifest.json`;
	const machine = existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")).build?.MACHINE : undefined;
	const variant = given("xsbug") === undefined ? "release" : "debug";
	return machine === "mps2-an386"
		? { purpose: "mps2", variants: [], chips: [`mps2-an386:${variant}`] }
		: { purpose: "chip", variants: [], chips: [`sifive-u:${variant}`] };
}

const needed = given("on") === "chip" ? firmware() : { purpose: "start", variants: ["debug"] };
await withSetup({ ...needed, yes: args.includes("--yes"), quiet }, () => {
	const child = spawn(process.execPath, ["--import", "tsx", `${root}/tools/start/command.ts`, ...args], {
		cwd: root,
		stdio: "inherit",
	});
	// A terminal sends Ctrl-C to the child, too, which minds only the first; `kill` sends it here alone.
	for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
	child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 0 : 1)));
});
