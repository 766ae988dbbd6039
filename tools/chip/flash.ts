// The files that an emulated chip's memories lie in: FLASH (the NOR), FLASH.otp (its fuses), FLASH.key (the fuses' secret).
import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { replaceFile } from "../lib/durable-file";
import { chipSecret } from "../lib/vault";

/** 4096 fuses of 32 bits. */
const OTP_BYTES = 16_384;
/** Fuses 0 to 7: the secret. Fuses 8 and 9: the MAC address, 6 bytes. */
const MAC_AT = 32;

/** A MAC address made from the flash file's path, marked as locally administered: as the simulator makes a unique id. */
function macOf(flash: string): Buffer {
	const digest = createHash("sha256").update(realpathSync(flash)).digest().subarray(0, 6);
	digest.writeUInt8((digest.readUInt8(0) & 0xfc) | 2, 0);
	return digest;
}

/**
 * Burns the fuses of the chip that has this flash: the secret of `<flash>.key`, which is made at need, and its MAC address.
 * Answers the path. Fuses that a program has burned stay.
 *
 * @param id the MAC address in hexadecimal instead
 * @throws {PartitionError} when the key file is none
 */
export function burnFuses(flash: string, id?: string): string {
	const path = `${flash}.otp`;
	const old = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
	const fuses = Buffer.alloc(OTP_BYTES, 0xff);
	old.copy(fuses);
	const secret = chipSecret(`${flash}.key`, true);
	fuses.set(secret, 0);
	secret.fill(0);
	fuses.set(id === undefined ? macOf(flash) : Buffer.from(id, "hex"), MAC_AT);
	fuses.fill(0, MAC_AT + 6, MAC_AT + 8);
	if (!fuses.equals(old)) replaceFile(path, fuses, 0o600);
	return path;
}
