import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync, readFileSync } from "node:fs";
import { missingPackages } from "../setup/packages.mjs";

/** What the doctor looks at: this machine, or a made-up one in a test. */
export interface World {
	readonly env: Readonly<Record<string, string | undefined>>;
	/** Node's version without the v. */
	readonly nodeVersion: string;
	exists(path: string): boolean;
	/** Names in a folder, none when it isn't there. */
	list(path: string): string[];
	/** `undefined` when it can't be read. */
	read(path: string): string | undefined;
	writable(path: string): boolean;
	/** What a program prints, `undefined` when there's no such program or it fails. */
	run(command: string, ...args: string[]): string | undefined;
	/** Debian packages that `npm start` needs (with `--on chip`: "chip") and that aren't installed. */
	missingPackages(group: "start" | "chip" | "mps2"): string[];
	isInstalled(debianPackage: string): boolean;
	/** Names of the user's groups. */
	groups(): string[];
}

export function thisMachine(): World {
	const run = (command: string, ...args: string[]) => {
		const { status, stdout } = spawnSync(command, args, { encoding: "utf8" });
		return status === 0 ? stdout.trim() : undefined;
	};
	return {
		env: process.env,
		nodeVersion: process.versions.node,
		exists: existsSync,
		list: (path) => (existsSync(path) ? readdirSync(path) : []),
		read(path) {
			try {
				return readFileSync(path, "utf8");
			} catch {
				return undefined;
			}
		},
		writable(path) {
			try {
				accessSync(path, constants.R_OK | constants.W_OK);
				return true;
			} catch {
				return false;
			}
		},
		run,
		missingPackages: (group) => missingPackages([group]).map(({ name }) => name),
		isInstalled: (name) => run("dpkg-query", "-W", "-f=${db:Status-Abbrev}", name)?.startsWith("ii") ?? false,
		groups: () => run("id", "-nG")?.split(" ") ?? [],
	};
}
