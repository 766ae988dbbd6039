import type { X509Certificate } from "node:crypto";

/** The key of an ID² link, and whose it is. */
export interface SharedKey {
	/** Secret. */
	key: Buffer;
	productKey: string;
	deviceName: string;
	id2: string;
}

/**
 * What the TLS handshake itself proved about the peer: that it has the key of a certificate (none when it sent none,
 * and nothing yet about who issued it), or the key of an ID² challenge.
 */
export type Proof =
	| { kind: "certificate"; certificate: X509Certificate | undefined }
	| { kind: "shared-key"; productKey: string; deviceName: string; id2: string };
