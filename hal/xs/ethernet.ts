// `embedded:network/interface/ethernet` of a device inside a computer: the computer's network, by a cable that holds.
import type { InterfaceOptions } from "hal/interface";
import { uniqueId } from "hal/system";
import Timer from "hal/timer";

class Ethernet {
	#onChanged: InterfaceOptions["onChanged"];
	#state: "connected" | "disconnected" | "closed" = "connected";
	#timer: Timer | undefined;

	constructor(options: InterfaceOptions) {
		if (options === null || typeof options !== "object") throw new TypeError("options: an object is needed");
		const { onChanged } = options;
		if (onChanged !== undefined && typeof onChanged !== "function")
			throw new TypeError("options: a callback is no function");
		this.#onChanged = onChanged;
	}

	close(): void {
		Timer.clear(this.#timer);
		this.#timer = undefined;
		this.#state = "closed";
	}

	#check(): void {
		if (this.#state === "closed") throw new Error("closed");
	}

	connect(): void {
		this.#check();
		if (this.#state === "connected") return;
		this.#timer ??= Timer.set(() => {
			this.#timer = undefined;
			this.#state = "connected";
			this.#onChanged?.call(this, "connection");
			if (this.#state === "connected") this.#onChanged?.call(this, "address");
		});
	}

	/** Of this object's view: the computer's sockets work on. */
	disconnect(): void {
		this.#check();
		Timer.clear(this.#timer);
		this.#timer = undefined;
		this.#state = "disconnected";
	}

	get connection(): number {
		this.#check();
		return this.#state === "connected" ? 500 : this.#timer ? 300 : 200;
	}

	get address(): string | undefined {
		this.#check();
		return this.#state === "connected" ? "127.0.0.1" : undefined;
	}

	get MAC(): string | undefined {
		this.#check();
		return Array.from(uniqueId().subarray(0, 6), (byte) => byte.toString(16).padStart(2, "0")).join(":");
	}
}

export default Ethernet;
