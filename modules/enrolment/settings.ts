import type { Key } from "hal/crypto";
import { type Endpoint, mqttEndpoint, type Place, registrationEndpoint } from "link/endpoint";
import { placeOf, portOf, rootsOf } from "link/place";
import type { StreamClass } from "mqtt/client";

/** The vault, as far as this asks for it. */
export interface EnrolmentRecords {
	text(name: string): string | undefined;
	bytes(name: string): Uint8Array | undefined;
	key(name: string): Key | undefined;
	write(changes: Readonly<Record<string, string | Uint8Array | Key | undefined>>): void;
}

export type Roots = readonly (Uint8Array | string)[];

/** Where a device belongs, and whom it trusts there. */
export interface Settings {
	readonly place: Place;
	readonly roots: Roots;
	readonly securemode: "-2" | "2";
	readonly instanceId: string | undefined;
	/** Of a host of its own for registration over HTTPS. */
	readonly auth: { readonly host: string | undefined; readonly port: number | undefined };
}

/** @throws {RangeError} for a record that's wrong; it names that. */
export function settingsOf(records: EnrolmentRecords, platformRoots: () => Roots): Settings {
	const securemode = records.text("link/registrationSecuremode") || "-2";
	if (securemode !== "-2" && securemode !== "2") throw new RangeError("registrationSecuremode: -2 or 2");
	return {
		place: placeOf(records),
		roots: rootsOf(records) ?? platformRoots(),
		securemode,
		instanceId: records.text("link/instanceId") || undefined,
		auth: { host: records.text("link/authHost") || undefined, port: portOf(records, "authPort") },
	};
}

/** A stream over TLS to the place, with what a stream class takes beside its own options. */
export interface Socket {
	readonly io: StreamClass;
	readonly host: string;
	readonly port: number;
	readonly address?: string;
	readonly secure?: object;
	readonly [more: string]: unknown;
}

function socket(io: StreamClass, { host, port, address }: Endpoint): Socket {
	return { io, host, port, ...(address === undefined ? {} : { address }) };
}

/** To the MQTT port, over TLS: for a registration, or for whoever has a certificate. */
export function mqttSocket(tls: StreamClass, settings: Settings, productKey: string, own?: object): Socket {
	const { place, roots } = settings;
	const endpoint = mqttEndpoint(place, productKey, own === undefined ? "device-secret" : "x509");
	return { ...socket(tls, endpoint), secure: { roots, ...own } };
}

/** To the host that registers over HTTPS. */
export function httpsSocket(tls: StreamClass, { place, roots, auth }: Settings): Socket {
	return { ...socket(tls, registrationEndpoint(place, auth)), secure: { roots } };
}

/** To the MQTT port in the clear, where ID² asks for its challenge. */
export function challengeSocket(tcp: StreamClass, { place }: Settings, productKey: string): Socket {
	return socket(tcp, mqttEndpoint(place, productKey, "id2"));
}
