import type { Key } from "hal/crypto";

/**
 * ECMA-419's network interfaces, as far as this module needs them. What a platform gives (`hal/interface`) fits by its
 * shape; the numbers of `connection` are the standard's.
 */

/** `connection` from this on: with an address. From 400 on: joined, or the cable holds. From 300 on: on the way. */
export const CONNECTED = 500;
export const JOINED = 400;
export const CONNECTING = 300;

/** What the platform knows of why the last `connect` ended in 200. */
export type JoinFailure = "no-signal" | "wrong-key" | "refused";

export interface InterfaceOptions {
	onChanged?: (property: "connection" | "address") => void;
}

interface Interface {
	close(): void;
	readonly connection: number;
}

export interface WiredInterface extends Interface {
	connect(): void;
}

export interface Found {
	readonly SSID: string;
}

export interface WiFiInterface extends Interface {
	/** @throws {Error} while it is connecting. The key is used during the call only. */
	connect(options: { SSID: string; password?: Key }): void;
	/** `connection` is 200 when it returns. */
	disconnect(): void;
	/** @throws {Error} when that can't be done now. */
	scan(options: { onFound: (network: Found) => void; onComplete: () => void }): void;
	/** A platform that can't tell leaves it out: then what a scan has seen decides. */
	readonly failure?: JoinFailure | undefined;
}

/** The class that `Network` makes its interface of, and what it is. */
export type NetworkInterface =
	| { readonly kind: "wifi"; readonly io: new (options: InterfaceOptions) => WiFiInterface }
	| { readonly kind: "ethernet"; readonly io: new (options: InterfaceOptions) => WiredInterface };
