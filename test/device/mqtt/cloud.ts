// A device of link/device against the local cloud: all three signatures, TCP and TLS, what it may and may not, and a
// second login of the same device.
import TCP from "embedded:io/socket/tcp";
import TLSSocket from "embedded:io/socket/tcp/tls";
import { decode, encode } from "hal/text";
import type { SignMethod } from "identity/identity";
import Device, { type DeviceOptions, type DeviceState } from "link/device";
import Log from "log/log";
import config from "mc/config";
import { describe, expect, test } from "test/expect";
import { peer } from "test/peer";
import { delay, until } from "./support";

interface Config {
	readonly port: number;
	readonly root: string;
	readonly productKey: string;
	readonly all: boolean;
	readonly secrets: Readonly<Record<string, string>>;
}

const { port, root, productKey, all, secrets } = config as unknown as Config;

function connect(security: "tls" | "tcp", signMethod: SignMethod = "hmacsha256", more: Partial<DeviceOptions> = {}) {
	const states: DeviceState[] = [];
	const lines: string[] = [];
	const deviceName = "device-1";
	const device = new Device({
		identity: {
			kind: "device-secret",
			productKey,
			deviceName,
			deviceSecret: encode(secrets[deviceName] ?? ""),
			signMethod,
			timestamp: "1700000000000",
		},
		place: { host: "localhost", address: peer, port, security },
		transport: security === "tls" ? { io: TLSSocket, secure: { roots: [root] } } : { io: TCP },
		log: new Log("test", { sink: (line) => lines.push(line) }),
		onState: (state) => states.push(state),
		...more,
	});
	const last = (): string => {
		const state = states.at(-1);
		return state?.name === "offline" ? state.error.code : `${state?.name}`;
	};
	return { device, states, lines, last };
}

describe("the platform's rules", () => {
	for (const security of ["tls", "tcp"] as const) {
		for (const signMethod of ["hmacmd5", "hmacsha1", "hmacsha256"] as const) {
			test(`${signMethod} over ${security}: connects and reports`, async () => {
				const { device, lines } = connect(security, signMethod);
				await device.report({ temperature: 21 });
				expect(lines).toEqual(["I link online"]);
				device.close();
			});
		}
	}
	test("by MQTT 3.1", async () => {
		const { device } = connect("tls", "hmacsha256", { protocol: "3.1" });
		await device.report({ temperature: 21 });
		device.close();
	});
	test("a wrong secret is refused with a typed error, and isn't tried again for half a minute", async () => {
		const identity = {
			kind: "device-secret",
			productKey,
			deviceName: "device-2",
			deviceSecret: encode("not it"),
		} as const;
		const { device, states, last } = connect("tls", "hmacsha256", { identity });
		await until("a refusal", () => states.length > 1);
		expect(last()).toBe("bad-user-name-or-password");
		const { wait } = states[1] as { wait: number };
		expect(wait >= 30_000).toBe(true);
		device.close();
	});
	test("a property set and a message on a custom topic reach the application, and the set is answered", async () => {
		const got: string[] = [];
		const { device } = connect("tls", "hmacsha256", {
			onPropertySet: (params) => {
				got.push(`set ${JSON.stringify(params)}`);
			},
		});
		await device.subscribe(device.topic("get"), ({ payload }) => {
			got.push(`get ${decode(payload)}`);
		});
		await device.publish(device.topic("update"), "go");
		await until("both", () => got.length === 2);
		expect(got.sort()).toEqual(["get told", 'set {"led":1}']);
		device.close();
	});
	test("another device's topics are closed to it", async () => {
		const { device } = connect("tls");
		let code = "";
		await device
			.subscribe(`/${productKey}/device-2/user/get`, () => {})
			.catch((error) => {
				code = error.code;
			});
		expect(code).toBe("subscription-refused");
		expect(() => device.publish(`/${productKey}/device-2/user/update`, "x")).toThrow(RangeError);
		await device.report({ still: "there" });
		device.close();
	});
});

test.skipIf(!all)(
	"a device that has nothing to say stays connected: the cloud drops one that's silent for 45 s",
	async () => {
		const { device, lines } = connect("tls", "hmacsha256", { keepAlive: 30 });
		await delay(80_000);
		await device.report({ still: "there" });
		expect(lines).toEqual(["I link online"]);
		device.close();
	},
	100_000,
);

test("a second login: the first comes back once, then leaves the field to the other", async () => {
	const first = connect("tls");
	await first.device.report({});
	const second = connect("tcp");
	const { device } = second;
	await until("a winner", () => first.last() === "replaced" || second.last() === "replaced", 20_000);
	const winner = first.last() === "replaced" ? second : first;
	const loser = winner === first ? second : first;
	await until("the winner is online", () => winner.last() === "online");
	await winner.device.report({ mine: true });
	const { wait } = loser.states.at(-1) as { wait: number };
	expect(wait >= 60_000).toBe(true);
	expect(loser.lines.at(-1)?.startsWith("W link offline: replaced")).toBe(true);
	first.device.close();
	device.close();
}, 30_000);
