// A device over a stream that a test holds: what the tests of its face share.
import { encode } from "hal/text";
import Device, { type DeviceOptions, type DeviceState } from "link/device";
import Log from "log/log";
import { FakeStream } from "../../lib/fake-stream";
import { bytes } from "../mqtt/support";

export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
export const text = (value: unknown) => encode(JSON.stringify(value));

/** A PUBACK for the message that was written last. */
export function acknowledge(): void {
	const packet = FakeStream.last.newest;
	const at = (packet[1] ?? 0) > 127 ? 3 : 2;
	const topic = ((packet[at] ?? 0) << 8) | (packet[at + 1] ?? 0);
	FakeStream.last.receive(Uint8Array.of(0x40, 2, packet[at + 2 + topic] ?? 0, packet[at + 3 + topic] ?? 0));
}

/** What was written since the last call, as text with dots for what is none. */
export function written(): string[] {
	return FakeStream.last.take().map((packet) =>
		Buffer.from(packet, "hex")
			.toString("latin1")
			.replace(/[^ -~]/g, "."),
	);
}

export function start(options: Partial<DeviceOptions> = {}) {
	const lines: string[] = [];
	const states: DeviceState[] = [];
	const device = new Device({
		identity: { kind: "device-secret", productKey: "pk", deviceName: "device", deviceSecret: encode("secret") },
		place: { host: "cloud.test", port: 1884 },
		transport: { io: FakeStream, secure: { roots: ["PEM"] } },
		log: new Log("test", { sink: (line) => lines.push(line) }),
		random: () => 0.5,
		onState: (state) => states.push(state),
		...options,
	});
	return { device, lines, states };
}

export function online(options: Partial<DeviceOptions> = {}) {
	const started = start(options);
	FakeStream.last.open();
	FakeStream.last.receive(bytes("20020000"));
	FakeStream.last.take();
	return started;
}
