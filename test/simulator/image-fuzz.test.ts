import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { ROOT } from "../../tools/build/places";
import { folder, image, useSimulator, variant } from "./firmware";

useSimulator();

const run = promisify(execFile);
const all = process.env["LINKXS_ALL"] === "1";

test.skipIf(variant !== "debug")(
	"mutated images never lead the reader outside of the image",
	{ timeout: 300_000 },
	async () => {
		const seed = process.env["LINKXS_SEED"] ?? String(Date.now());
		const binary = join(folder(), "image-fuzz");
		const [xs, made] = [join(ROOT, "hal", "xs"), join(ROOT, "build", "sim", variant)];
		await run("gcc", [
			...["-g", "-O1", "-Wall", "-Wextra", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
			...[`-I${xs}`, `-I${made}`, "-o", binary],
			join(ROOT, "test", "simulator", "image-fuzz.c"),
			...["image.c", "image-header.c", "digest.c"].map((file) => join(xs, file)),
		]);
		const { stdout } = await run(binary, [await image("hello"), seed, all ? "100000" : "5000"]).catch(
			(error: Error) => {
				throw new Error(`LINKXS_SEED=${seed}: ${error.message}`);
			},
		);
		const [, images, accepted] = /^(\d+) images, (\d+) accepted/.exec(stdout) ?? [];
		expect(Number(images)).toBeGreaterThan(0);
		// Neither all refused nor all taken: else the mutations would test nothing.
		expect(Number(accepted)).toBeGreaterThan(Number(images) / 100);
		expect(Number(accepted)).toBeLessThan(Number(images));
	},
);
