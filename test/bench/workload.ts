// What every client of the bench does, byte for byte the same: one identity, one topic, one payload (ANCHORS.md's).

const productKey = "a1BenchLnk0";
const deviceName = "bench-device-00000000123";

/** Broker certificate, in bytes of DER: what a platform's leaf alone comes to. It is sent alone, so it is in the figures. */
export const certificateBytes = 963;

/** What the handshake is held to, so that a figure means the same next year. */
export const cipher = "ECDHE-RSA-AES256-GCM-SHA384";

export const workload = {
	/** As the platform wants it; a TLS connection says securemode=2, the same length. */
	clientId: `${deviceName}|securemode=2,signmethod=hmacsha256,timestamp=2524608000000|`,
	username: `${deviceName}&${productKey}`,
	/** As long as an HMAC-SHA256 in hex. The broker doesn't look. */
	password: "5EC0DE".repeat(11).slice(0, 64),
	topic: `/sys/${productKey}/bench/thing/event/post/00000`,
	payloadBytes: 100,
	keepAliveSeconds: 300,
} as const;

/** Bytes of the packets that this workload makes, from the standard: what a plain connection has to show. */
export const expected = {
	connect: 3 + 10 + (2 + workload.clientId.length) + (2 + workload.username.length) + (2 + workload.password.length),
	connack: 4,
	publish: 3 + (2 + workload.topic.length) + 2 + workload.payloadBytes,
	puback: 4,
} as const;

/** A run of one client. */
export interface Run {
	/** The broker's, or the proxy's before it. */
	readonly port: number;
	readonly tls: boolean;
	/** QoS 1 messages, each sent after the one before was acknowledged. */
	readonly count: number;
	/** `begin` is marked when this many were acknowledged: what is before warms up. */
	readonly skip?: number;
	/** Our device marks each so many messages. */
	readonly lap?: number;
	/** Stay connected when done, until a signal; else disconnect and end. */
	readonly hold?: boolean;
	/** Resume a TLS session: from this file, where it exists, and keep the new one there; see `Client.resumes`. */
	readonly session?: string;
}
