// C sources that Debian has and npm hasn't: downloaded by apt with package lists of this build alone, unpacked with
// Debian's patches on them. Plain JavaScript without packages, since it runs before they are there.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { SetupError } from "./packages.mjs";

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
function writeLists(folder, title) {
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
		throw new SetupError(`${title}: found no Debian package list under /etc/apt to get its sources from`);
}

/** Runs a program to its end. @throws {SetupError} with the end of its output. */
function run(title, what, command, args, options = {}) {
	const made = spawnSync(command, args, { encoding: "utf8", maxBuffer: 64 << 20, ...options });
	if (made.status === 0) return made.stdout;
	const reason = made.error?.message ?? `${made.stdout}${made.stderr}`.trim().split("\n").slice(-8).join("\n");
	throw new SetupError(`${title}: ${what} failed (${command}):\n${reason}`);
}

function download(folder, { name, title }) {
	const apt = join(folder, "apt");
	const lists = join(apt, "sources.list.d");
	rmSync(apt, { recursive: true, force: true });
	writeLists(lists, title);
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
	run(title, "the download of its sources", "apt-get", [...args, "-q", "source", "--download-only", name], {
		cwd: folder,
	});
	rmSync(apt, { recursive: true, force: true });
}

/** The upstream archive, with Debian's patches on it, as dpkg-source would do it (which isn't on every machine). */
function unpack(folder, into, { name, title, series: wanted }) {
	const names = readdirSync(folder);
	const find = (pattern) => {
		const found = names.find((it) => pattern.test(it));
		if (!found) throw new SetupError(`${title}: the download lacks ${pattern}`);
		return found;
	};
	const description = find(/\.dsc$/);
	const version = new RegExp(`^${name}_([^-+]+)`).exec(description)?.[1]?.replace(/\.dsc$/, "") ?? "";
	if (!version.startsWith(`${wanted}.`))
		throw new SetupError(
			`${title}: this machine's distribution has ${version}; linkxs is built for ${wanted} (Debian 12)`,
		);
	mkdirSync(into, { recursive: true });
	run(title, "unpacking", "tar", ["-xf", join(folder, find(/\.orig\.tar\./)), "-C", into, "--strip-components=1"]);
	run(title, "unpacking", "tar", ["-xf", join(folder, find(/\.debian\.tar\./)), "-C", into]);
	const patches = join(into, "debian/patches");
	const series = join(patches, "series");
	const listed = existsSync(series) ? readFileSync(series, "utf8").split("\n") : [];
	for (const line of listed) {
		const patch = line.replace(/#.*/, "").trim();
		if (patch) run(title, `the patch ${patch}`, "patch", ["-s", "-p1", "-i", join(patches, patch)], { cwd: into });
	}
	return version;
}

/**
 * A Debian package's source tree in `into`, once; answers its version.
 *
 * @param {{ name: string, title: string, series: string, into: string }} source `series`: the versions linkxs is built for
 * @param {(text: string) => void} say is told the progress
 * @throws {SetupError} with what to do
 */
export function getSource(source, say) {
	const { into, title } = source;
	const stamp = join(into, ".linkxs-version");
	if (existsSync(stamp)) return readFileSync(stamp, "utf8");
	mkdirSync(dirname(into), { recursive: true });
	for (let attempt = 0; ; attempt++) {
		const archives = `${into}.download.${process.pid}`;
		const tree = `${into}.${process.pid}`;
		try {
			say(`${title}: downloading its sources`);
			mkdirSync(archives, { recursive: true });
			download(archives, source);
			const version = unpack(archives, tree, source);
			writeFileSync(join(tree, ".linkxs-version"), version);
			rmSync(into, { recursive: true, force: true });
			renameSync(tree, into);
			return version;
		} catch (error) {
			// Downloads and unpacking fail now and then on a busy machine: once more, then in words.
			if (attempt === 1) throw error;
		} finally {
			for (const it of [archives, tree]) rmSync(it, { recursive: true, force: true });
		}
	}
}
