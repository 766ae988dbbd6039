import Serial from "embedded:io/serial";
import FlashStorage from "embedded:storage/flash";
import * as crypto from "hal/crypto";
import { deriveKey, uniqueId } from "hal/system";
import Log from "log/log";
import Provisioning from "provisioning/provisioning";
import Vault from "vault/vault";

/** A device that listens on its second UART, and tells what its vault holds. */
export default function () {
	const log = new Log("console");
	const vault = new Vault({ flash: FlashStorage.open({ path: "vault" }), crypto, deriveKey });
	log.info(`holds ${vault.names().join(" ")}.`);
	new Provisioning({
		serial: { io: Serial },
		records: vault,
		info: { firmware: "test", version: "1.0", board: "sim", uniqueId: uniqueId() },
		log,
		onProvisioned: () => log.info("goes on"),
	});
	log.info("ready");
}
