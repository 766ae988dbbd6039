// mosquitto as a peer: plain, TLS, and TLS that wants a client certificate, all on the loopback.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Authority, type Certificate } from "./certificates";
import { answers, freePort, HOST } from "./loopback";

export interface Mosquitto {
	readonly plain: number;
	readonly tls: number;
	/** Wants a certificate of `root`. */
	readonly mutual: number;
	readonly root: string;
	readonly client: Certificate;
	stop(): void;
}

/** @throws {Error} with what it printed, when it doesn't answer within ten seconds. */
export async function startMosquitto(): Promise<Mosquitto> {
	const folder = mkdtempSync(join(tmpdir(), "linkxs-mosquitto-"));
	const authority = Authority.root(join(folder, "ca"), { name: "Test CA", key: "rsa" });
	const server = authority.issue({ name: "localhost", key: "rsa" });
	const extensions = ["basicConstraints = critical,CA:false", "extendedKeyUsage = clientAuth"];
	const client = authority.issue({ name: "device", extensions });
	const [plain, tls, mutual] = [await freePort(), await freePort(), await freePort()];
	const secure = [
		`certfile ${server.file}`,
		`keyfile ${server.keyFile}`,
		`cafile ${authority.certificate.file}`,
		"tls_version tlsv1.2",
	];
	const lines = [
		"per_listener_settings true",
		"user root", // as another user it could not read the key
		"set_tcp_nodelay true",
		"log_dest stderr",
		...[`listener ${plain} ${HOST}`, "allow_anonymous true"],
		...[`listener ${tls} ${HOST}`, "allow_anonymous true", ...secure],
		...[`listener ${mutual} ${HOST}`, "require_certificate true", "use_identity_as_username true", ...secure],
		"",
	];
	const file = join(folder, "mosquitto.conf");
	writeFileSync(file, lines.join("\n"));
	const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` }; // Debian keeps it where PATH doesn't look
	const child = spawn("mosquitto", ["-c", file], { stdio: ["ignore", "ignore", "pipe"], env });
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
	await listening(child, [plain, tls, mutual], stop, () => said);
	return { plain, tls, mutual, root: authority.certificate.pem, client, stop };
}

async function listening(child: ChildProcess, ports: number[], stop: () => void, said: () => string): Promise<void> {
	for (const end = Date.now() + 10_000; ; ) {
		if ((await Promise.all(ports.map(answers))).every((it) => it)) return;
		if (Date.now() > end || child.exitCode !== null) {
			stop();
			throw new Error(`mosquitto did not start: ${said().trim() || "no answer"}`);
		}
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}
