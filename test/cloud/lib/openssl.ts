import { spawn, spawnSync } from "node:child_process";

/** What the openssl command printed, and how it ended. */
export interface Run {
	code: number | null;
	out: string;
	bytes: Buffer;
}

/** Runs openssl without a peer of ours. */
export function openssl(args: readonly string[], input = ""): Run {
	const { status, stdout, stderr } = spawnSync("openssl", args, { input });
	return { code: status, out: `${stdout}${stderr}`, bytes: stdout };
}

/**
 * `openssl s_client`: sends `bytes` behind the handshake, and ends when `until` is among what came, or the peer ends it.
 */
export function sClient(args: readonly string[], bytes: Uint8Array, until: (bytes: Buffer) => boolean): Promise<Run> {
	return new Promise((resolve, reject) => {
		const child = spawn("openssl", ["s_client", ...args], { stdio: ["pipe", "pipe", "pipe"] });
		const out: Buffer[] = [];
		const errors: Buffer[] = [];
		const timer = setTimeout(() => {
			child.kill();
			reject(new Error(`s_client ${args.join(" ")}: nothing in 20 s\n${Buffer.concat([...out, ...errors])}`));
		}, 20_000);
		child.stdout.on("data", (part: Buffer) => {
			out.push(part);
			if (until(Buffer.concat(out))) child.kill();
		});
		child.stderr.on("data", (part: Buffer) => errors.push(part));
		child.on("error", reject);
		child.stdin.on("error", () => {});
		child.on("close", (code) => {
			clearTimeout(timer);
			const all = Buffer.concat([...out, ...errors]);
			resolve({ code, out: all.toString("latin1"), bytes: Buffer.concat(out) });
		});
		child.stdin.write(bytes);
	});
}
