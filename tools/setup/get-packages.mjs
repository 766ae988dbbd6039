// Gets the Debian packages that a command lacks: asks before, and goes on without those that it can do without.
import { createInterface } from "node:readline/promises";
import { install, installCommand, installer, missingPackages, refreshLists, SetupError } from "./packages.mjs";

/** Why this user's `missing` packages are not to be installed; undefined: they are. */
async function refusal(missing, prefix, yes, say) {
	say.end();
	const table = missing.map((it) => `  ${it.name.padEnd(28)} ${it.why}`).join("\n");
	if (!prefix)
		return `these Debian packages are missing, and this user may not install them:\n${table}\nAs root:  ${installCommand(missing)}`;
	if (yes) return undefined;
	const text = `these Debian packages are missing:\n${table}\n`;
	if (!process.stdin.isTTY)
		return `${text}Say --yes (or set CI=true) to install them, or run:  ${installCommand(missing)}`;
	const ask = createInterface({ input: process.stdin, output: process.stderr });
	const answer = await ask.question(`${text}Install them with apt-get? [Y/n] `);
	ask.close();
	return /^n/i.test(answer.trim()) ? `not installed. By hand:  ${installCommand(missing)}` : undefined;
}

/**
 * Installs what is missing. Answers, for each group that is only wanted and can't be had, why.
 *
 * @throws {SetupError} where that is so for one that is needed
 */
export async function getPackages({ needs, wants }, yes, say) {
	const needed = missingPackages(needs);
	const wanted = wants.map((group) => ({ group, packages: missingPackages([group]) }));
	const missing = [...needed, ...wanted.flatMap((it) => it.packages)];
	const lacking = {};
	if (missing.length === 0) return lacking;
	const prefix = installer();
	const refused = await refusal(missing, prefix, yes, say);
	if (refused && needed.length > 0) throw new SetupError(refused);
	if (!refused) refreshLists(prefix, say);
	if (needed.length > 0) install(needed, prefix, say);
	for (const { group, packages } of wanted) {
		if (packages.length === 0) continue;
		if (refused) lacking[group] = `not installed: ${packages.map((it) => it.name).join(" ")}`;
		else tolerate(lacking, group, () => install(packages, prefix, say));
	}
	if (refused) process.stderr.write(`${refused}\n`);
	return lacking;
}

/** Has a SetupError of `step` say what `group` lacks. */
export function tolerate(lacking, group, step) {
	try {
		return step();
	} catch (error) {
		if (!(error instanceof SetupError)) throw error;
		lacking[group] = error.message.replaceAll("\n", " ");
	}
}
