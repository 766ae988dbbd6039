// The board's way to the network: which class, and what it is. Only main.ts imports it; the manifest chooses the module
// that gives it. The classes are ECMA-419's (`embedded:network/interface/wifi`, `…/ethernet`) with two additions for Wi-Fi:
// the password may be a `Key`, and `failure` says why a connect ended.

import type { Key } from "hal/crypto";

/**
 * Why the last `connect` ended with `connection` 200: no access point of that name, one that refuses the key (or wants
 * one), one that refuses for another reason. `undefined` while nothing has failed.
 */
export type JoinFailure = "no-signal" | "wrong-key" | "refused";

export interface InterfaceOptions {
	/** Never before the constructor has returned, never after `close()`. */
	onChanged?: (property: "connection" | "address") => void;
}

export interface ScanResult {
	readonly SSID: string;
	readonly BSSID?: string;
	readonly RSSI: number;
	readonly channel: number;
	/** `"none"`, `"wpa2_psk"` and the like. */
	readonly security?: string;
}

interface NetworkInterfaceObject {
	/** No more calls; the connection itself stays, as others may use it. A second close is harmless. */
	close(): void;
	/** 200 not connected, 300 on the way, 400 joined (the cable holds), 500 with an address. */
	readonly connection: number;
	readonly address: string | undefined;
	/** Six bytes in lower-case hexadecimal with colons. */
	readonly MAC: string | undefined;
}

export interface Ethernet extends NetworkInterfaceObject {
	connect(): void;
	disconnect(): void;
}

export interface WiFi extends NetworkInterfaceObject {
	/** @throws {Error} while it is connecting, and without an SSID. A password is 8 to 63 bytes, or 64 hex digits. */
	connect(options: { SSID: string; password?: Key | string }): void;
	/** `connection` is 200 when it returns; `onChanged` isn't called for it. */
	disconnect(): void;
	/** Networks that show themselves, one by one. @throws {Error} while it scans or connects. */
	scan(options: { onFound: (result: ScanResult) => void; onComplete?: () => void; channel?: number }): void;
	readonly SSID: string | undefined;
	readonly BSSID: string | undefined;
	readonly RSSI: number | undefined;
	readonly channel: number | undefined;
	readonly failure: JoinFailure | undefined;
}

export type NetworkInterface =
	| { readonly kind: "wifi"; readonly io: new (options: InterfaceOptions) => WiFi }
	| { readonly kind: "ethernet"; readonly io: new (options: InterfaceOptions) => Ethernet };

/** A function, as a preloaded module can't hold what is known only at the start (the simulator's radio). */
export default function networkInterface(): NetworkInterface;
