import type { Store } from "../store/store";
import type { Gate } from "./gate/gate";
import type { Admission, ConnectRequest, Entry } from "./gate/way";
import type { Switchboard } from "./switchboard";

/** A device that was let in, with what its session needs. */
export interface Arrival extends Entry {
	/** The topics that it subscribed at earlier connections. */
	subscriptions: readonly string[];
	/** Its first connection ever. */
	first: boolean;
	clean: boolean;
	/** `_ss=1`: the platform's topics come without SUBSCRIBE. */
	autoSubscribe: boolean;
}

/** The steps from a CONNECT packet to a session. */
export class Reception {
	readonly #gate: Gate;
	readonly #store: Store;
	readonly #switchboard: Switchboard;

	constructor(gate: Gate, store: Store, switchboard: Switchboard) {
		this.#gate = gate;
		this.#store = store;
		this.#switchboard = switchboard;
	}

	/**
	 * Judges a CONNECT packet, and lets `enter` in whom it may. These are steps: when somebody's right to be connected was
	 * taken away in between, it judges again, so that nobody slips in beside the action that forbade it. Rejects only
	 * when the database fails.
	 */
	async receive(request: ConnectRequest, clean: boolean, enter: (arrival: Arrival) => void): Promise<Admission> {
		let first = false;
		for (;;) {
			const { revocations } = this.#switchboard;
			const admission = await this.#gate.admit(request);
			if (admission.outcome !== "session") return admission;
			const { device, credentials } = admission;
			const autoSubscribe = credentials.extension.get("_ss") === "1";
			const { devices, pending, subscriptions, topicClasses } = this.#store;
			await topicClasses.load(device.productKey);
			const topics = await subscriptions.list(device.iotId);
			const address = request.remote.replace(/:\d+$/, "");
			if (await devices.cameOnline(device, address, autoSubscribe, clean)) first = true;
			if (clean) await pending.clear(device.iotId);
			else await pending.expire(device.iotId);
			if (revocations !== this.#switchboard.revocations) continue;
			enter({ ...admission, subscriptions: topics, first, clean, autoSubscribe });
			return admission;
		}
	}
}
