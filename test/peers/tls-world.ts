// What the tests of TLS stand on: servers, relays before them, and the cases that the device runs against them.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { SimulatorVariant } from "../../tools/build/native";
import { ROOT } from "../../tools/build/places";
import type { Certificate } from "../lib/certificates";
import { OpensslServer, Relay, type RelayOptions } from "../lib/openssl-server";
import { runTlsCases, type TlsCase, type TlsOutcome, type TlsRun } from "./tls-device";

const variant = (process.env.LINKXS_VARIANT ?? "debug") as SimulatorVariant;

export class TlsWorld {
	readonly folder: string;
	/** Relays by the name of their case. */
	readonly relays = new Map<string, Relay>();
	readonly #cases: TlsCase[] = [];
	readonly #stops: { stop(): void }[] = [];
	#run: TlsRun | undefined;

	constructor(name: string) {
		this.folder = join(ROOT, "build", "tests", `${name}.${process.pid}`);
		mkdirSync(this.folder, { recursive: true });
	}

	/** `openssl s_server` with a certificate, with its own arguments for one, or with none. */
	async server(certificate: Certificate | string[] | undefined, ...args: string[]): Promise<OpensslServer> {
		const own = Array.isArray(certificate)
			? certificate
			: certificate
				? ["-cert", certificate.file, "-key", certificate.keyFile]
				: ["-nocert"];
		const it = await OpensslServer.start(...own, ...args);
		this.#stops.push(it);
		return it;
	}

	/** @returns the port to connect to instead of the server's. */
	async relay(name: string, target: OpensslServer, options: RelayOptions = {}): Promise<number> {
		const it = await Relay.start(target.port, options);
		this.#stops.push(it);
		this.relays.set(name, it);
		return it.port;
	}

	/** Something for the device to do; without `host`, to the name that the certificates of these tests have. */
	add(name: string, it: Omit<TlsCase, "name" | "host"> & { host?: string }): void {
		this.#cases.push({ host: "device.test", ...it, name });
	}

	/** All that was added, one after the other. */
	async run(): Promise<void> {
		this.#run = await runTlsCases(join(this.folder, "device"), this.#cases, variant);
	}

	/** The device's console. */
	get console(): string {
		return this.#run?.console ?? "";
	}

	outcome(name: string): TlsOutcome {
		const it = this.#run?.outcomes.get(name);
		if (!it) throw new Error(`the device said nothing of "${name}":\n${this.console.slice(-2000)}`);
		return it;
	}

	stop(): void {
		for (const it of this.#stops) it.stop();
		rmSync(this.folder, { recursive: true, force: true });
	}
}
