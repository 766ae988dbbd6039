// `hal/socket-options`: see hal/types/socket-options.d.ts.

/** RFC 1035 2.3.4. */
const longestName = 253;

export function isAddress(text: string): boolean {
	if (text.includes(":")) return /^[\da-f:.]{2,45}$/i.test(text);
	const parts = text.split(".");
	return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
}

export function addressOf(host: unknown): string | undefined {
	if (typeof host !== "string") throw new TypeError("host: a string is needed");
	if (host === "" || host.length > longestName) throw new RangeError("host: neither a name nor an address");
	// RFC 6761 6.3. The SDK's resolver on Linux looks at a name's first address only, and at that only if it is IPv4.
	if (host === "localhost") return "127.0.0.1";
	return isAddress(host) ? host : undefined;
}

export function checkPort(port: unknown, least: 0 | 1): void {
	if (typeof port !== "number") throw new TypeError("port: a number is needed");
	if (!Number.isInteger(port) || port < least || port > 65535) throw new RangeError(`port: ${least} to 65535`);
}

export function checkOptions(options: unknown, ...callbacks: string[]): void {
	if (typeof options !== "object" || options === null) throw new TypeError("options: an object is needed");
	for (const name of callbacks) {
		const callback: unknown = (options as Record<string, unknown>)[name];
		if (callback !== undefined && typeof callback !== "function") throw new TypeError(`${name}: a function is needed`);
	}
}
