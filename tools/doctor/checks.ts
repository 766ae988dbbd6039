import { type Board, boardVariables } from "../lib/boards";
import type { World } from "./world";

export interface Finding {
	/** What was looked at. */
	readonly what: string;
	readonly state: "ok" | "missing" | "warning";
	/** What was found. */
	readonly detail: string;
	/** What to type, where something is missing. */
	readonly fix?: string;
}

/** The SDK that linkxs was checked with. */
const SDK_CHECKED = "8.2.3";
const SDK_LEAST = "8.0.0";
const NODE_LEAST = "20.0.0";
/** mcconfig compiles with target es2025. */
const TYPESCRIPT_LEAST = "6.0.0";

const ok = (what: string, detail: string): Finding => ({ what, state: "ok", detail });
const missing = (what: string, detail: string, fix: string): Finding => ({ what, state: "missing", detail, fix });

/** -1, 0, 1 for two versions, by their numbers. */
export function compareVersions(a: string, b: string): number {
	const [left, right] = [a, b].map((version) => (version.match(/\d+/g) ?? []).map(Number));
	for (let i = 0; i < 3; i++) {
		const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
		if (difference !== 0) return Math.sign(difference);
	}
	return 0;
}

function node(world: World): Finding {
	const detail = `Node ${world.nodeVersion}`;
	if (compareVersions(world.nodeVersion, NODE_LEAST) >= 0) return ok("Node", detail);
	return missing("Node", `${detail}, 20 or later is needed`, "apt-get install nodejs, or nodejs.org's own package");
}

function packages(world: World): Finding {
	const lacking = world.missingPackages("start");
	if (lacking.length === 0) return ok("Debian packages", "all that the simulator needs");
	return missing("Debian packages", lacking.join(" "), `apt-get install --no-install-recommends ${lacking.join(" ")}`);
}

/** The chip's emulator and the compiler of its firmware, with what they say they are. */
function emulated(world: World, board: string): Finding[] {
	const isArm = boardVariables(board)["MACHINE"] === "mps2-an386";
	const lacking = world.missingPackages(isArm ? "mps2" : "chip");
	const version = (what: string, command: string) => {
		const said = world.run(command, "--version")?.split("\n", 1)[0];
		if (said !== undefined) return ok(what, said);
		const fix =
			lacking.length > 0
				? `apt-get install --no-install-recommends ${lacking.join(" ")}`
				: "put Debian's own into the PATH: /usr/bin";
		return missing(what, `no ${command}`, fix);
	};
	const library = lacking.filter((name) => name.startsWith("picolibc"));
	return [
		version("emulator", isArm ? "qemu-system-arm" : "qemu-system-riscv32"),
		version("compiler", isArm ? "arm-none-eabi-gcc" : "riscv64-unknown-elf-gcc"),
		library.length === 0
			? ok("C library", "picolibc")
			: missing("C library", "no picolibc", `apt-get install --no-install-recommends ${library.join(" ")}`),
	];
}

function debian(world: World, what: string, ...names: string[]): Finding {
	const lacking = names.filter((name) => !world.isInstalled(name));
	if (lacking.length === 0) return ok(what, names.join(" "));
	return missing(what, `${lacking.join(" ")} not installed`, `apt-get install ${lacking.join(" ")}`);
}

function sdk(world: World): Finding[] {
	const home = world.env["MODDABLE"];
	const get =
		"git clone https://github.com/Moddable-OpenSource/moddable ~/moddable && export MODDABLE=~/moddable, in your shell's start-up file";
	if (!home) return [missing("Moddable SDK", "MODDABLE is not set", get)];
	const version = world.read(`${home}/tools/VERSION`)?.trim();
	if (version === undefined) return [missing("Moddable SDK", `${home} has no tools/VERSION: no SDK of version 8`, get)];
	const update = `git -C ${home} pull && make -C ${home}/build/makefiles/lin`;
	const findings: Finding[] = [];
	if (compareVersions(version, SDK_LEAST) < 0)
		findings.push(missing("Moddable SDK", `${version} at ${home}, 8 is needed`, update));
	else if (version.split(".", 1)[0] !== SDK_CHECKED.split(".", 1)[0])
		findings.push({
			what: "Moddable SDK",
			state: "warning",
			detail: `${version}; linkxs was checked with ${SDK_CHECKED}`,
		});
	else findings.push(ok("Moddable SDK", `${version} at ${home}`));
	const tools = `${home}/build/bin/lin/release`;
	const absent = ["mcconfig", "xsc", "xsl", "xsid", "mcrez"].filter((tool) => !world.exists(`${tools}/${tool}`));
	findings.push(
		absent.length === 0
			? ok("SDK tools", tools)
			: missing(
					"SDK tools",
					`${absent.join(", ")} not built`,
					`apt-get install gcc make libncurses-dev libgtk-3-dev && make -C ${home}/build/makefiles/lin`,
				),
	);
	return findings;
}

function typescript(world: World): Finding {
	const version = world.run("node_modules/.bin/tsc", "--version") ?? world.run("tsc", "--version");
	if (version === undefined) return missing("TypeScript", "no tsc", "npm ci");
	if (compareVersions(version, TYPESCRIPT_LEAST) >= 0) return ok("TypeScript", version);
	return missing(
		"TypeScript",
		`${version}, mcconfig needs 6 or later`,
		"npm ci (linkxs brings its own), or npm install -g typescript",
	);
}

/** The version of ESP-IDF that this SDK asks for, such as "6.0". */
function wantedIdf(world: World): string {
	const manifest = world.read(`${world.env["MODDABLE"]}/build/devices/esp32/manifest.json`) ?? "";
	return /"EXPECTED_ESP_IDF"\s*:\s*"v?([\d.]+)"/.exec(manifest)?.[1] ?? "6.0";
}

function idf(world: World, chip: string | undefined): Finding[] {
	const wanted = wantedIdf(world);
	const home = world.env["IDF_PATH"];
	const get = `git clone --recursive -b v${wanted} https://github.com/espressif/esp-idf ~/esp-idf && ~/esp-idf/install.sh ${chip ?? "all"} && export IDF_PATH=~/esp-idf`;
	if (!home) return [missing("ESP-IDF", "IDF_PATH is not set", get)];
	const cmake = world.read(`${home}/tools/cmake/version.cmake`);
	if (cmake === undefined) return [missing("ESP-IDF", `${home} is no ESP-IDF`, get)];
	const part = (name: string) => new RegExp(`IDF_VERSION_${name} (\\d+)`).exec(cmake)?.[1] ?? "0";
	const version = `${part("MAJOR")}.${part("MINOR")}.${part("PATCH")}`;
	const same = version.split(".", 2).join(".") === wanted.split(".", 2).join(".");
	const findings = [
		same
			? ok("ESP-IDF", `${version} at ${home}`)
			: missing(
					"ESP-IDF",
					`${version} at ${home}, this SDK needs ${wanted}`,
					`git -C ${home} checkout v${wanted} && git -C ${home} submodule update --init --recursive && ${home}/install.sh ${chip ?? "all"}`,
				),
	];
	if (!world.exists(`${home}/components/mbedtls/mbedtls/include`))
		findings.push(
			missing("ESP-IDF's submodules", "mbedTLS is not there", `git -C ${home} submodule update --init --recursive`),
		);
	return findings;
}

function compiler(world: World, chip: string | undefined): Finding {
	const isRiscv = chip !== undefined && /^esp32[chp]\d/.test(chip);
	const name = isRiscv ? "riscv32-esp-elf" : "xtensa-esp-elf";
	const tools = world.env["IDF_TOOLS_PATH"] ?? `${world.env["HOME"]}/.espressif`;
	const versions = world.list(`${tools}/tools/${name}`);
	if (versions.length > 0) return ok("compiler", `${name} ${versions.at(-1)}`);
	const onPath = world.run(isRiscv ? "riscv32-esp-elf-gcc" : `xtensa-${chip ?? "esp32"}-elf-gcc`, "-dumpversion");
	if (onPath !== undefined) return ok("compiler", `${name} ${onPath}`);
	return missing(
		"compiler",
		`no ${name} in ${tools}`,
		`${world.env["IDF_PATH"] ?? "~/esp-idf"}/install.sh ${chip ?? "all"}`,
	);
}

function serial(world: World, port: string | undefined): Finding {
	const ports = port === undefined ? world.list("/dev").filter((name) => /^tty(USB|ACM)\d/.test(name)) : [port];
	const paths = ports.map((name) => (name.startsWith("/") ? name : `/dev/${name}`));
	const join = "usermod -aG dialout $USER, then log in again";
	if (port !== undefined && !world.exists(port))
		return missing(
			"serial port",
			`${port} is not there`,
			"plug the board in (a cable with data lines); dmesg tells its name",
		);
	const closed = paths.filter((path) => !world.writable(path));
	if (closed.length > 0) return missing("serial port", `no right to use ${closed.join(", ")}`, join);
	if (paths.length > 0) return ok("serial port", paths.join(", "));
	if (world.groups().some((group) => group === "dialout" || group === "root"))
		return { what: "serial port", state: "warning", detail: "no board is plugged in" };
	return missing("serial port", "the user is not in the group dialout", join);
}

/** Everything that `board` needs on this machine, in the order in which it is to be got. */
export function examine(world: World, board: Board, port?: string): Finding[] {
	const findings = [node(world)];
	if (board.kind === "sim") return [...findings, packages(world)];
	if (board.kind === "chip") return [...findings, packages(world), ...emulated(world, board.name)];
	findings.push(...sdk(world), typescript(world));
	if (board.kind === "lin") {
		return [...findings, debian(world, "libraries", "libgtk-3-dev", "libmbedtls-dev", "pkg-config")];
	}
	return [
		...findings,
		debian(world, "ESP-IDF's packages", "git", "cmake", "ninja-build", "python3-venv"),
		...idf(world, board.chip),
		compiler(world, board.chip),
		serial(world, port),
	];
}
