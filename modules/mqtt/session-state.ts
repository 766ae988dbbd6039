/** What a session is in. */
export type State =
	| { readonly name: "offline" }
	| { readonly name: "opening"; readonly until: number } // the stream is being made
	| { readonly name: "connecting"; readonly until: number } // CONNECT is written, CONNACK awaited
	| { readonly name: "online"; pingedAt: number; askedAt: number } // the answers awaited: NEVER, or since when
	| { readonly name: "ended" };

export const OFFLINE: State = Object.freeze({ name: "offline" });
export const ENDED: State = Object.freeze({ name: "ended" });

/** A time that isn't: no ping is under way, nothing was asked. */
export const NEVER = -1;
