import type { RegistrationWay, Transport } from "../../events";
import type { Proof } from "../../listener/proof";
import type { Device } from "../../store/devices";
import type { Product } from "../../store/products";
import type { Credentials } from "../credentials";

/** The fields of a CONNECT packet that decide whether its sender gets in, and what is known of its connection. */
export interface ConnectRequest {
	clientId: string;
	userName: string | undefined;
	password: string | undefined;
	/** Seconds, as on the wire. */
	keepAlive: number;
	transport: Transport;
	remote: string;
	/** The host name that the TLS client asked for (SNI), if it named one. */
	servername?: string | undefined;
	/** Whom the TLS handshake proved, where it was asked to. */
	proof?: Proof | undefined;
}

/** CONNACK return codes of MQTT 3.1.1 as the platform uses them (FACTS.md). */
export const ReturnCode = Object.freeze({
	/** Parameters missing or malformed, keep alive out of range, wrong transport. */
	parameters: 2,
	serverError: 3,
	/** Nobody of that name, or the signature is wrong. */
	credentials: 4,
	/** Known, but not allowed in: disabled. */
	notAuthorized: 5,
});

/** A message that goes down right after CONNACK, whether the client subscribed to its topic or not. */
export interface Push {
	topic: string;
	payload: Buffer;
}

/** A device's session begins. */
export interface Entry {
	outcome: "session";
	device: Device;
	product: Product;
	credentials: Credentials;
	push?: readonly Push[];
}

/** A registration: the client is told what it asked for, and is nobody beyond that. */
export interface Registration {
	outcome: "registration";
	device: Device;
	credentials: Credentials;
	push: readonly Push[];
	way: RegistrationWay;
}

/** Not in: the CONNACK return code and why; `productKey` and `deviceName` where the packet got that far. */
export interface Refused {
	outcome: "refused";
	returnCode: number;
	reason: string;
	credentials?: Credentials;
}

export type Admission = Entry | Registration | Refused;

/** One of the ways to be somebody. The gate asks each in turn whether a packet is its own; the first that says so decides. */
export interface Way {
	/**
	 * Takes who the client is from its connection: the packet's texts may be anything. Such a way is given empty
	 * credentials where they can't be read.
	 */
	readonly byConnection?: boolean;
	claims(request: ConnectRequest, credentials: Credentials): boolean;
	/** Judges. Rejects only when the database fails. */
	admit(request: ConnectRequest, credentials: Credentials): Promise<Admission>;
}

/** Keep alive limits, seconds (device-access.txt, 7.1.2). */
const KEEP_ALIVE_MIN = 30;
export const KEEP_ALIVE_MAX = 1200;
/** The C SDK puts twice its keep alive into CONNECT (STOCK-CLIENTS fact 4). */
const KEEP_ALIVE_MAX_C_SDK = 2 * KEEP_ALIVE_MAX;

/** The keep alive in seconds is in range, or why not. */
export function checkKeepAlive(seconds: number, sdk: string | undefined): string | undefined {
	const most = sdk?.startsWith("sdk-c-") ? KEEP_ALIVE_MAX_C_SDK : KEEP_ALIVE_MAX;
	if (seconds >= KEEP_ALIVE_MIN && seconds <= most) return undefined;
	return `keep alive of ${seconds} s is outside ${KEEP_ALIVE_MIN} to ${most} s`;
}

/** The client id's authType, also as the C SDK (`authtype`) and the document (`authype`) spell it for ID². */
export function authTypeOf({ extension }: Credentials): string | undefined {
	return extension.get("authType") ?? extension.get("authtype") ?? extension.get("authype");
}

/** Makes the refusals of one packet. */
export function refuser(credentials: Credentials): (returnCode: number, reason: string) => Refused {
	return (returnCode, reason) => ({ outcome: "refused", returnCode, reason, credentials });
}
