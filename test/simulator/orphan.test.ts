import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../tools/build/places";
import { flash, useSimulator, variant } from "./firmware";

useSimulator();

const alive = (pid: number): boolean => {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
};

test("a simulator does not outlive the process that started it, even one that is killed", async () => {
	const program = `
		import { Simulator } from ${JSON.stringify(join(ROOT, "tools", "simulator", "simulator.ts"))};
		const device = new Simulator({ flash: ${JSON.stringify(await flash("hello"))}, variant: ${JSON.stringify(variant)} });
		await device.line("tick 1");
		console.log(JSON.stringify([device.pid, (await device.event("boot")).pid]));
		await device.ended;
	`;
	const args = ["--import", "tsx", "--input-type=module", "--eval", program];
	const parent = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
	const said = await new Promise<string>((resolve) => parent.stdout.once("data", (data) => resolve(String(data))));
	const pids = JSON.parse(said) as number[];
	expect(pids.map(alive)).toEqual([true, true]);
	parent.kill("SIGKILL");
	for (let i = 0; i < 100 && pids.some(alive); i++) await new Promise((resolve) => setTimeout(resolve, 50));
	expect(pids.map(alive)).toEqual([false, false]);
});
