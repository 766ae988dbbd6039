import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Alibaba's own Python SDK (PyPI aliyun-iot-linkkit 1.2.13), unchanged. It needs paho-mqtt before 2. Both go into a
 * virtual environment under build/, made once.
 */
export const folder = fileURLToPath(new URL("../../build/test/python-sdk", import.meta.url));
export const python = join(folder, "bin", "python");

/** How long another test file may take to make the environment, ms. */
const MAKING = 180_000;

function make(): string | undefined {
	if (spawnSync("python3", ["--version"]).status !== 0) return "Python 3 is missing";
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	const made = spawnSync("python3", ["-m", "venv", folder], { encoding: "utf8" });
	if (made.status !== 0) return `no virtual environment can be made (Debian: python3-venv): ${made.stdout.trim()}`;
	const packages = ["paho-mqtt==1.6.1", "crcmod==1.7", "setuptools<81", "aliyun-iot-linkkit==1.2.13"];
	for (const one of packages) {
		const installed = spawnSync(python, ["-m", "pip", "install", "--quiet", one], { encoding: "utf8" });
		if (installed.status !== 0) return `${one} cannot be installed: ${installed.stderr.trim().split("\n").at(-1)}`;
	}
	writeFileSync(join(folder, "ready"), "");
	return undefined;
}

/** Why the tests cannot run, or undefined. Test files that ask at the same time wait for the one that makes it. */
function prepare(): string | undefined {
	const lock = `${folder}.lock`;
	mkdirSync(dirname(folder), { recursive: true });
	for (;;) {
		if (existsSync(join(folder, "ready"))) return undefined;
		try {
			mkdirSync(lock);
			break;
		} catch {
			const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
			// One that was killed in the middle must not stop the tests for ever.
			if (since !== undefined && Date.now() - since > MAKING) rmSync(lock, { recursive: true, force: true });
			else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
		}
	}
	try {
		return make();
	} finally {
		rmSync(lock, { recursive: true, force: true });
	}
}

export const lacking = prepare();
if (lacking) process.stderr.write(`skipped: the Python SDK against the cloud, because ${lacking}\n`);
