// The device's way to the internet, brought up and kept up by the platform. Only main.ts imports it: capabilities are
// told when there is a network.

export type NetworkErrorCode =
	| "no-credentials" /* storage has no `ssid` in the domain `wifi`: nothing happens until a restart */
	| "no-network" /* no access point of that name, or a wrong password: the platform tells no difference */
	| "lost" /* the access point is gone, or took the address away */
	| "system"; /* the platform's radio doesn't start */

/** Why there is no network. */
export interface NetworkError extends Error {
	readonly code: NetworkErrorCode;
	/** The platform tries again by itself when this is `"later"`. */
	readonly retry: "later" | "never";
	/** The network's name, or the platform's own words. */
	readonly detail: string;
}

export interface NetworkOptions {
	/**
	 * There is an address; and the clock is set, unless no time server answered (it is asked on: TLS verifies the dates
	 * of certificates as soon as there is a time). Called again after each loss; never before the constructor returned.
	 */
	onOnline: () => void;
	/** It was lost, or an attempt failed. */
	onOffline?: (error: NetworkError) => void;
}

export default class Network {
	constructor(options: NetworkOptions);
	/** No more calls. The connection itself stays, as others may use it. A second close is harmless. */
	close(): void;
}
