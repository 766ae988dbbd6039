// What the tests of the rules share: a core whose decisions are words, networks, packets of a time server.
import type { NetworkError } from "network/error";
import { JoinCore, type Plan } from "network/join";
import type { Settings } from "network/settings";
import { WiredCore } from "network/wired";

export function network(index: number, ssid: string, more: Partial<Settings> = {}): Settings {
	return { index, ssid, hidden: false, wrong: undefined, ...more };
}

const named = ({ code, detail }: NetworkError) => (detail === undefined ? code : `${code} ${detail}`);

/** JoinCore with networks that a test may change, and what it has decided since it was looked at last. */
export class Joining {
	readonly core: JoinCore;
	networks: Settings[];
	last: number | undefined;
	connection = 200;
	/** What fails at once: "plan", "scan", "join". */
	broken = new Set<string>();
	/** The next random numbers; 0.5 when there are no more. */
	random: number[] = [];
	#decided: string[] = [];

	constructor(networks: Settings[], last?: number) {
		this.networks = networks;
		this.last = last;
		const fails = (what: string) => (this.broken.has(what) ? "no radio" : undefined);
		const plan = (): Plan => ({ connection: this.connection, networks: this.networks, last: this.last });
		this.core = new JoinCore(
			{
				plan: () => fails("plan") ?? plan(),
				scan: () => this.#say("scan") ?? fails("scan"),
				join: ({ ssid }) => this.#say(`join ${ssid}`) ?? fails("join"),
				leave: () => void this.#say("leave"),
				online: (it) => void this.#say(`online ${it?.ssid ?? "?"}`),
				offline: (error) => void this.#say(named(error)),
			},
			() => this.random.shift() ?? 0.5,
		);
	}

	#say(text: string): undefined {
		this.#decided.push(text);
	}

	get decided(): string[] {
		return this.#decided.splice(0);
	}

	/** To the time that it wants to be woken at. */
	wake(): number {
		const { wakeAt } = this.core;
		if (wakeAt === undefined) throw new Error("it sleeps");
		this.core.wake(wakeAt);
		return wakeAt;
	}
}

/** The same of WiredCore. */
export class Wire {
	readonly core: WiredCore;
	broken = false;
	#decided: string[] = [];

	constructor() {
		this.core = new WiredCore(
			{
				open: () => {
					this.#decided.push("open");
					return this.broken ? "no driver" : undefined;
				},
				online: () => void this.#decided.push("online"),
				offline: (error) => void this.#decided.push(named(error)),
			},
			() => 0.5,
		);
	}

	get decided(): string[] {
		return this.#decided.splice(0);
	}
}

/** Seconds from NTP's epoch to 1970. */
export const EPOCH = 2_208_988_800;
export const COOKIE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

/** A good server's answer to the question with `cookie`, sent at `ms` since 1970, 4 ms after it came. */
export function answerAt(
	ms: number,
	cookie: Uint8Array = COOKIE,
	change: (packet: DataView) => void = () => {},
): ArrayBuffer {
	const packet = new DataView(new ArrayBuffer(48));
	packet.setUint8(0, 0x24);
	packet.setUint8(1, 2);
	for (let i = 0; i < 8; i++) packet.setUint8(24 + i, cookie[i] ?? 0);
	const put = (offset: number, at: number) => {
		packet.setUint32(offset, (Math.floor(at / 1000) + EPOCH) % 4_294_967_296);
		packet.setUint32(offset + 4, ((at % 1000) / 1000) * 4_294_967_296);
	};
	put(32, ms - 4);
	put(40, ms);
	change(packet);
	return packet.buffer as ArrayBuffer;
}
