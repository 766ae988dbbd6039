import type { NetworkOptions } from "hal/network";
import Timer from "hal/timer";

/** A device inside of a computer (a simulator, ours or Moddable's) is on the network already, and knows the time. */
export default class Network {
	#timer: Timer | undefined;

	constructor(options: NetworkOptions) {
		this.#timer = Timer.set(() => {
			this.#timer = undefined;
			options.onOnline();
		});
	}

	close(): void {
		Timer.clear(this.#timer);
		this.#timer = undefined;
	}
}
