import { Key } from "hal/crypto";
import type { InterfaceOptions } from "hal/interface";
import { encode } from "hal/text";
import { beforeEach, expect, test, vi } from "vitest";

// hal/esp32/wifi.ts over the SDK's class and its own C, as far as it sees them.
const world = vi.hoisted(() => ({ calls: [] as string[], reason: 0, busy: false }));

vi.mock("embedded:network/interface/wifi", () => ({
	default: class {
		constructor({ onChanged }: InterfaceOptions) {
			world.calls.push(`new ${typeof onChanged}`);
		}
		connect({ SSID, password }: { SSID: string; password?: string }) {
			world.calls.push(`connect ${SSID} ${typeof password} ${password ?? ""}`);
			if (world.busy) throw new Error("already connecting");
		}
	},
}));

const natives: Record<string, (...args: never[]) => unknown> = {
	xs_station_listen: () => world.calls.push("listen"),
	xs_station_forget: () => {
		world.reason = 0;
	},
	xs_station_reason: () => world.reason,
	xs_station_text: (key: Key) => `text of ${key.byteLength} bytes`,
	xs_station_wipe: (text: string) => world.calls.push(`wipe ${text}`),
};
vi.stubGlobal("native", (name: string) => natives[name]);

const { default: WiFi, failureOf } = await import("../../../hal/esp32/wifi");

beforeEach(() => {
	Object.assign(world, { calls: [], reason: 0, busy: false });
});

test("its handler is there before the SDK's", () => {
	new WiFi({ onChanged() {} });
	expect(world.calls).toEqual(["listen", "new function"]);
});

test("a Key is a string for the SDK while it connects, and wiped then, whatever comes of it", () => {
	const wifi = new WiFi({});
	world.calls.length = 0;
	const password = Key.from(encode("correct horse"));
	wifi.connect({ SSID: "home", password });
	world.busy = true;
	expect(() => wifi.connect({ SSID: "home", password })).toThrow("already connecting");
	const once = ["connect home string text of 13 bytes", "wipe text of 13 bytes"];
	expect(world.calls).toEqual([...once, ...once]);
});

test("a string, and no password, go as they are", () => {
	const wifi = new WiFi({});
	wifi.connect({ SSID: "home", password: "correct horse" });
	wifi.connect({ SSID: "cafe" });
	expect(world.calls.slice(2)).toEqual(["connect home string correct horse", "connect cafe undefined "]);
});

test("the reason of a failure is told until the next connect", () => {
	const wifi = new WiFi({});
	expect(wifi.failure).toBeUndefined();
	world.reason = 15;
	expect(wifi.failure).toBe("wrong-key");
	wifi.connect({ SSID: "home" });
	expect(wifi.failure).toBeUndefined();
});

test.each([
	["wrong-key", [2, 14, 15, 202, 204, 210, 211]],
	["no-signal", [4, 39, 200, 201, 205, 212]],
	["refused", [1, 3, 5, 8, 203, 207, 255]],
])("%s is what ESP-IDF's %j mean", (failure, reasons) => {
	expect(reasons.map(failureOf)).toEqual(reasons.map(() => failure));
});
