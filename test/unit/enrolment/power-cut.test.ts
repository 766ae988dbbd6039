// The power goes between any two steps of a registration, and in any operation of the flash that keeps what was given: the
// device that starts again is somebody, or asks again. Over the vault itself.
import * as crypto from "hal/crypto";
import { encode } from "hal/text";
import Device from "link/device";
import Log from "log/log";
import type { Changes } from "vault/records";
import Vault from "vault/vault";
import { beforeEach, describe, expect, test } from "vitest";
import { FakeStream } from "../../lib/fake-stream";
import { cutModes, FlashSimulator } from "../../lib/flash-simulator";
import { clock } from "../../lib/hal/clock";
import { certified, key, Platform, start } from "./support";

beforeEach(() => {
	clock.reset();
	FakeStream.made = [];
	FakeStream.refuse = undefined;
});

const deriveKey = (info: crypto.Bytes) => crypto.Key.fromHmac("SHA256", encode("chip"), [info]);
const open = (flash: FlashSimulator) => new Vault({ flash, crypto, deriveKey });
const product = {
	"identity/productKey": "pk",
	"identity/deviceName": "device",
	"identity/productSecret": key("p"),
	"link/host": "h",
};

const scenarios: readonly (readonly [string, Changes])[] = [
	["register", product],
	["regnwl", { ...product, "identity/registration": "regnwl" }],
	["x509", { ...certified, "link/host": "h" }],
];

function burned(changes: Changes): FlashSimulator {
	const flash = new FlashSimulator();
	open(flash).write(changes);
	return flash;
}

/** The steps of a first start, until the device is online. @returns whether it got there. */
function* life(flash: FlashSimulator, platform: Platform): Generator<string, boolean> {
	FakeStream.made = [];
	const { ready, enrolment } = start(open(flash));
	try {
		yield "started";
		clock.pass(0);
		if (ready.length === 0) {
			yield "a stream is being made";
			FakeStream.last.open();
			if (FakeStream.last.written.length === 0) return false; // there was no room for an answer
			yield "CONNECT is sent";
			for (const packet of platform.answer(FakeStream.last.newest)) {
				yield "an answer is under way";
				FakeStream.last.receive(packet);
			}
			yield "the answer was taken";
		}
		const [enrolled] = ready;
		if (!enrolled) return false;
		const device = new Device({ ...enrolled, log: new Log("test", { sink: () => {} }), random: () => 0.5 });
		try {
			yield "the second connection is being made";
			FakeStream.last.open();
			yield "its CONNECT is sent";
			for (const packet of platform.answer(FakeStream.last.newest)) FakeStream.last.receive(packet);
			return device.online;
		} finally {
			device.close();
		}
	} finally {
		enrolment.close();
	}
}

/** Lives on to the end. */
function whole(flash: FlashSimulator, platform: Platform): boolean {
	const steps = life(flash, platform);
	for (;;) {
		const { done, value } = steps.next();
		if (done) return value;
	}
}

describe.each(scenarios)("%s", (name, changes) => {
	test("between any two steps", () => {
		let cuts = 0;
		for (let steps = 1; ; steps += 1) {
			const flash = burned(changes);
			const platform = new Platform();
			const first = life(flash, platform);
			let ended = false;
			for (let step = 0; step < steps && !ended; step += 1) ended = first.next().done === true;
			first.return(false); // the power goes
			if (ended) break;
			cuts += 1;
			expect([steps, whole(flash, platform)]).toEqual([steps, true]);
			expect(whole(flash, platform)).toBe(true);
			// Nobody asks twice who has kept what was given.
			expect(platform.registrations).toBeLessThanOrEqual(2);
		}
		expect(cuts).toBeGreaterThanOrEqual(7);
	});
	test("in any operation of the flash", () => {
		let cuts = 0;
		for (const mode of cutModes) {
			for (let at = 1; ; at += 1) {
				const flash = burned(changes);
				const platform = new Platform();
				flash.powerOn({ at, mode });
				try {
					whole(flash, platform);
				} catch {
					// Opening the vault met the cut.
				}
				if (!flash.isOff) break;
				cuts += 1;
				flash.powerOn();
				expect([mode, at, whole(flash, platform)]).toEqual([mode, at, true]);
				expect(flash.broken).toEqual([]);
			}
		}
		expect(cuts).toBeGreaterThanOrEqual(cutModes.length);
		console.log(`power cut while enrolling (${name}): ${cuts} operations of the flash cut, 0 lost`);
	});
});

test("a device that lost its vault after it was active is refused until ResetThing", () => {
	const platform = new Platform();
	expect(whole(burned(product), platform)).toBe(true);
	const flash = burned(product);
	expect(whole(flash, platform)).toBe(false);
	platform.reset();
	expect(whole(flash, platform)).toBe(true);
});
