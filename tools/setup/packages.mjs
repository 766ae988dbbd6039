// The Debian packages that linkxs stands on, and which of them this machine lacks.
import { spawnSync } from "node:child_process";

/** @typedef {"start" | "test" | "bench" | "chip" | "mps2"} Group */

/**
 * @typedef {object} Purpose
 * @property {readonly Group[]} needs nothing goes without these
 * @property {readonly Group[]} wants what is done with these is left out without them
 */

/** What a command needs. @satisfies {Record<string, Purpose>} */
export const purposes = {
	start: { needs: ["start"], wants: [] },
	chip: { needs: ["start", "chip"], wants: [] },
	mps2: { needs: ["start", "mps2"], wants: [] },
	test: { needs: ["start", "test"], wants: ["chip", "mps2"] },
	bench: { needs: ["start", "test", "bench"], wants: ["chip"] },
};

/**
 * @typedef {object} SystemPackage
 * @property {string} name Debian's name
 * @property {string} why what linkxs does with it
 * @property {Group} from what it is part of
 */

/** @type {readonly SystemPackage[]} */
export const systemPackages = [
	{ name: "gcc", why: "compiles the simulator", from: "start" },
	{ name: "libc6-dev", why: "headers for the simulator", from: "start" },
	{ name: "make", why: "builds the simulator", from: "start" },
	{ name: "patch", why: "applies Debian's patches to mbedTLS", from: "start" },
	{ name: "xz-utils", why: "unpacks mbedTLS", from: "start" },
	{ name: "gcc-multilib", why: "32-bit build of the simulator, for memory figures", from: "test" },
	{ name: "openssl", why: "makes test certificates; TLS test peer", from: "test" },
	{ name: "mosquitto", why: "MQTT test peer", from: "test" },
	{ name: "mosquitto-clients", why: "MQTT test peer and bench anchor", from: "test" },
	{ name: "chrony", why: "NTP test peer", from: "test" },
	{ name: "python3-venv", why: "runs the official Python SDK as a test peer", from: "test" },
	{ name: "valgrind", why: "memory checks and instruction counts", from: "test" },
	{ name: "libc6-dbg", why: "valgrind needs it", from: "test" },
	{ name: "gcc-riscv64-unknown-elf", why: "compiles the chip's firmware", from: "chip" },
	{ name: "picolibc-riscv64-unknown-elf", why: "C library of the chip's firmware", from: "chip" },
	{ name: "qemu-system-misc", why: "emulates the chip", from: "chip" },
	{ name: "gcc-arm-none-eabi", why: "compiles the firmware for a Cortex-M4F", from: "mps2" },
	{ name: "picolibc-arm-none-eabi", why: "C library of that firmware", from: "mps2" },
	{ name: "qemu-system-arm", why: "emulates the Cortex-M4F", from: "mps2" },
	{ name: "libmosquitto-dev", why: "bench anchor: MQTT client in C", from: "bench" },
	{ name: "strace", why: "counts system calls", from: "bench" },
];

/** The packages of `groups` that are not installed. @param {readonly Group[]} groups */
export function missingPackages(groups) {
	const wanted = systemPackages.filter((it) => groups.includes(it.from));
	if (wanted.length === 0) return [];
	const query = spawnSync("dpkg-query", ["-W", "-f=${Package} ${db:Status-Abbrev}\n", ...wanted.map((it) => it.name)], {
		encoding: "utf8",
	});
	if (query.error)
		throw new SetupError(`not a Debian system (${query.error.message}): install by hand ${list(wanted)}`);
	const installed = new Set();
	for (const line of query.stdout.split("\n")) {
		const [name, status] = line.trim().split(/\s+/);
		if (status?.startsWith("ii")) installed.add(name);
	}
	return wanted.filter((it) => !installed.has(it.name));
}

/** What stops the set-up, in words that say what to do. */
export class SetupError extends Error {
	name = "SetupError";
}

const list = (packages) => packages.map((it) => it.name).join(" ");

/** The command that a user would type for these packages. */
export const installCommand = (packages) => `apt-get install --no-install-recommends ${list(packages)}`;

/** How this process may install: as root, by sudo without a password, or not at all. */
export function installer() {
	if (process.getuid?.() === 0) return [];
	const sudo = spawnSync("sudo", ["-n", "true"], { stdio: "ignore" });
	return sudo.status === 0 ? ["sudo", "-n"] : undefined;
}

const apt = (prefix, ...args) => {
	const [command, ...rest] = [...prefix, "apt-get", "-o", "DPkg::Lock::Timeout=400", "-q", "-y", ...args];
	return spawnSync(command, rest, {
		encoding: "utf8",
		env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
		maxBuffer: 64 << 20,
	});
};

/** Has apt read what packages there are. A list that fails shows as a package that can't be installed. */
export function refreshLists(prefix, say) {
	say("refreshing the package lists");
	apt(prefix, "update");
}

/** Installs `packages`; retries once (an unpack can fail on a busy machine). @throws {SetupError} with apt's last words */
export function install(packages, prefix, say) {
	say(`installing ${list(packages)}`);
	let run;
	for (let attempt = 0; attempt < 2; attempt++) {
		run = apt(prefix, "install", "--no-install-recommends", ...packages.map((it) => it.name));
		if (run.status === 0) return;
	}
	const reason = (run.error?.message ?? (run.stderr || run.stdout)).trim().split("\n").slice(-3).join("\n");
	throw new SetupError(`apt-get could not install ${list(packages)}:\n${reason}`);
}
