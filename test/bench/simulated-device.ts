// The bench's device: the firmware of test/bench/device in the simulator, one flash file a run.
import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import { buildImage } from "../../tools/build/build";
import { createFlash } from "../../tools/lib/flash-image";
import type { Client } from "./client";
import { ours } from "./results";
import { type Run, workload } from "./workload";

const here = new URL(".", import.meta.url).pathname;
const root = new URL("../..", import.meta.url).pathname;

export type Variant = "release" | "m32";

export const simulator = (variant: Variant): string => `${root}build/sim/${variant}/linkxs-sim`;

/** Key-value records, as `linkxs-sim flash kv-set` takes them: path, key, format, base64. */
export function records(run: Run, root: string, address = "127.0.0.1"): string {
	const { clientId, username, password, topic, payloadBytes } = workload;
	const settings: Record<string, string> = {
		address,
		port: String(run.port),
		root: run.tls ? root : "",
		count: String(run.count),
		skip: String(run.skip ?? 0),
		lap: String(run.lap ?? 0),
		hold: run.hold ? "1" : "0",
		resume: run.session ? "1" : "0",
		clientId: run.tls ? clientId : clientId.replace("securemode=2", "securemode=3"),
		userName: username,
		password,
		topic,
		payloadBytes: String(payloadBytes),
	};
	return Object.entries(settings)
		.map(([key, value]) => `bench ${key} string ${Buffer.from(value).toString("base64")}\n`)
		.join("");
}

/**
 * Builds the firmware and gives the client that boots it.
 *
 * @param ca the root certificate, a PEM file
 * @param more further switches for the simulator
 * @throws {Error} when it doesn't build
 */
export async function device(
	variant: Variant,
	ca: string,
	folder: string,
	...more: readonly string[]
): Promise<Client> {
	const { image } = await buildImage({
		manifest: `${here}device/manifest.json`,
		out: `${folder}/device-${variant}.image`,
		debug: false,
		variant,
	});
	const blank = `${folder}/device-${variant}.flash`;
	createFlash({ board: "sim", image, path: blank });
	const certificate = readFileSync(ca, "utf8");
	let runs = 0;
	return {
		name: ours,
		resumes: "in-process",
		steady: [200, 1200],
		startVaries: false,
		endsWith: 3,
		command: async (run) => {
			const flash = `${folder}/device-${variant}-${runs++ % 4}.flash`;
			copyFileSync(blank, flash);
			const written = spawnSync(simulator(variant), ["flash", "kv-set", flash], {
				input: records(run, certificate),
				encoding: "utf8",
			});
			if (written.status !== 0) throw new Error(`settings could not be written: ${written.stderr}`);
			return [simulator(variant), "run", "--flash", flash, "--board", "sim", "--resets", "0", ...more];
		},
	};
}
