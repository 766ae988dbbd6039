import { equal, hmac, type Key, random } from "hal/crypto";
import { encode } from "hal/text";
import type { Grant } from "./answer";
import { RegistrationError } from "./error";

/** What keeps a grant: the vault, or whatever writes several records at once or none. */
export interface GrantRecords {
	/** Any record, which the caller closes. */
	key(name: string): Key | undefined;
	/** All or nothing, before it returns. */
	write(changes: Readonly<Record<string, string | Uint8Array | Key | undefined>>): void;
}

/** What tells who a device is and where it belongs: what is given to one isn't another's. */
const stamped: readonly string[] = Object.freeze([
	"identity/productKey",
	"identity/deviceName",
	"identity/clientId",
	"identity/productSecret",
	"identity/deviceSecret",
	"identity/deviceToken",
	"identity/certificate",
	"identity/privateKey",
	"identity/id2",
	"link/host",
	"link/region",
]);

/** Keeps the place that the largest grant takes, until that is there. */
const ROOM = "identity/room";
/** The longest token and client id, bytes. */
const ROOM_LENGTH = 640;

/**
 * Keeps what one attempt is given. It's made before anything is asked: by the time of the answer somebody else may have been
 * burned, to whom that doesn't belong.
 */
export class Keeper {
	#records: GrantRecords;
	#nonce = random(16);
	#stamp: Uint8Array;

	/** @throws what `records` throws. */
	constructor(records: GrantRecords) {
		this.#records = records;
		this.#stamp = this.#stampNow();
	}

	/** Whether the records name the same device as when this was made. */
	get current(): boolean {
		return equal(this.#stamp, this.#stampNow());
	}

	/**
	 * Prove that there's room for a grant, before one is asked for that can't be asked for again and again.
	 *
	 * @throws {RegistrationError} `vault`.
	 */
	makeRoom(): void {
		this.#guard(() => {
			const room = random(ROOM_LENGTH); // other bytes each time: the same ones would not be written again
			this.#records.write({ [ROOM]: room });
			const there = this.#records.key(ROOM);
			const proved =
				there !== undefined && equal(hmac("SHA256", this.#nonce, there), hmac("SHA256", this.#nonce, room));
			there?.close();
			if (!proved) throw gone();
		});
	}

	/**
	 * Keep what was given, in one write: from then on the device is somebody. The product's secret stays, since ResetThing
	 * and another registration may be needed one day.
	 *
	 * @throws {RegistrationError} `vault`: it may be tried again; `superseded`.
	 */
	keep(grant: Grant): void {
		this.#write(
			grant.kind === "register"
				? { "identity/deviceSecret": grant.deviceSecret }
				: { "identity/clientId": grant.clientId, "identity/deviceToken": grant.deviceToken, [ROOM]: undefined },
		);
		this.#guard(() => {
			if (this.current) throw gone();
		});
	}

	/** Keep the names that belong to the certificate. As `keep`. */
	keepNames({ productKey, deviceName }: { productKey: string; deviceName: string }): void {
		this.#write({ "identity/productKey": productKey, "identity/deviceName": deviceName });
	}

	#write(changes: Readonly<Record<string, string | Key | undefined>>): void {
		this.#guard(() => {
			if (!this.current) throw new RegistrationError("superseded", "another identity was burned meanwhile");
			this.#records.write(changes);
		});
	}

	#guard(act: () => void): void {
		try {
			act();
		} catch (error) {
			if (error instanceof RegistrationError) throw error;
			throw new RegistrationError("vault", (error as { code?: string }).code, error);
		}
	}

	/** By a key of its own, so that it's worth nothing to who reads memory; no secret becomes bytes. */
	#stampNow(): Uint8Array {
		const keys: Key[] = [];
		try {
			const parts: (Uint8Array | Key)[] = [];
			for (const name of stamped) {
				const key = this.#records.key(name);
				if (key) keys.push(key);
				parts.push(encode(`${name} ${key ? key.byteLength : "none"}\0`));
				if (key) parts.push(key);
			}
			return hmac("SHA256", this.#nonce, ...parts);
		} finally {
			for (const key of keys) key.close();
		}
	}
}

function gone(): RegistrationError {
	return new RegistrationError("vault", "what was kept is not there");
}
