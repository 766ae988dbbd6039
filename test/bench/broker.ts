// The broker that all clients of the bench speak to: mosquitto, on the loopback, plain and TLS.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { answers, freePort, HOST } from "../lib/loopback";
import type { Certificates } from "./certificate";
import { cipher } from "./workload";

/** What the handshake is held to. */
export interface KeyExchange {
	/** OpenSSL's names of the cipher suite and, where it matters, of the only curve. */
	readonly cipher: string;
	readonly curve?: string;
}

export class Broker {
	private constructor(
		readonly plainPort: number,
		readonly tlsPort: number,
		private readonly process: ChildProcess,
		private readonly folder: string,
	) {}

	/**
	 * Start it.
	 *
	 * @param under what it runs under: `taskset -c 0`, `chrt -r 1`
	 * @param exchange default: the workload's cipher suite, the client's first curve
	 * @throws {Error} with what it printed, when it doesn't answer within 10 s
	 */
	static async start(
		certificates: Certificates,
		under: readonly string[],
		exchange: KeyExchange = { cipher },
	): Promise<Broker> {
		const folder = mkdtempSync(`${tmpdir()}/linkxs-bench-`);
		const plainPort = await freePort();
		const tlsPort = await freePort();
		writeFileSync(
			`${folder}/mosquitto.conf`,
			[
				"allow_anonymous true",
				// As root it would become another user, who may not read the key.
				"user root",
				"persistence false",
				"set_tcp_nodelay true",
				"log_dest stderr",
				"log_type error",
				"log_type warning",
				`listener ${plainPort} ${HOST}`,
				`listener ${tlsPort} ${HOST}`,
				`certfile ${certificates.certificate}`,
				`keyfile ${certificates.key}`,
				`ciphers ${exchange.cipher}`,
				"",
			].join("\n"),
		);
		// mosquitto's own tls_version is a minimum; OpenSSL's configuration can say the maximum.
		writeFileSync(
			`${folder}/openssl.cnf`,
			`openssl_conf = main\n[main]\nssl_conf = ssl\n[ssl]\nsystem_default = all\n[all]\nMaxProtocol = TLSv1.2\n${
				exchange.curve ? `Groups = ${exchange.curve}\n` : ""
			}`,
		);
		const [program = "", ...args] = [...under, "mosquitto", "-c", `${folder}/mosquitto.conf`];
		const child = spawn(program, args, {
			stdio: ["ignore", "ignore", "pipe"],
			// Debian keeps it where a user's PATH doesn't look.
			env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin`, OPENSSL_CONF: `${folder}/openssl.cnf` },
		});
		let said = "";
		child.stderr.on("data", (data) => {
			said = (said + String(data)).slice(-2000);
		});
		child.on("error", (error) => {
			said = error.message;
		});
		const broker = new Broker(plainPort, tlsPort, child, folder);
		for (const end = Date.now() + 10_000; ; ) {
			if ((await answers(plainPort)) && (await answers(tlsPort))) return broker;
			if (Date.now() > end || child.exitCode !== null) {
				await broker.stop();
				throw new Error(`mosquitto did not start: ${said.trim() || "no answer"}`);
			}
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
	}

	port(tls: boolean): number {
		return tls ? this.tlsPort : this.plainPort;
	}

	async stop(): Promise<void> {
		if (this.process.exitCode === null && this.process.signalCode === null && this.process.pid !== undefined) {
			this.process.kill();
			await once(this.process, "exit");
		}
		rmSync(this.folder, { recursive: true, force: true });
	}
}
