import type { Piece } from "./map";

/** Whose the native code and its variables are. */
export const OWNERS = ["engine (XS)", "C libraries", "TLS (mbedTLS)", "TCP/IP (lwIP)", "our C"] as const;
export type Owner = (typeof OWNERS)[number];

/** By the object file's path; undefined: the linker's own, between two files. */
export function ownerOf(object: string | undefined): Owner | undefined {
	if (object === undefined) return undefined;
	if (/\/xs\/xs\w+\.o$/.test(object)) return "engine (XS)";
	if (/libmbed\w+\.a/.test(object)) return "TLS (mbedTLS)";
	if (/\/lwip\//.test(object)) return "TCP/IP (lwIP)";
	// libc, libm, libgcc, and what else the compiler adds by itself.
	if (/\.a(\(|$)/.test(object) || /\/crt\w+\.o$/.test(object)) return "C libraries";
	return "our C";
}

/** Bytes by owner; "" has the linker's own. */
export function byOwner(pieces: readonly Piece[]): Map<Owner | "", number> {
	const sums = new Map<Owner | "", number>();
	for (const { object, bytes } of pieces) {
		const owner = ownerOf(object) ?? "";
		sums.set(owner, (sums.get(owner) ?? 0) + bytes);
	}
	return sums;
}
