import type { MqttError } from "./error";

/** What the session's owner does for it. */
export interface Sink {
	/** Write `packet` from byte `from`, or as much of it as there's room for. @returns how many bytes are left. */
	write(packet: Uint8Array, from: number): number;
	/** CONNACK 0. */
	online(sessionPresent: boolean): void;
	/**
	 * A message or a piece of one: `Receiver.publish` of reader.ts tells of the arguments.
	 *
	 * @returns whether the application has taken it (asked for the last piece): else `taken(id)` follows.
	 */
	message(topic: string, payload: Uint8Array, offset: number, total: number, id: number): boolean;
	/** The connection is over for this reason: close the stream. The session is offline already. */
	failed(error: MqttError): void;
	/** What a `Done` threw. */
	exception(error: unknown): void;
}
