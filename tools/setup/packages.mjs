// The Debian packages that linkxs stands on, and which of them this machine lacks.
import { spawnSync } from "node:child_process";

/** @typedef {"start" | "test" | "bench"} Purpose */

/** Each needs what those before it need, and more. @type {readonly Purpose[]} */
const purposes = ["start", "test", "bench"];

/**
 * @typedef {object} SystemPackage
 * @property {string} name Debian's name
 * @property {string} why what linkxs does with it
 * @property {Purpose} from the first command that needs it
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
	{ name: "libmosquitto-dev", why: "bench anchor: MQTT client in C", from: "bench" },
	{ name: "strace", why: "counts system calls", from: "bench" },
];

/** Names of the packages that `purpose` needs and that are not installed. */
export function missingPackages(purpose) {
	const wanted = systemPackages.filter((it) => purposes.indexOf(it.from) <= purposes.indexOf(purpose));
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

/** Installs `packages`; refreshes the lists first, retries once (an unpack can fail on a busy machine). */
export function install(packages, prefix, say) {
	const apt = (...args) => {
		const [command, ...rest] = [...prefix, "apt-get", "-o", "DPkg::Lock::Timeout=400", "-q", "-y", ...args];
		return spawnSync(command, rest, {
			encoding: "utf8",
			env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
			maxBuffer: 64 << 20,
		});
	};
	say("refreshing the package lists");
	apt("update");
	say(`installing ${list(packages)}`);
	let run;
	for (let attempt = 0; attempt < 2; attempt++) {
		run = apt("install", "--no-install-recommends", ...packages.map((it) => it.name));
		if (run.status === 0) return;
	}
	const reason = (run.stderr || run.stdout).trim().split("\n").slice(-3).join("\n");
	throw new SetupError(`apt-get could not install ${list(packages)}:\n${reason}`);
}
