// At the end of a test run: exits with 1, and says where, when a secret that a test made is in the run's output.
// `--whole`, of a run of all tests: also when there were no secrets or no output, as then nothing was looked at.
//
//     LINKXS_TRANSCRIPT=folder LINKXS_SECRETS_FILE=file node --import tsx test/lib/scan-transcript.ts [--whole]
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { leaksIn } from "./transcript";

const folder = process.env["LINKXS_TRANSCRIPT"] ?? "";
const file = process.env["LINKXS_SECRETS_FILE"] ?? "";
const noted = existsSync(file) ? readFileSync(file, "utf8") : "";
rmSync(file, { force: true });

const files = existsSync(folder) ? readdirSync(folder) : [];
const bytes = files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
const secrets = new Set(noted.split("\n").filter(Boolean)).size;
const leaks = leaksIn(folder, noted);
for (const leak of leaks.slice(0, 50))
	process.stderr.write(`${join(folder, leak.file)}:${leak.line}: ${leak.secret} (${leak.form})\n`);
const what = `${secrets} secrets in ${(bytes / 1e6).toFixed(1)} MB of output`;
const isVoid = process.argv.includes("--whole") && (secrets === 0 || bytes === 0);
if (isVoid) process.stderr.write("a whole run has secrets and output: they weren't kept\n");
const failed = leaks.length > 0 || isVoid;
process.stdout.write(failed ? `× no secret in any output: ${what}\n` : `✓ no secret in any output: ${what}\n`);
process.exit(failed ? 1 : 0);
