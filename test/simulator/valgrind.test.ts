// One whole scenario under valgrind: boot, TLS, MQTT, the first report acknowledged. Exhaustive runs only (`npm run
// test:all`): it takes half a minute.
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../tools/build/places";
import { folder, useSimulator, variant } from "./firmware";

const wanted = process.env["LINKXS_ALL"] === "1" && variant === "debug";
const present = spawnSync("valgrind", ["--version"]).status === 0;

if (wanted && present) useSimulator();

test.runIf(wanted && present)(
	"valgrind finds nothing in a device that connects and reports",
	{ timeout: 180_000 },
	async () => {
		const state = folder();
		const log = join(state, "valgrind.%p");
		const child = spawn(
			process.execPath,
			["tools/start.mjs", "--once", "--json", "--state", state, "--within", "150"],
			{
				cwd: ROOT,
				env: { ...process.env, LINKXS_WRAP: `valgrind -q --error-exitcode=99 --log-file=${log}` },
				stdio: ["ignore", "pipe", "inherit"],
			},
		);
		let output = "";
		child.stdout.setEncoding("utf8").on("data", (data: string) => {
			output += data;
		});
		const code = await new Promise((resolve) => child.on("close", resolve));
		expect(output).toContain("report 1 acknowledged");
		expect(code).toBe(0);
		// The supervisor's log, and the device's.
		const logs = readdirSync(state).filter((name) => name.startsWith("valgrind."));
		expect(logs.length).toBeGreaterThanOrEqual(2);
		for (const name of logs) expect(readFileSync(join(state, name), "utf8")).toBe("");
	},
);
