import type { ConnectPacket } from "aedes";
import type { About } from "../listener/listener";
import type { ConnectRequest, Push } from "./gate/way";
import type { GuardedStream } from "./guarded-stream";
import type { RegistrationConnection } from "./registration-connection";
import type { Session } from "./session";

/** What is known of a connection before its CONNECT was judged, and after. */
export interface Connection extends About {
	stream: GuardedStream;
	connect: ConnectPacket | undefined;
	session: Session | undefined;
	/** What the session is told right after CONNACK. */
	push?: readonly Push[] | undefined;
	/** In place of a session. */
	registration: RegistrationConnection | undefined;
	/** Why our side closed it, if it did. */
	reason: string | undefined;
	refused: boolean;
}

/** What the gate judges. */
export function requestOf(
	{ transport, remote, servername, proof }: Connection,
	{ clientId, keepalive }: ConnectPacket,
	userName: string | undefined,
	password: Buffer | undefined,
): ConnectRequest {
	return {
		clientId,
		userName,
		password: password?.toString("utf8"),
		keepAlive: keepalive ?? 0,
		transport,
		remote,
		servername,
		proof,
	};
}
