// Debian's mbedTLS sources, compiled with our own configuration (hal/mbedtls/config-2.28.h): Debian's library has fixed
// 16 KB records and 38 KB of globals. Plain JavaScript without packages, since it runs before they are there.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { getSource } from "./debian-source.mjs";
import { SetupError } from "./packages.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const base = join(root, "build/mbedtls");
const source = join(base, "source");
const config = join(root, "hal/mbedtls/config-2.28.h");

const forChip = ["--specs=picolibc.specs", "-Os", "-g1"];

/** The builds: 64 bit, 32 bit (memory figures), AddressSanitizer; the chip's RISC-V and ARM. */
const builds = {
	64: { tools: "", flags: ["-O3", "-g1"] },
	32: { tools: "", flags: ["-O2", "-g1", "-m32"] },
	asan: { tools: "", flags: ["-O1", "-g", "-fsanitize=address", "-fno-omit-frame-pointer"] },
	rv32: { tools: "riscv64-unknown-elf-", flags: [...forChip, "-march=rv32imc_zicsr", "-mabi=ilp32"] },
	m4: {
		tools: "arm-none-eabi-",
		flags: [...forChip, "-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"],
	},
};
const flagsOfAll = ["-std=c99", "-Wall", "-ffunction-sections", "-fdata-sections", "-fno-common"];

/** Which of the three archives a source file belongs to, as mbedTLS itself has it. */
const archiveOf = (name) =>
	/^(ssl|debug|net_)/.test(name) ? "mbedtls" : /^(x509|certs|pkcs11)/.test(name) ? "mbedx509" : "mbedcrypto";

/** X25519 of its own, for platforms with 128-bit integers (the configuration says which); empty objects elsewhere. */
const everest = { folder: "3rdparty/everest", names: ["everest", "x25519", "Hacl_Curve25519_joined"] };

function makefile({ tools, flags }, names) {
	const objects = (archive) =>
		names
			.filter((it) => archiveOf(it) === archive)
			.map((it) => `${it}.o`)
			.join(" ");
	const archives = ["mbedtls", "mbedx509", "mbedcrypto"];
	const more = `${source}/${everest.folder}`;
	return `# Made by tools/setup/mbedtls.mjs.
CFLAGS := ${[...flagsOfAll, ...flags].join(" ")} -Iinclude -I${source}/library
EVEREST := -I${more}/include -I${more}/include/everest -I${more}/include/everest/kremlib
all: ${archives.map((it) => `lib/lib${it}.a`).join(" ")}
%.o: ${source}/library/%.c include/mbedtls/config.h
	@echo $*
	@${tools}gcc $(CFLAGS) -c $< -o $@
%.o: ${more}/library/%.c include/mbedtls/config.h
	@echo $*
	@${tools}gcc $(CFLAGS) $(EVEREST) -D_DEFAULT_SOURCE -w -c $< -o $@
${archives.map((it) => `lib/lib${it}.a: ${objects(it)}\n\t@rm -f $@ && ${tools}ar rcs $@ $^`).join("\n")}
`;
}

/** make, two jobs, telling how far it is. */
function make(folder, total, width, say) {
	return new Promise((resolve, reject) => {
		const child = spawn("make", ["-s", "-j2"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
		let done = 0;
		let errors = "";
		child.stdout.on("data", (text) => {
			done += String(text).split("\n").length - 1;
			say(`mbedTLS (${width}): ${Math.min(done, total)} of ${total} files`);
		});
		child.stderr.on("data", (text) => {
			errors += text;
		});
		child.on("error", (error) => reject(new SetupError(`mbedTLS: make could not be run: ${error.message}`)));
		child.on("close", (status) => {
			if (status === 0) resolve(undefined);
			else reject(new SetupError(`mbedTLS: the build failed:\n${errors.trim().split("\n").slice(-12).join("\n")}`));
		});
	});
}

/**
 * Builds `build/mbedtls/<width>/{include,lib}` (libmbedtls.a, libmbedx509.a, libmbedcrypto.a), unless it's up to date.
 *
 * @param {"64" | "32" | "asan" | "rv32" | "m4"} width
 * @param {(text: string) => void} say is told the progress
 * @throws {SetupError} with what to do
 */
export async function buildMbedTLS(width, say = () => {}) {
	const build = builds[width];
	if (!build) throw new SetupError(`mbedTLS: no build named ${width}`);
	const version = getSource({ name: "mbedtls", title: "mbedTLS", series: "2.28", into: source }, say);
	const folder = join(base, width);
	const hash = createHash("sha256");
	for (const it of [version, makefile(build, []), readFileSync(config)]) hash.update(it).update("\0");
	const wanted = hash.digest("hex");
	const stamp = join(folder, ".linkxs-built");
	if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
	// In a folder of its own until it's whole: another run may build or use the same one at this moment.
	const fresh = `${folder}.${process.pid}`;
	try {
		mkdirSync(join(fresh, "lib"), { recursive: true });
		for (const it of ["mbedtls", "psa"])
			cpSync(join(source, "include", it), join(fresh, "include", it), { recursive: true });
		cpSync(join(source, everest.folder, "include/everest"), join(fresh, "include/everest"), { recursive: true });
		cpSync(config, join(fresh, "include/mbedtls/config.h"));
		const names = readdirSync(join(source, "library"))
			.filter((it) => it.endsWith(".c"))
			.map((it) => it.slice(0, -2))
			.concat(everest.names);
		writeFileSync(join(fresh, "Makefile"), makefile(build, names));
		await make(fresh, names.length, width, say);
		for (const it of readdirSync(fresh)) if (/\.o$/.test(it)) rmSync(join(fresh, it));
		writeFileSync(join(fresh, ".linkxs-built"), wanted);
		rmSync(folder, { recursive: true, force: true });
		renameSync(fresh, folder);
	} finally {
		rmSync(fresh, { recursive: true, force: true });
	}
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	for (const width of process.argv.slice(2)) await buildMbedTLS(width, (text) => console.error(text));
}
