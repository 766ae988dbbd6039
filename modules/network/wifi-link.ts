import type { InterfaceOptions, WiFiInterface } from "./interface";
import { JoinCore, type Plan } from "./join";
import type { Link, LinkEvents } from "./link";
import { type Records, readKey, readLast, readNetworks, type Settings, writeLast } from "./settings";

/** Wi-Fi: JoinCore over the platform's class and the records. */
export class WiFiLink implements Link {
	#io: new (
		options: InterfaceOptions,
	) => WiFiInterface;
	#records: Records;
	#events: LinkEvents;
	#core: JoinCore;
	#interface: WiFiInterface | undefined;

	constructor(
		io: new (options: InterfaceOptions) => WiFiInterface,
		records: Records,
		events: LinkEvents,
		random: () => number,
	) {
		this.#io = io;
		this.#records = records;
		this.#events = events;
		this.#core = new JoinCore(
			{
				plan: () => this.#plan(),
				scan: () => attempt(() => this.#scan()),
				join: (network) => attempt(() => this.#join(network)),
				leave: () => attempt(() => this.#interface?.disconnect()),
				online: (network) => this.#online(network),
				offline: (error) => events.offline(error),
			},
			random,
		);
	}

	get wakeAt(): number | undefined {
		return this.#core.wakeAt;
	}

	start(now: number): void {
		this.#core.start(now);
	}

	wake(now: number): void {
		this.#core.wake(now);
	}

	close(): void {
		this.#core.stop();
		this.#interface?.close();
		this.#interface = undefined;
	}

	#plan(): Plan | string {
		let plan: Plan | undefined;
		const problem = attempt(() => {
			this.#interface ??= new this.#io({ onChanged: () => this.#events.run((now) => this.#changed(now)) });
			const { connection } = this.#interface;
			plan = { connection, networks: readNetworks(this.#records), last: readLast(this.#records) };
		});
		return plan ?? problem ?? "";
	}

	#changed(now: number): void {
		if (this.#interface) this.#core.changed(now, this.#interface.connection, this.#interface.failure);
	}

	#scan(): void {
		this.#interface?.scan({
			onFound: ({ SSID }) => this.#core.found(SSID),
			onComplete: () => this.#events.run((now) => this.#core.scanned(now)),
		});
	}

	#join(network: Settings): void {
		this.#events.note(`joining ${network.ssid}`);
		const password = readKey(this.#records, network);
		try {
			this.#interface?.connect(password ? { SSID: network.ssid, password } : { SSID: network.ssid });
		} finally {
			password?.close();
		}
	}

	#online(network: Settings | undefined): void {
		this.#events.online();
		if (!network) return;
		// The order of the next round is not worth more than the connection.
		const problem = attempt(() => writeLast(this.#records, network.index));
		if (problem) this.#events.note(`not remembered: ${problem}`);
	}
}

/** What failed, in words. */
function attempt(step: () => void): string | undefined {
	try {
		step();
		return undefined;
	} catch (error) {
		return String(error);
	}
}
