// `npm start`: sets up, then a local cloud and a simulated device (or an emulated chip) that reports to it (tools/start).
import { spawn } from "node:child_process";
import { root, withSetup } from "./setup/setup.mjs";

const args = process.argv.slice(2);
const quiet = args.includes("--json") || args.includes("--help") || args.includes("-h");
const onChip = / --on[ =]chip( |$)/.test(` ${args.join(" ")}`);
const needed = onChip
	? {
			purpose: "chip",
			variants: [],
			chips: [/ --xsbug[ =]/.test(` ${args.join(" ")}`) ? "sifive-u:debug" : "sifive-u:release"],
		}
	: { purpose: "start", variants: ["debug"] };
await withSetup({ ...needed, yes: args.includes("--yes"), quiet }, () => {
	const child = spawn(process.execPath, ["--import", "tsx", `${root}/tools/start/command.ts`, ...args], {
		cwd: root,
		stdio: "inherit",
	});
	// A terminal sends Ctrl-C to the child, too, which minds only the first; `kill` sends it here alone.
	for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
	child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 0 : 1)));
});
