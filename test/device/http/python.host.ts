// Python's http.server, which answers in HTTP/1.0: files of a folder, each on a connection of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export async function start() {
	const folder = mkdtempSync(join(tmpdir(), "linkxs-http-python-"));
	writeFileSync(join(folder, "hello.txt"), "hello from Python");
	writeFileSync(join(folder, "large.bin"), Buffer.alloc(200_000, 1));
	const child = spawn("python3", ["-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", folder, "0"], {
		stdio: ["ignore", "pipe", "ignore"],
	});
	const [line] = (await once(createInterface(child.stdout), "line")) as [string];
	const port = Number(/port (\d+)/.exec(line)?.[1]);
	return {
		config: { port },
		stop: () => {
			child.kill();
			rmSync(folder, { recursive: true });
		},
	};
}
