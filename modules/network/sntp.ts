/**
 * SNTP packets (RFC 4330 and RFC 5905, 14), client's side. What an answer must be is checked here, whoever sent it.
 */

export const PACKET_SIZE = 48;
export const COOKIE_SIZE = 8;

const VERSION = 4;
const CLIENT = 3;
const SERVER = 4;
const UNSYNCHRONISED = 3;
/** Stratum 16 and more: not synchronised (RFC 5905, 7.3). */
const STRATUM_MAX = 15;
/** Seconds: MAXDISP, as a root delay or dispersion of an answer that is of any use (RFC 5905, 7.2). */
const DISTANCE_MAX = 16;
/** A server doesn't sit on a question for longer, ms. */
const HELD_MAX = 10_000;

/** Seconds from NTP's epoch (1900) to 1970, and how many its 32-bit counter has (it wraps in 2036). */
const EPOCH = 2_208_988_800;
const ERA = 4_294_967_296;

/** RFC 5905, 7.4: what a server says instead of the time. Another one means no more than that there is no time. */
export type Kiss = "deny" | "rate" | "other";

export type Answer =
	/** `time`: when it was sent, ms since 1970; `held`: how long the server had the question before, ms. */
	| { readonly kind: "time"; readonly time: number; readonly held: number }
	| { readonly kind: "kiss"; readonly kiss: Kiss }
	/** The server's, and of no use. */
	| { readonly kind: "useless"; readonly why: "unsynchronised" | "stratum" | "distance" | "timestamp" }
	/** None to our question: nobody has to have sent it. */
	| { readonly kind: "stranger" };

const STRANGER: Answer = Object.freeze({ kind: "stranger" });

/**
 * A question. Its transmit timestamp is `cookie`, 8 random bytes, in place of the time: the server gives it back as the
 * originate timestamp, so that nobody who hasn't seen the question can answer it, and it tells nothing of our clock.
 */
export function question(cookie: Uint8Array): Uint8Array<ArrayBuffer> {
	const packet = new Uint8Array(PACKET_SIZE);
	packet[0] = (VERSION << 3) | CLIENT;
	for (let i = 0; i < COOKIE_SIZE; i++) packet[40 + i] = cookie[i] ?? 0;
	return packet;
}

/** Milliseconds since 1970 of the timestamp at `offset`. Half of the counter's values lie after 2036 (RFC 4330, 3). */
function timestamp(packet: DataView, offset: number): number {
	const seconds = packet.getUint32(offset);
	const fraction = packet.getUint32(offset + 4) / ERA;
	return ((seconds < ERA / 2 ? seconds + ERA : seconds) - EPOCH + fraction) * 1000;
}

const isZero = (packet: DataView, offset: number) =>
	packet.getUint32(offset) === 0 && packet.getUint32(offset + 4) === 0;

/** Seconds of NTP's short format: 16 bits and 16 bits of fraction. */
const short = (packet: DataView, offset: number) => packet.getUint32(offset) / 0x10000;

function kissOf(packet: DataView): Kiss {
	switch (packet.getUint32(12)) {
		case 0x44454e59: // DENY
		case 0x52535452: // RSTR
			return "deny";
		case 0x52415445: // RATE
			return "rate";
		default:
			return "other";
	}
}

const useless = (why: "unsynchronised" | "stratum" | "distance" | "timestamp"): Answer => ({ kind: "useless", why });

/** What `bytes` is as an answer to the question that had `cookie`. Never throws. */
export function readAnswer(bytes: ArrayBuffer, cookie: Uint8Array): Answer {
	if (bytes.byteLength < PACKET_SIZE) return STRANGER;
	const packet = new DataView(bytes);
	const first = packet.getUint8(0);
	const version = (first >> 3) & 7;
	if ((first & 7) !== SERVER || version < 3 || version > VERSION) return STRANGER;
	for (let i = 0; i < COOKIE_SIZE; i++) if (packet.getUint8(24 + i) !== cookie[i]) return STRANGER;
	const stratum = packet.getUint8(1);
	// A kiss has the leap indicator of a clock that isn't synchronised: it comes first.
	if (stratum === 0) return { kind: "kiss", kiss: kissOf(packet) };
	if (first >> 6 === UNSYNCHRONISED) return useless("unsynchronised");
	if (stratum > STRATUM_MAX) return useless("stratum");
	if (short(packet, 4) >= DISTANCE_MAX || short(packet, 8) >= DISTANCE_MAX) return useless("distance");
	if (isZero(packet, 32) || isZero(packet, 40)) return useless("timestamp");
	const time = timestamp(packet, 40);
	const held = time - timestamp(packet, 32);
	if (!(held >= 0 && held <= HELD_MAX)) return useless("timestamp");
	return { kind: "time", time, held };
}
