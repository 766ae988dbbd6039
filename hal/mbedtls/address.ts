// IP addresses in text: a host that is one is verified as an address (RFC 5280 4.2.1.6) and never sent as SNI.

/** The 4 or 16 bytes of an IPv4 or IPv6 address, `undefined` for anything else (a name). */
export function addressBytes(text: string): Uint8Array<ArrayBuffer> | undefined {
	const four = ipv4(text);
	if (four) return Uint8Array.from(four);
	return text.includes(":") ? ipv6(text) : undefined;
}

function ipv4(text: string): number[] | undefined {
	const parts = text.split(".");
	if (parts.length !== 4 || !parts.every((it) => /^\d{1,3}$/.test(it))) return undefined;
	const bytes = parts.map(Number);
	return bytes.every((it) => it < 256) ? bytes : undefined;
}

/** RFC 4291 2.2: eight groups, at most one `::` for zeros, the last two groups perhaps as IPv4. */
function ipv6(text: string): Uint8Array<ArrayBuffer> | undefined {
	const halves = text.split("::").map((it) => groups(it));
	const [head, tail] = halves;
	if (!head || halves.length > 2 || halves.includes(undefined)) return undefined;
	const length = head.length + (tail?.length ?? 0);
	if (tail ? length > 14 : length !== 16) return undefined;
	const bytes = new Uint8Array(16);
	bytes.set(head, 0);
	if (tail) bytes.set(tail, 16 - tail.length);
	return bytes;
}

/** The bytes of `a:b:…`; none of an empty text. */
function groups(text: string): number[] | undefined {
	if (text === "") return [];
	const bytes: number[] = [];
	const parts = text.split(":");
	for (const [index, part] of parts.entries()) {
		const last = index === parts.length - 1 ? ipv4(part) : undefined;
		if (last) bytes.push(...last);
		else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
			const value = Number.parseInt(part, 16);
			bytes.push(value >> 8, value & 255);
		} else return undefined;
	}
	return bytes;
}
