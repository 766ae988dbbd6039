import type { Part } from "hal/crypto";
import { checkMethod, checkNames, clientIdOf, type Names, type SignMethod } from "./identity";
import { type SigningCrypto, sign, signContent } from "./sign";

/** A device behind a gateway, with the secret that is its own (DA 605). */
export interface SubDevice extends Names {
	readonly deviceSecret: Part;
	/** Default `"hmacsha256"`. */
	readonly signMethod?: SignMethod | undefined;
}

/** One entry of `thing/topo/add`: the platform's own SDKs spell the method's key and value so (STOCK-CLIENTS, fact 9). */
export interface TopologyEntry {
	readonly productKey: string;
	readonly deviceName: string;
	readonly clientId: string;
	readonly timestamp: string;
	readonly signmethod: "hmacMd5" | "hmacSha1" | "hmacSha256";
	readonly sign: string;
}

const spellings = Object.freeze({ hmacmd5: "hmacMd5", hmacsha1: "hmacSha1", hmacsha256: "hmacSha256" } as const);

/**
 * A sub-device's consent to be a gateway's: its own signature over the client id just as it's submitted, names and time.
 *
 * @throws {RangeError} for names that can't be right.
 */
export function topologyEntry(sub: SubDevice, timestamp: string, crypto: SigningCrypto): TopologyEntry {
	checkNames(sub);
	checkMethod(sub.signMethod);
	const { productKey, deviceName, deviceSecret, signMethod = "hmacsha256" } = sub;
	const clientId = clientIdOf(sub);
	const content = signContent({ clientId, deviceName, productKey, timestamp });
	return {
		productKey,
		deviceName,
		clientId,
		timestamp,
		signmethod: spellings[signMethod],
		sign: sign(crypto, signMethod, deviceSecret, content),
	};
}
