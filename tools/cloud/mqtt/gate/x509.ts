import type { X509Certificate } from "node:crypto";
import type { Clock } from "../../clock";
import type { Store } from "../../store/store";
import type { Credentials } from "../credentials";
import { type Admission, type ConnectRequest, checkKeepAlive, ReturnCode, refuser, type Way } from "./way";

/** Where a device that didn't say who it is hears it: unsubscribed, right after CONNACK (DA 672). */
const IDENTITY_TOPIC = "/ext/auth/identity/response";

type WayStore = Pick<Store, "certificates" | "devices" | "products">;

/**
 * X.509: who the device is stands in the certificate that its TLS connection has proved. Client id, user name and password
 * may be anything (the C SDK signs with an empty key), but names that are given have to be the certificate's.
 */
export class X509Way implements Way {
	readonly byConnection = true;
	readonly #store: WayStore;
	readonly #clock: Clock;

	constructor(store: WayStore, clock: Clock) {
		this.#store = store;
		this.#clock = clock;
	}

	claims({ proof }: ConnectRequest): boolean {
		return proof?.kind === "certificate";
	}

	async admit({ proof, keepAlive }: ConnectRequest, credentials: Credentials): Promise<Admission> {
		const refuse = refuser(credentials);
		const mode = credentials.extension.get("securemode") ?? "2";
		const malformed =
			(mode === "2" ? undefined : `securemode=${mode} is not how a certificate is shown`) ??
			checkKeepAlive(keepAlive, credentials.extension.get("_v"));
		if (malformed !== undefined) return refuse(ReturnCode.parameters, malformed);
		const certificate = proof?.kind === "certificate" ? proof.certificate : undefined;
		if (!certificate) return refuse(ReturnCode.credentials, "the device sent no certificate");
		// By the digest over all of it: what it says of itself counts for nothing.
		const known = await this.#store.certificates.find(certificate.fingerprint256);
		if (!known) return refuse(ReturnCode.credentials, "the certificate is none that this cloud issued");
		const name = `certificate ${known.serialNumber}`;
		if (known.revokedAt !== undefined)
			return refuse(ReturnCode.notAuthorized, `${name} was revoked${known.reason && ` (${known.reason})`}`);
		const outdated = this.#outdated(certificate, known.acceptedUntil);
		if (outdated !== undefined) return refuse(ReturnCode.notAuthorized, `${name} ${outdated}`);
		const device = await this.#store.devices.find({ iotId: known.iotId });
		const product = device && (await this.#store.products.find(device.productKey));
		if (!device || !product) return refuse(ReturnCode.credentials, `${name} belongs to a device that is gone`);
		const { productKey, deviceName } = device;
		const named = credentials.productKey !== "" || credentials.deviceName !== "";
		if (named && (credentials.productKey !== productKey || credentials.deviceName !== deviceName))
			return refuse(ReturnCode.credentials, `${name} is ${productKey}/${deviceName}'s, not the user name's`);
		const own = { ...credentials, productKey, deviceName };
		if (product.nodeType === 2)
			return refuser(own)(ReturnCode.notAuthorized, "a sub-device connects through its gateway only");
		if (device.disabled) return refuser(own)(ReturnCode.notAuthorized, "the device is disabled");
		const payload = Buffer.from(JSON.stringify({ productKey, deviceName }));
		const push = named ? [] : [{ topic: IDENTITY_TOPIC, payload }];
		return { outcome: "session", device, product, credentials: own, push };
	}

	/** By the cloud's own clock, as all that the platform decides. */
	#outdated(certificate: X509Certificate, acceptedUntil: number | undefined): string | undefined {
		const now = this.#clock.now();
		if (now < Date.parse(certificate.validFrom)) return "is not valid yet";
		if (now > Date.parse(certificate.validTo)) return "has expired";
		return acceptedUntil !== undefined && now > acceptedUntil ? "was replaced by a newer one" : undefined;
	}
}
