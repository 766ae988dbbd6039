// chronyd as a time server on the loopback: it gives this computer's time and sets no clock, so it needs no rights.
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HOST } from "./loopback";

export interface Chrony {
	readonly port: number;
	stop(): void;
}

/** @throws {Error} with what it printed, when it doesn't answer within ten seconds. */
export async function startChrony(): Promise<Chrony> {
	const folder = mkdtempSync(join(tmpdir(), "linkxs-chrony-"));
	const port = await freeUdpPort();
	const file = join(folder, "chrony.conf");
	const lines = [`port ${port}`, `bindaddress ${HOST}`, `allow ${HOST}`, "cmdport 0", "bindcmdaddress /"];
	writeFileSync(file, [...lines, "local stratum 3", `pidfile ${folder}/pid`, ""].join("\n"));
	const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` }; // Debian keeps it where PATH doesn't look
	const child = spawn("chronyd", ["-d", "-x", "-U", "-f", file], { stdio: ["ignore", "ignore", "pipe"], env });
	let said = "";
	child.stderr.on("data", (data) => {
		said = (said + String(data)).slice(-4000);
	});
	child.on("error", (error) => {
		said = error.message;
	});
	const stop = () => {
		child.kill();
		rmSync(folder, { recursive: true, force: true });
	};
	for (const end = Date.now() + 10_000; ; ) {
		if (await answers(port)) return { port, stop };
		if (Date.now() > end || child.exitCode !== null) {
			stop();
			throw new Error(`chronyd did not start: ${said.trim() || "no answer"}`);
		}
	}
}

async function freeUdpPort(): Promise<number> {
	const socket = createSocket("udp4");
	socket.bind(0, HOST);
	await once(socket, "listening");
	const { port } = socket.address();
	socket.close();
	return port;
}

/** One question, 200 ms for its answer. */
async function answers(port: number): Promise<boolean> {
	const socket = createSocket("udp4");
	const question = Buffer.alloc(48);
	question[0] = 0x23;
	question[47] = 1;
	try {
		socket.on("error", () => {});
		socket.send(question, port, HOST);
		return await new Promise((resolve) => {
			socket.on("message", () => resolve(true));
			setTimeout(() => resolve(false), 200);
		});
	} finally {
		socket.close();
	}
}
