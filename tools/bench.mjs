// `npm run bench`: sets up, then one table of speed and memory beside the anchors (test/bench/bench.ts).
import { spawn } from "node:child_process";
import { root, withSetup } from "./setup/setup.mjs";

const args = process.argv.slice(2);
await withSetup({ purpose: "bench", variants: ["release", "m32"], yes: args.includes("--yes") }, () => {
	const child = spawn(process.execPath, ["--import", "tsx", `${root}/test/bench/bench.ts`, ...args], {
		cwd: root,
		stdio: "inherit",
	});
	child.on("exit", (code) => process.exit(code ?? 1));
});
