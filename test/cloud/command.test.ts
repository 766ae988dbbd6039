import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import mqtt from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudClient, readAccess } from "../../tools/cloud/client";
import type { CloudFile } from "../../tools/cloud/cloud";
import { sign } from "../../tools/cloud/mqtt/signature";
import { registered } from "./lib/registrant";
import { runCommand } from "./lib/run-command";

const program = fileURLToPath(new URL("../../tools/linkxs.mjs", import.meta.url));
const state = mkdtempSync(join(tmpdir(), "linkxs-command-"));
let cloud: ChildProcess;
let access: CloudFile;
const lines: string[] = [];

/** Runs `linkxs cloud …`. */
const run = (...parameters: string[]) => runCommand(state, ...parameters);

beforeAll(async () => {
	cloud = spawn(process.execPath, [program, "cloud", "--state", state, "--port", "0", "--port", "0", "--json"], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	await new Promise<void>((resolve) => {
		if (!cloud.stdout) return;
		createInterface({ input: cloud.stdout }).on("line", (line) => {
			lines.push(line);
			resolve();
		});
	});
	access = readAccess(join(state, "cloud"));
});
afterAll(async () => {
	const ended = new Promise((resolve) => cloud.once("exit", resolve));
	cloud.kill("SIGTERM");
	expect(await ended).toBe(0);
	expect(existsSync(join(state, "cloud", "cloud.json"))).toBe(false);
	rmSync(state, { recursive: true, force: true });
});

describe("linkxs cloud", () => {
	let productKey = "";

	it("says where it listens, as JSON when asked", () => {
		expect(access.ports.devices).toHaveLength(2);
		expect(JSON.parse(lines[0] ?? "")).toMatchObject({
			type: "cloud.started",
			port: access.ports.device,
			adminUrl: access.adminUrl,
		});
	});

	it("a second one over the same state is refused", async () => {
		expect(await run("--port", "0")).toMatchObject({ code: 1, last: expect.stringContaining("already runs") });
	});

	it("products, devices and their identity", async () => {
		expect((await run("products")).out).toContain("no products yet");
		const made = await run("create-product", "lamps", "--json");
		productKey = (JSON.parse(made.out) as { ProductKey: string }).ProductKey;
		expect((await run("create-device", productKey, "lamp1")).out).toMatch(
			/productKey +\w+\ndeviceName +lamp1\ndeviceSecret +[0-9a-f]{32}\n/,
		);
		expect((await run("products")).out).toMatch(new RegExp(`${productKey} +lamps +device +secret +JSON +1`));
		expect((await run("devices", productKey)).out).toMatch(/lamp1 +UNACTIVE/);
		const state = await run("state", `${productKey}/lamp1`, "--json");
		expect(JSON.parse(state.out)).toMatchObject({ Status: "UNACTIVE", Topics: [] });
		expect(state.out).not.toContain("DeviceSecret");
	});

	it("topics, disable, enable, messages, events", async () => {
		expect((await run("create-topic", productKey, "both", "all")).out).toContain("added");
		expect((await run("topics", productKey)).out).toMatch(/ALL +\/\w+\/\$\{deviceName\}\/user\/both/);
		expect((await run("disable", `${productKey}/lamp1`)).out).toContain("disabled");
		expect((await run("devices", productKey)).out).toMatch(/lamp1 +DISABLE/);
		expect((await run("enable", `${productKey}/lamp1`)).code).toBe(0);
		expect((await run("messages", `${productKey}/lamp1`)).out).toContain("no messages yet");
		expect(await run("publish", `${productKey}/lamp1`, "get", "hi")).toMatchObject({
			code: 1,
			out: expect.stringContaining("has not subscribed"),
		});
		expect((await run("events", "--since", "0", "--count", "2")).out).toMatch(
			/devices at localhost port .*\n.* product +\w+ created\n/,
		);
	});

	it("publishes to a connected device, sets a property, calls a service, shows the messages", async () => {
		const client = new CloudClient(access);
		const { Data } = await client.call("RegisterDevice", { ProductKey: productKey, DeviceName: "lamp2" });
		const password = sign("hmacmd5", Data.DeviceSecret, { clientId: "c", deviceName: "lamp2", productKey });
		const device = mqtt.connect({
			port: access.ports.device,
			host: "127.0.0.1",
			clientId: "c|securemode=3,_ss=1|",
			username: `lamp2&${productKey}`,
			password,
		});
		await new Promise((resolve) => device.once("connect", resolve));
		await device.subscribeAsync(`/${productKey}/lamp2/user/get`);
		const name = `${productKey}/lamp2`;
		expect(await run("publish", name, "get", "6869", "--hex", "--qos", "1")).toMatchObject({
			code: 0,
			out: expect.stringMatching(/^sent/),
		});
		expect((await run("set-property", name, '{"light":1}')).out).toMatch(/^sent/);
		expect((await run("call", name, "reboot")).out).toMatch(/^sent/);
		await device.publishAsync(`/sys/${productKey}/lamp2/thing/event/property/post`, '{"id":"1","params":{"light":1}}', {
			qos: 1,
		});
		expect((await run("state", name)).out).toMatch(/state +ONLINE\n.*\n.*\nproperties light = 1\ntopics +\//);
		const shown = await run("messages", name);
		expect(shown.out).toMatch(
			/down q1 .*user\/get hi\n.* down q1 .*property\/set .*"light":1.*\n.* down q1 .*service\/reboot .*\n.* up +q1 .*\n/,
		);
		await device.endAsync();
	});

	it("registration: the switch, client ids, resets, topology", async () => {
		const made = await run("create-product", "registering", "--dynamic-registration", "--json");
		const { ProductKey, Data } = JSON.parse(made.out) as { ProductKey: string; Data: { ProductSecret: string } };
		const name = `${ProductKey}/phone`;
		const world = { cloud: access } as unknown as Parameters<typeof registered>[0];
		const secret = { productKey: ProductKey, productSecret: Data.ProductSecret };
		const { clientId } = await registered(world, secret, "phone", { kind: "regnwl" });
		expect((await run("risks", ProductKey)).out).toContain("no risk devices");
		await registered(world, secret, "phone", { kind: "regnwl" });
		expect((await run("risks", ProductKey)).out).toMatch(/phone +2\n/);
		expect((await run("client-ids", name)).out).toMatch(new RegExp(`${clientId} +OFFLINE +\\S+ +never\n`));
		expect((await run("switch-client-id", name, clientId ?? "")).out).toContain(`is ${clientId} alone`);
		expect((await run("client-ids", name)).out).toMatch(/FORBIDDEN/);
		expect(await run("clear-client-ids", name)).toMatchObject({ code: 1, last: expect.stringContaining("--yes") });
		expect((await run("clear-client-ids", name, "--yes")).out).toContain("all client ids forbidden");
		expect((await run("reset", name)).out).toContain("may register again");
		expect((await run("client-ids", name)).out).toContain("no client ids");
		expect((await run("registration", ProductKey, "off")).out).toContain("is off");
		expect(JSON.parse((await run("registration", ProductKey, "on", "--json")).out)).toMatchObject({ Success: true });
		expect((await run("topology", name)).out).toContain("no sub-devices");
	});

	it.each([
		["a command that is none", ["nonsense"], 2, "--help"],
		["a port that is none", ["--port", "x"], 2, "--help"],
		["a region that is none", ["--region", "mars"], 2, "--help"],
		["a state of registration that is none", ["registration", "PK", "maybe"], 2, "--help"],
		["a right that is none", ["create-topic", "PK", "x", "some"], 1, "none of PUB, SUB, ALL"],
		["an unknown product", ["devices", "none"], 1, "no product none"],
		["a device by half a name", ["state", "lamp1"], 1, "neither productKey/deviceName"],
		["deleting in a pipe", ["delete-device", "a/b"], 1, "--yes"],
	])("refuses %s", async (_name, parameters, code, last) => {
		expect(await run(...parameters)).toMatchObject({ code, last: expect.stringContaining(last) });
	});

	it("deletes with --yes", async () => {
		expect((await run("delete-device", `${productKey}/lamp1`, "--yes")).code).toBe(0);
		expect(await run("delete-product", productKey, "--yes")).toMatchObject({
			code: 1,
			last: expect.stringContaining("still has devices"),
		});
		expect((await run("delete-device", `${productKey}/lamp2`, "--yes")).code).toBe(0);
		expect((await run("delete-product", productKey, "--yes")).code).toBe(0);
	});
});
