import { X509Certificate } from "node:crypto";
import { replaceFile } from "../../lib/durable-file";
import type { Clock } from "../clock";
import { CloudError } from "../errors";
import type { Events } from "../events";
import type { Authority } from "../listener/authority";
import type { DeviceCertificate, KeyType } from "../store/certificates";
import type { Device } from "../store/devices";
import type { Seal } from "../store/seal";
import type { Store } from "../store/store";

const DAY = 24 * 3600 * 1000;
/** How long a device's certificate lasts: a device in a wall has nobody to renew it. */
const LIFE = 3650 * DAY;
/** How long a renewed certificate is still taken, when nothing else is asked. */
export const GRACE_DAYS = 30;
/** How long a revocation list counts, and after what time a new one is made although nobody was revoked. */
const LIST_LIFE = 7 * DAY;
const LIST_AGE = DAY;

/** Why a certificate is revoked: RFC 5280's words. */
export const REVOCATION_REASONS = Object.freeze([
	"unspecified",
	"keyCompromise",
	"superseded",
	"cessationOfOperation",
	"privilegeWithdrawn",
] as const);
export type RevocationReason = (typeof REVOCATION_REASONS)[number];

export interface DeviceCertificatesOptions {
	store: Store;
	clock: Clock;
	events: Events;
	seal: Seal;
	authority: Authority;
	/** Where the list of revoked certificates is kept. */
	listFile: string;
	/** A device has to go: a certificate of its was revoked. */
	onRevoked(device: Device): void;
}

/** A certificate with its key, as a device is burned with. */
export interface Burnable {
	serialNumber: string;
	certificate: string;
	/** Secret. */
	privateKey: string;
}

/** Issues the certificates of X.509 devices, renews and revokes them. */
export class DeviceCertificates {
	readonly #options: DeviceCertificatesOptions;
	/** Lists are made one after the other, so that their numbers rise. */
	#listing: Promise<unknown> = Promise.resolve();
	#listNumber = 0;
	#list: { pem: string; from: number } | undefined;

	constructor(options: DeviceCertificatesOptions) {
		this.#options = options;
	}

	/** The certificates (PEM) by which those of devices are checked. */
	async authorities(): Promise<string[]> {
		return [(await this.#options.authority.devices()).certificate];
	}

	/** A device's certificate with a new key; those that it has are taken for `graceDays` more. */
	async issue(device: Device, keyType: KeyType, graceDays = 0): Promise<DeviceCertificate> {
		const { store, clock, authority, seal, events } = this.#options;
		const { makeDevice } = await import("./make");
		const now = clock.now();
		// From yesterday, for those who check it with a clock that is somewhat behind.
		const made = await makeDevice(await authority.devices(), device.iotId, keyType, {
			from: now - DAY,
			to: now + LIFE,
		});
		const parsed = new X509Certificate(made.certificate);
		const certificate = await store.certificates.add(
			{
				serialNumber: parsed.serialNumber,
				iotId: device.iotId,
				fingerprint: parsed.fingerprint256,
				keyType,
				certificate: made.certificate,
				sealedKey: seal.close(`key ${parsed.serialNumber}`, Buffer.from(made.key)),
				notBefore: Date.parse(parsed.validFrom),
				notAfter: Date.parse(parsed.validTo),
			},
			now + graceDays * DAY,
		);
		// Removed while the key was made: its certificates were revoked without this one.
		if (!(await store.devices.find({ iotId: device.iotId }))) {
			await this.removed(device);
			throw new CloudError("unknown", `device ${device.deviceName} was removed meanwhile`, {
				detail: "iot.device.NotExistedDevice",
			});
		}
		const { productKey, deviceName } = device;
		events.emit({ type: "certificate.issued", productKey, deviceName, serialNumber: certificate.serialNumber });
		return certificate;
	}

	/** What a device is burned with; as on the platform it can be had again as long as it counts. */
	async burnable(device: Device): Promise<Burnable | undefined> {
		const certificate = await this.#options.store.certificates.current(device.iotId);
		return certificate && this.open(certificate);
	}

	open({ serialNumber, certificate, sealedKey }: DeviceCertificate): Burnable {
		const privateKey = this.#options.seal.open(`key ${serialNumber}`, sealedKey).toString();
		return { serialNumber, certificate, privateKey };
	}

	/**
	 * A new certificate in place of the present one, by default with a key of the same kind. Without days of grace all
	 * older ones are revoked, those that an earlier renewal left some days, too.
	 */
	async renew(device: Device, keyType: KeyType | undefined, graceDays = GRACE_DAYS): Promise<DeviceCertificate> {
		const old = await this.#options.store.certificates.current(device.iotId);
		const renewed = await this.issue(device, keyType ?? old?.keyType ?? "RSA2048", graceDays);
		if (graceDays === 0) {
			const replaced = (await this.#alive(device)).filter((one) => one.acceptedUntil !== undefined);
			if (replaced.length > 0) await this.#revoke(device, replaced, "superseded");
		}
		return renewed;
	}

	/** Revokes one certificate of a device, or all; answers which. Throws `unknown` when there's nothing to revoke. */
	async revoke(device: Device, serialNumber: string | undefined, reason: RevocationReason): Promise<string[]> {
		const alive = await this.#alive(device);
		const chosen = alive.filter((one) => serialNumber === undefined || one.serialNumber === serialNumber.toUpperCase());
		if (chosen.length === 0)
			throw new CloudError("unknown", "the device has no such certificate that is not revoked", {
				detail: "iot.device.NotExistedCertificate",
			});
		await this.#revoke(device, chosen, reason);
		return chosen.map((one) => one.serialNumber);
	}

	/**
	 * A device is being removed: all that it has is void. Called before it goes and afterwards: what is issued to it in
	 * between is either seen here or finds it gone.
	 */
	async removed(device: Device): Promise<void> {
		const alive = await this.#alive(device);
		if (alive.length > 0) await this.#revoke(device, alive, "cessationOfOperation");
	}

	/** The list of revoked certificates (PEM); made again when it is more than a day old, or of an earlier run. */
	list(): Promise<string> {
		return this.#inTurn(async () => {
			const age = this.#options.clock.now() - (this.#list?.from ?? 0);
			return this.#list && age >= 0 && age < LIST_AGE ? this.#list.pem : this.#makeList();
		});
	}

	async #alive({ iotId }: Device): Promise<DeviceCertificate[]> {
		return (await this.#options.store.certificates.list(iotId)).filter((one) => one.revokedAt === undefined);
	}

	async #revoke(device: Device, chosen: readonly DeviceCertificate[], reason: RevocationReason): Promise<void> {
		const { store, events, onRevoked } = this.#options;
		const { productKey, deviceName } = device;
		const serialNumbers = chosen.map((one) => one.serialNumber);
		await store.certificates.revoke(serialNumbers, reason);
		// They are revoked now, whatever becomes of the list.
		onRevoked(device);
		for (const serialNumber of serialNumbers)
			events.emit({ type: "certificate.revoked", productKey, deviceName, serialNumber, reason });
		await this.#inTurn(() => this.#makeList()).catch((error: unknown) => this.#listFailed(error));
	}

	/** A list that can't be kept is told all the same, and made again for the next who asks. */
	async #makeList(): Promise<string> {
		const { store, clock, authority, listFile } = this.#options;
		this.#list = undefined;
		const { makeRevocationList } = await import("./make");
		const now = clock.now();
		this.#listNumber = Math.max(this.#listNumber + 1, now);
		const validity = { from: now, to: now + LIST_LIFE };
		const revoked = await store.certificates.revoked();
		const pem = await makeRevocationList(await authority.devices(), this.#listNumber, revoked, validity);
		try {
			replaceFile(listFile, pem, 0o644);
			this.#list = { pem, from: now };
		} catch (error) {
			this.#listFailed(error);
		}
		return pem;
	}

	#listFailed(error: unknown): void {
		this.#options.events.emit({ type: "error", where: "list of revoked certificates", reason: String(error) });
	}

	#inTurn<T>(work: () => Promise<T>): Promise<T> {
		const done = this.#listing.then(work);
		this.#listing = done.catch(() => {});
		return done;
	}
}
