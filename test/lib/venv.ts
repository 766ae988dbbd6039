// Python programs as test peers: a virtual environment of their own under build/test, made once.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./files";

/** The environment's Python, or in words why there's none. */
export type Venv = { readonly python: string; readonly lacking?: undefined } | { readonly lacking: string };

/** @param packages as pip takes them, versions pinned. */
export function venv(name: string, packages: readonly string[]): Venv {
	const folder = join(root, "build", "test", name);
	const python = join(folder, "bin", "python");
	const ready = join(folder, "ready");
	if (existsSync(ready)) return { python };
	if (spawnSync("python3", ["--version"]).status !== 0) return { lacking: "Python 3 is missing" };
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	const made = spawnSync("python3", ["-m", "venv", folder], { encoding: "utf8" });
	if (made.status !== 0)
		return { lacking: `no virtual environment can be made (Debian: python3-venv): ${made.stdout.trim()}` };
	const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages];
	const installed = spawnSync(python, pip, { encoding: "utf8" });
	if (installed.status !== 0)
		return { lacking: `${packages.join(" ")} cannot be installed: ${installed.stderr.trim().split("\n").at(-1)}` };
	writeFileSync(ready, "");
	return { python };
}
