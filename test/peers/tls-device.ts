// Builds the client of test/device/peers into an image, runs it in the simulator, and gives what each case came to.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildImage } from "../../tools/build/build";
import { ROOT } from "../../tools/build/places";
import { type DeviceVariant, deviceTarget } from "../lib/device-target";
import { runImage } from "../lib/run-image";
import type { TlsCase, TlsOutcome } from "../lib/tls-cases";

export type { TlsCase, TlsOutcome };

const MARK = "@tls ";

export interface TlsRun {
	readonly outcomes: ReadonlyMap<string, TlsOutcome>;
	/** The device's console. */
	readonly console: string;
}

/** @throws when the device dies before the last case. */
export async function runTlsCases(
	folder: string,
	cases: readonly TlsCase[],
	variant: DeviceVariant = "debug",
): Promise<TlsRun> {
	mkdirSync(folder, { recursive: true });
	const target = deviceTarget(variant);
	await target.make();
	const main = join(folder, "main.ts");
	writeFileSync(main, 'import { runCases } from "test/device/peers/tls-client";\n\nrunCases();\n');
	const manifest = join(folder, "manifest.json");
	const creation = { static: 4_194_304, chunk: { initial: 524_288 }, heap: { initial: 32_768 }, stack: 1_024 };
	writeFileSync(manifest, JSON.stringify({ include: [join(ROOT, "hal/manifest.json")], creation }));
	const client = "test/device/peers/tls-client";
	const { image } = await buildImage({
		manifest,
		main: "test/main",
		modules: {
			"test/main": main,
			"test/peer": join(ROOT, "test/lib/peer.ts"),
			[client]: join(ROOT, `${client}.ts`),
		},
		reachableOnly: true,
		check: false,
		...target.build,
		config: { cases, peer: target.peer },
		out: join(folder, "image"),
	});
	const device = target.install(image, folder);
	const outcomes = new Map<string, TlsOutcome>();
	const lines: string[] = [];
	const end = await runImage({ device, target, limit: () => 0 }, (line) => {
		lines.push(line);
		if (!line.startsWith(MARK)) return "go on";
		if (line === `${MARK}done`) return "done";
		const outcome = JSON.parse(line.slice(MARK.length)) as TlsOutcome;
		outcomes.set(outcome.name, outcome);
		return "go on";
	});
	if (end.reason !== undefined) throw new Error(`${end.reason}\n${end.tail}`);
	return { outcomes, console: lines.join("\n") };
}
