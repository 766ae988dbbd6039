import { readFileSync } from "node:fs";
import type { Changes } from "vault/records";
import type { Cloud } from "../cloud/cloud";
import type { Auth } from "./provision";
import type { TimeServers } from "./time-server";

/** Where a chip finds this machine's loopback: the emulator's network has it there. */
const HOST_OF_CHIP = "10.0.2.2";

/**
 * What a device is told of its cloud. The one for certificates goes by another name, which no resolver need know.
 *
 * @param times a chip's: it has no clock that runs on without power; the simulator has this machine's
 */
export function placeOf(auth: Auth, { ports, caFile }: Cloud, times: TimeServers | undefined): Changes {
	return {
		"link/host": auth === "x509" ? "x509.localhost" : "localhost",
		...(times
			? { "link/address": HOST_OF_CHIP, "network/timeServer": times.record(HOST_OF_CHIP) }
			: { "link/address": auth === "x509" ? "127.0.0.1" : undefined }),
		"link/port": String(ports.device),
		"link/security": "tls",
		"link/root": new Uint8Array(readFileSync(caFile)),
	};
}
