// What the bench wrote into the key-value domain "bench", as text.
import KeyValue from "embedded:storage/key-value";

export interface Settings {
	/** The broker's. */
	readonly address: string;
	readonly port: number;
	/** Root certificate in PEM; empty: a plain connection. */
	readonly root: string;
	readonly count: number;
	readonly skip: number;
	/** Mark each so many messages; 0: none. */
	readonly lap: number;
	readonly hold: boolean;
	/** Connect twice: the second time with the first one's session. */
	readonly resume: boolean;
	readonly clientId: string;
	readonly userName: string;
	readonly password: string;
	readonly topic: string;
	readonly payloadBytes: number;
}

export function readSettings(): Settings {
	const store = KeyValue.open({ path: "bench", mode: "r", format: "string" });
	const text = (key: string): string => {
		const value = store.read(key);
		return typeof value === "string" ? value : "";
	};
	const settings: Settings = {
		address: text("address"),
		port: Number(text("port")),
		root: text("root"),
		count: Number(text("count")),
		skip: Number(text("skip")),
		lap: Number(text("lap")),
		hold: text("hold") === "1",
		resume: text("resume") === "1",
		clientId: text("clientId"),
		userName: text("userName"),
		password: text("password"),
		topic: text("topic"),
		payloadBytes: Number(text("payloadBytes")),
	};
	store.close();
	return settings;
}
