// `--once`: when is a device's first report done? Both sides must say so: the device, that it was acknowledged, and the
// cloud, that it has it. The device is heard as a real one is, by its console.

/** What the firmware logs when the platform has answered report number N (main.ts). */
const acknowledged = /\breport \d+ acknowledged\b/;

export interface Progress {
	/** The device logged that its report was acknowledged. */
	acknowledged: boolean;
	/** The cloud stored a property report of the device. */
	seen: boolean;
	/** The last thing the device logged: the reason when nothing better is known. */
	lastLine: string;
}

/** Follows devices until each has reported; knows nothing of processes or sockets. */
export class Outcome {
	readonly #devices = new Map<string, Progress>();

	constructor(deviceNames: readonly string[]) {
		for (const name of deviceNames) this.#devices.set(name, { acknowledged: false, seen: false, lastLine: "" });
	}

	/** A line of a device's console. */
	console(deviceName: string, line: string): void {
		const device = this.#devices.get(deviceName);
		if (!device) return;
		if (acknowledged.test(line)) device.acknowledged = true;
		else if (line.trim()) device.lastLine = line.trim();
	}

	/** The cloud has a property report of this device. */
	reported(deviceName: string): void {
		const device = this.#devices.get(deviceName);
		if (device) device.seen = true;
	}

	get done(): boolean {
		return [...this.#devices.values()].every((it) => it.acknowledged && it.seen);
	}

	/** Why it is not done yet, a sentence for each device that lags. */
	reason(): string {
		const lagging = [];
		for (const [name, it] of this.#devices) {
			if (it.acknowledged && it.seen) continue;
			const what = it.seen
				? "its report reached the cloud, but the device has no answer"
				: "no report reached the cloud";
			lagging.push(`${name}: ${what}${it.lastLine ? `; it said last: ${it.lastLine}` : "; it said nothing"}`);
		}
		return lagging.join("\n");
	}
}
