// Debian's mbedTLS sources, compiled with our own configuration (hal/mbedtls/config-2.28.h): Debian's library has fixed
// 16 KB records and 38 KB of globals. Plain JavaScript without packages, since it runs before they are there.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SetupError } from "./packages.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const base = join(root, "build/mbedtls");
const source = join(base, "source");
const config = join(root, "hal/mbedtls/config-2.28.h");

/** The builds: 64 bit, 32 bit (memory figures), AddressSanitizer. */
const flagsOf = {
	64: ["-O3", "-g1"],
	32: ["-O2", "-g1", "-m32"],
	asan: ["-O1", "-g", "-fsanitize=address", "-fno-omit-frame-pointer"],
};
const flagsOfAll = ["-std=c99", "-Wall", "-ffunction-sections", "-fdata-sections", "-fno-common"];

/** Which of the three archives a source file belongs to, as mbedTLS itself has it. */
const archiveOf = (name) =>
	/^(ssl|debug|net_)/.test(name) ? "mbedtls" : /^(x509|certs|pkcs11)/.test(name) ? "mbedx509" : "mbedcrypto";

/** A stanza or line of the machine's package lists that names Debian packages, turned to name their sources. */
export function sourcesOf(text, name) {
	if (name.endsWith(".sources"))
		return text
			.split(/\n\s*\n/)
			.filter((it) => /^Types:(.*\s)?deb(\s|$)/m.test(it) && !/^Enabled:\s*no\b/im.test(it))
			.map((it) => it.replace(/^Types:.*$/m, "Types: deb-src"))
			.join("\n\n");
	return text
		.split("\n")
		.filter((it) => /^\s*deb\s/.test(it))
		.map((it) => it.replace(/^\s*deb\s/, "deb-src "))
		.join("\n");
}

/** Writes the private package lists: only this build reads them, the system's configuration stays as it is. */
function writeLists(folder) {
	mkdirSync(folder, { recursive: true });
	const parts = "/etc/apt/sources.list.d";
	const files = ["/etc/apt/sources.list"];
	if (existsSync(parts)) for (const name of readdirSync(parts).sort()) files.push(join(parts, name));
	for (const file of files) {
		if (!/\.(list|sources)$/.test(file) || !existsSync(file)) continue;
		const text = sourcesOf(readFileSync(file, "utf8"), file);
		if (text.trim()) writeFileSync(join(folder, file.slice(1).replaceAll("/", "-")), `${text}\n`);
	}
	if (readdirSync(folder).length === 0)
		throw new SetupError("mbedTLS: found no Debian package list under /etc/apt to get its sources from");
}

/** Runs a program to its end. @throws {SetupError} with the end of its output. */
function run(what, command, args, options = {}) {
	const made = spawnSync(command, args, { encoding: "utf8", maxBuffer: 64 << 20, ...options });
	if (made.status === 0) return made.stdout;
	const reason = made.error?.message ?? `${made.stdout}${made.stderr}`.trim().split("\n").slice(-8).join("\n");
	throw new SetupError(`mbedTLS: ${what} failed (${command}):\n${reason}`);
}

function download(folder) {
	const apt = join(folder, "apt");
	const lists = join(apt, "sources.list.d");
	rmSync(apt, { recursive: true, force: true });
	writeLists(lists);
	for (const it of ["lists/partial", "cache/archives/partial"]) mkdirSync(join(apt, it), { recursive: true });
	const options = [
		"Dir::Etc::SourceList=/dev/null",
		`Dir::Etc::SourceParts=${lists}`,
		`Dir::State::Lists=${apt}/lists`,
		`Dir::Cache=${apt}/cache`,
		"DPkg::Lock::Timeout=400",
		"Acquire::Retries=2",
		"Acquire::Languages=none",
	];
	// As root apt would change to a user that may not write into a folder of this user's.
	if (process.getuid?.() === 0) options.push("APT::Sandbox::User=root");
	const args = options.flatMap((it) => ["-o", it]);
	// A list without sources (another vendor's) makes update fail while Debian's own are there: source has the last word.
	spawnSync("apt-get", [...args, "-q", "update"], { encoding: "utf8" });
	run("the download of its sources", "apt-get", [...args, "-q", "source", "--download-only", "mbedtls"], {
		cwd: folder,
	});
	rmSync(apt, { recursive: true, force: true });
}

/** The upstream archive, with Debian's patches on it, as dpkg-source would do it (which isn't on every machine). */
function unpack(folder, into) {
	const names = readdirSync(folder);
	const find = (pattern) => {
		const name = names.find((it) => pattern.test(it));
		if (!name) throw new SetupError(`mbedTLS: the download lacks ${pattern}`);
		return name;
	};
	const version = /^mbedtls_([^-]+)/.exec(find(/\.dsc$/))?.[1]?.replace(/\.dsc$/, "") ?? "";
	if (!version.startsWith("2.28."))
		throw new SetupError(`mbedTLS: this machine's distribution has ${version}; linkxs is built for 2.28 (Debian 12)`);
	mkdirSync(into, { recursive: true });
	run("unpacking", "tar", ["-xf", join(folder, find(/\.orig\.tar\./)), "-C", into, "--strip-components=1"]);
	run("unpacking", "tar", ["-xf", join(folder, find(/\.debian\.tar\./)), "-C", into]);
	const patches = join(into, "debian/patches");
	const series = join(patches, "series");
	const listed = existsSync(series) ? readFileSync(series, "utf8").split("\n") : [];
	for (const line of listed) {
		const name = line.replace(/#.*/, "").trim();
		if (name) run(`the patch ${name}`, "patch", ["-s", "-p1", "-i", join(patches, name)], { cwd: into });
	}
	return version;
}

/** Source tree in build/mbedtls/source, once. */
function getSource(say) {
	const stamp = join(source, ".linkxs-version");
	if (existsSync(stamp)) return readFileSync(stamp, "utf8");
	mkdirSync(base, { recursive: true });
	for (let attempt = 0; ; attempt++) {
		const download_ = join(base, `download.${process.pid}`);
		const tree = join(base, `source.${process.pid}`);
		try {
			say("mbedTLS: downloading its sources");
			mkdirSync(download_, { recursive: true });
			download(download_);
			const version = unpack(download_, tree);
			writeFileSync(join(tree, ".linkxs-version"), version);
			rmSync(source, { recursive: true, force: true });
			renameSync(tree, source);
			return version;
		} catch (error) {
			// Downloads and unpacking fail now and then on a busy machine: once more, then in words.
			if (attempt === 1) throw error;
		} finally {
			for (const it of [download_, tree]) rmSync(it, { recursive: true, force: true });
		}
	}
}

/** X25519 of its own, for platforms with 128-bit integers (the configuration says which); empty objects elsewhere. */
const everest = { folder: "3rdparty/everest", names: ["everest", "x25519", "Hacl_Curve25519_joined"] };

function makefile(flags, names) {
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
	@gcc $(CFLAGS) -c $< -o $@
%.o: ${more}/library/%.c include/mbedtls/config.h
	@echo $*
	@gcc $(CFLAGS) $(EVEREST) -D_DEFAULT_SOURCE -w -c $< -o $@
${archives.map((it) => `lib/lib${it}.a: ${objects(it)}\n\t@rm -f $@ && ar rcs $@ $^`).join("\n")}
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
 * @param {"64" | "32" | "asan"} width
 * @param {(text: string) => void} say is told the progress
 * @throws {SetupError} with what to do
 */
export async function buildMbedTLS(width, say = () => {}) {
	const flags = flagsOf[width];
	if (!flags) throw new SetupError(`mbedTLS: no build named ${width}`);
	const version = getSource(say);
	const folder = join(base, width);
	const hash = createHash("sha256");
	for (const it of [version, makefile(flags, []), readFileSync(config)]) hash.update(it).update("\0");
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
		writeFileSync(join(fresh, "Makefile"), makefile(flags, names));
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
