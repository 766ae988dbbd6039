import { CONNECTING, type InterfaceOptions, type WiredInterface } from "./interface";
import type { Link, LinkEvents } from "./link";
import { WiredCore } from "./wired";

/** A cable: WiredCore over the platform's class. */
export class WiredLink implements Link {
	#io: new (
		options: InterfaceOptions,
	) => WiredInterface;
	#events: LinkEvents;
	#core: WiredCore;
	#interface: WiredInterface | undefined;

	constructor(io: new (options: InterfaceOptions) => WiredInterface, events: LinkEvents, random: () => number) {
		this.#io = io;
		this.#events = events;
		this.#core = new WiredCore(
			{ open: () => this.#open(), online: () => events.online(), offline: (error) => events.offline(error) },
			random,
		);
	}

	get wakeAt(): number | undefined {
		return this.#core.wakeAt;
	}

	start(now: number): void {
		this.#core.start(now);
		this.#look(now);
	}

	wake(now: number): void {
		this.#core.wake(now);
		this.#look(now);
	}

	close(): void {
		this.#core.stop();
		this.#interface?.close();
		this.#interface = undefined;
	}

	#look(now: number): void {
		if (this.#interface) this.#core.changed(now, this.#interface.connection);
	}

	#open(): string | undefined {
		try {
			this.#interface ??= new this.#io({ onChanged: () => this.#events.run((now) => this.#look(now)) });
			if (this.#interface.connection < CONNECTING) this.#interface.connect();
			return undefined;
		} catch (error) {
			return String(error);
		}
	}
}
