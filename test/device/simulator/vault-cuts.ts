import Flash from "embedded:storage/flash";
import * as crypto from "hal/crypto";
import { deriveKey, time } from "hal/system";
import { encode } from "hal/text";
import config from "mc/config";
import type { Changes } from "vault/records";
import Vault from "vault/vault";

// Few blocks, so that some steps compact.
const blocks = 4;
const text = (length: number, seed: number): string => `${seed} `.repeat(length).slice(0, length);

/** What a device does to its records in the n-th step. */
function changes(n: number): Changes {
	switch (n % 6) {
		case 0: // who it is: three that belong together
			return {
				"identity/productKey": `key${n}`,
				"identity/deviceName": text(20, n),
				"identity/deviceSecret": crypto.Key.from(encode(text(32, n))),
			};
		case 1:
			return { "link/root": encode(text(700 + n, n)) };
		case 2:
			return { [`network/${1 + (n % 3)}/key`]: crypto.Key.from(encode(text(10, n))), "network/1/ssid": text(n, n) };
		case 3:
			return { "session/tls": crypto.Key.from(encode(text(1500, n))) };
		case 4:
			return { "link/root": undefined, "identity/deviceName": text(n % 5, n) };
		default:
			return { "update/offset": String(n), "network/1/ssid": undefined };
	}
}

/** Stands for all that a vault holds: a secret takes part by its MAC. */
function stateOf(vault: Vault): string {
	const hash = new crypto.Hash("SHA256");
	for (const name of vault.names()) {
		const key = vault.key(name);
		hash.update(encode(`${name}=`));
		if (key) hash.update(crypto.hmac("SHA256", key));
		key?.close();
	}
	return crypto.hex(hash.digest()).slice(0, 16);
}

export default function () {
	const { steps } = config as { steps: number };
	const flash = Flash.open({ path: "vault" });
	const vault = new Vault({ flash, crypto, deriveKey, blocks });
	const isFirst = !vault.has("update/steps");
	console.log(`found ${stateOf(vault)}`);
	// Without a clock it only looks.
	if (time() === undefined) return;
	if (isFirst) {
		for (let n = 0; n < steps; n++) {
			console.log(`begin ${n}`);
			vault.write(changes(n));
			console.log(`end ${n} ${stateOf(vault)}`);
		}
	}
	console.log(`begin ${steps}`);
	// It goes on after whatever was cut, and what is there afterwards is what was written.
	vault.write({ "update/steps": String(steps), "link/host": "another cloud" });
	console.log(`end ${steps} ${stateOf(vault)}`);
	vault.close();
	const again = new Vault({ flash, crypto, deriveKey, blocks });
	console.log(
		`done ${again.text("update/steps") === String(steps) && again.text("link/host")} ${again.status().erases}`,
	);
}
