// A device with an ID² carrier against the local cloud: a challenge before each connection, whose key is the link's.
import TCP from "embedded:io/socket/tcp";
import { Key, unhex } from "hal/crypto";
import SoftwareCarrier from "id2/software-carrier";
import config from "mc/config";
import { describe, expect, test } from "test/expect";
import type { FakeRecords } from "test/fake-records";
import type { Changes } from "vault/records";
import { until } from "../mqtt/support";
import { ask, connect, enrol, records, refusal, secret, works } from "../registration/support";

interface Product {
	readonly productKey: string;
	readonly productSecret: string;
}

interface Config {
	readonly port: number;
	readonly replayPort: number;
	readonly spoilerPort: number;
	readonly root: string;
	readonly product: Product;
	readonly small: Product;
	readonly carriers: readonly { readonly id2: string; readonly key: string }[];
	readonly adminPort: number;
}

const { port, replayPort, spoilerPort, root, product, small, carriers, adminPort } = config as unknown as Config;

const carrierKey = (number: number) => Key.from(unhex(carriers[number]?.key ?? ""));
const id2Of = (number: number) => carriers[number]?.id2 ?? "";

function burned(deviceName: string, carrier: number, more: Changes = {}, of = product): FakeRecords {
	return records(port, root, {
		"identity/productKey": of.productKey,
		"identity/productSecret": secret(of.productSecret),
		"identity/deviceName": deviceName,
		"identity/id2": id2Of(carrier),
		"identity/carrierKey": carrierKey(carrier),
		...more,
	});
}

describe("a device with a carrier", () => {
	test("connects under a name of its own choice, each time with a challenge of its own", async () => {
		const outcome = await enrol(burned("chosen", 0));
		expect([outcome.error, outcome.lines]).toEqual([undefined, []]);
		await works(outcome);
		await works(outcome);
		const { device, lines } = connect(outcome);
		await device.report({ temperature: 21 });
		device.close();
		expect(lines).toEqual(["I link online"]);
	});
	test("spells authtype as the document does, too, and says an instance", async () => {
		await works(await enrol(burned("chosen", 0, { "link/id2Spelling": "authype", "link/instanceId": "iot-1" })));
	});
	test("may have its key in a secure element: an object that answers", async () => {
		const asked: string[] = [];
		const element = new SoftwareCarrier(id2Of(1), carrierKey(1));
		const carrier = {
			id2: id2Of(1),
			mac: (label: string, parts: readonly Uint8Array[]) => {
				asked.push(label);
				return element.mac(label, parts);
			},
		};
		const vault = burned("element", 1, { "identity/carrierKey": undefined });
		const outcome = await enrol(vault, { carrier: carrier as never });
		await works(outcome);
		expect(asked).toEqual(["id2 server", "id2 psk"]);
		const none = await enrol(vault);
		expect([none.error?.code, none.wait]).toEqual(["no-identity", undefined]);
	});
});

describe("is refused:", () => {
	/** How a connection of this vault ends before it stands. */
	async function end(vault: FakeRecords) {
		const state = await refusal(await enrol(vault), { random: () => 0.5 });
		if (state.name !== "offline") throw new Error(state.name);
		const cause = state.error.cause as { code?: string; name?: string } | undefined;
		return { code: state.error.code, cause: cause?.code, wait: state.wait };
	}

	test("a wrong carrier, which sees by the cloud's proof that it isn't the one", async () => {
		const wrong = burned("wrong", 2, { "identity/carrierKey": carrierKey(3) });
		expect(await end(wrong)).toEqual({ code: "preparation", cause: "proof", wait: 60_000 });
	});
	test("an unknown ID², and a wrong product's secret", async () => {
		expect(await end(burned("unknown", 2, { "identity/id2": "NOBODYS0" }))).toMatchObject({ cause: "unknown" });
		const wrong = burned("unsigned", 2, { "identity/productSecret": secret("not it") });
		expect(await end(wrong)).toMatchObject({ cause: "signature" });
	});
	test("the first device too many for the product's licences", async () => {
		await works(await enrol(burned("first", 4, {}, small)));
		expect(await end(burned("second", 5, {}, small))).toMatchObject({ cause: "exhausted" });
		await works(await enrol(burned("first", 4, {}, small)));
	});
	test("a device that isn't on the white list, until it's registered", async () => {
		const { productKey: ProductKey } = product;
		await ask(adminPort, "/SetId2WhiteList", { ProductKey, WhiteList: "devices" });
		expect(await end(burned("listed", 6))).toMatchObject({ cause: "unknown" });
		await ask(adminPort, "/RegisterDevice", { ProductKey, DeviceName: "listed" });
		await works(await enrol(burned("listed", 6)));
		await ask(adminPort, "/SetId2WhiteList", { ProductKey, WhiteList: "off" });
	});
	test("an answer that was given before", async () => {
		const outcome = await enrol(burned("replayed", 7, { "link/port": String(replayPort) }));
		await works(outcome); // the first question has its own answer
		const { device, states } = connect(outcome, { random: () => 0.5 });
		await until("a refusal", () => states.some(({ name }) => name === "offline"));
		device.close();
		const state = states[1];
		expect(state?.name === "offline" && [state.error.code, (state.error.cause as { code?: string }).code]).toEqual([
			"preparation",
			"proof",
		]);
	});
	test("a record that was tampered with", async () => {
		const { device, states } = connect(await enrol(burned("spoilt", 2, { "link/port": String(spoilerPort) })));
		await until("an end", () => states.some(({ name }) => name === "offline"));
		device.close();
		const state = states[1];
		expect(state?.name === "offline" && ["tls", "network", "closed-by-server"].includes(state.error.code)).toBe(true);
	});
	test("plain TCP, before anything is sent", async () => {
		const { error, wait } = await enrol(burned("plain", 2, { "link/security": "tcp" }));
		expect([error?.code, wait]).toEqual(["not-secure", undefined]);
	});
});

test("the challenge goes over a plain stream: without one it's tried again later", async () => {
	const refused = class extends TCP {
		constructor(options: ConstructorParameters<typeof TCP>[0]) {
			super({ ...options, port: 1 });
		}
	};
	const state = await refusal(await enrol(burned("chosen", 0), { tcp: refused }), { random: () => 0.5 });
	expect(state.name === "offline" && [state.error.code, state.wait]).toEqual(["preparation", 4500]);
});
