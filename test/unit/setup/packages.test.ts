// What a user without the packages reads. Nothing is installed here: dpkg-query and apt-get are ours.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { systemPackages } from "../../../tools/setup/packages.mjs";
import { root } from "../../lib/files";

const folder = mkdtempSync(join(tmpdir(), "linkxs-packages-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function program(name: string, text: string): void {
	writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
	chmodSync(join(folder, name), 0o755);
}

/** Runs Node on a machine that has these packages alone; nobody is there to be asked. */
function run(args: readonly string[], present: readonly string[], environment: Record<string, string> = {}) {
	program("dpkg-query", present.map((name) => `echo "${name} ii "`).join("\n"));
	const { status, stdout, stderr } = spawnSync(process.execPath, args, {
		cwd: root,
		encoding: "utf8",
		stdio: ["ignore", "pipe", "pipe"],
		env: { PATH: `${folder}:${process.env["PATH"]}`, ...environment },
	});
	return { status, stdout, lines: stderr.trim().split("\n") };
}

const setUp = (command: string, args: readonly string[], ...present: string[]) =>
	run([`tools/${command}.mjs`, ...args], present);

const ofGroup = (...groups: string[]) =>
	systemPackages.filter(({ from }) => groups.includes(from)).map(({ name }) => name);

test("missing system packages are named, each with its purpose, and the command that installs them comes last", () => {
	const { status, lines } = setUp("start", [], "gcc", "make", "patch");
	expect(status).toBe(1);
	expect(lines.slice(1, -1).map((line) => line.trim().split(/\s+/)[0])).toEqual(["libc6-dev", "xz-utils"]);
	expect(lines.at(-1)).toMatch(/ {2}apt-get install --no-install-recommends libc6-dev xz-utils$/);
});

test.each([[["--on", "chip"]], [["--once", "--on=chip"]]])("a start %s needs emulator and compiler, too", (args) => {
	const { status, lines } = setUp("start", args, ...ofGroup("start"));
	expect(status).toBe(1);
	expect(lines.at(-1)).toMatch(
		/ --no-install-recommends gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf qemu-system-misc$/,
	);
});

test("a start on a chip with another core needs that core's", () => {
	const { status, lines } = setUp("start", ["--on", "chip", "--board", "chip-mps2"], ...ofGroup("start"));
	expect(status).toBe(1);
	expect(lines.at(-1)).toMatch(/ gcc-arm-none-eabi picolibc-arm-none-eabi qemu-system-arm$/);
});

test("the tests need more than a start does, and name what they can do without beside it", () => {
	const { status, lines } = setUp("test", [], ...ofGroup("start"));
	expect(status).toBe(1);
	const names = [...ofGroup("test"), ...ofGroup("chip", "mps2")];
	expect(lines.at(-1)?.endsWith(` --no-install-recommends ${names.join(" ")}`)).toBe(true);
});

describe("emulators that can't be had", () => {
	/** What `npm test` gets its packages by, alone; answers what it goes on without. */
	function getPackages(yes: boolean, apt: string) {
		program("apt-get", apt);
		program("sudo", 'if [ "$2" != true ]; then shift; exec "$@"; fi');
		const script = `
			const { getPackages } = await import("./tools/setup/get-packages.mjs");
			const { purposes } = await import("./tools/setup/packages.mjs");
			const say = Object.assign((text) => console.error(text), { end() {} });
			console.log(JSON.stringify(await getPackages(purposes.test, ${yes}, say)));`;
		const { status, stdout, lines } = run(["--input-type=module", "-e", script], ofGroup("start", "test"));
		return { status, lacking: status === 0 ? JSON.parse(stdout) : undefined, lines };
	}

	test("are left out where nobody has allowed to install them, and the command is told", () => {
		const { lacking, lines } = getPackages(false, "exit 1");
		expect(lacking.chip).toBe(`not installed: ${ofGroup("chip").join(" ")}`);
		expect(lacking.mps2).toBe(`not installed: ${ofGroup("mps2").join(" ")}`);
		expect(lines.at(-1)).toMatch(/Say --yes .* apt-get install --no-install-recommends gcc-riscv64/);
	});

	test("are left out with apt's reason where it has no such package, each group by itself", () => {
		const { lacking } = getPackages(
			true,
			'case "$*" in *qemu-system-misc*) echo "E: no such package" >&2; exit 100;; esac',
		);
		expect(lacking.chip).toMatch(/^apt-get could not install gcc-riscv64-unknown-elf .*: E: no such package$/);
		expect(lacking.mps2).toBeUndefined();
	});

	test("are got where they can be", () => {
		expect(getPackages(true, "exit 0").lacking).toEqual({});
	});
});
