import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ProductSecret, post, productOf, proof, registered } from "./lib/registrant";
import { type Triple, World } from "./lib/world";

/** Dynamic registration over HTTPS, pre-registered devices alone (device-access.txt 520; STOCK-CLIENTS fact 17). */
let world: World;
let product: ProductSecret;
let device: Triple;

beforeAll(async () => {
	world = await World.start();
	product = await productOf(world);
});
beforeEach(async () => {
	device = await world.device(product.productKey);
});
afterAll(() => world.stop());

/** A right form, with what a test changes. */
function form(
	change: Record<string, string> = {},
	signMethod = "hmacsha256",
	from = product,
	name = device.deviceName,
) {
	const random = "8Ygb7ULYh53B6OA";
	const sign = proof(from, name, random, signMethod.toLowerCase());
	return { productKey: from.productKey, deviceName: name, random, sign, signMethod, ...change };
}
const code = async (change: Record<string, string>) => {
	const { status, text } = await post(world, form(change));
	const answer = JSON.parse(text) as { code: number; data: object };
	expect([status, answer.data]).toEqual([200, {}]);
	return answer.code;
};
const names = () => ({ ProductKey: device.productKey, DeviceName: device.deviceName });

describe("a registration", () => {
	it.each(["hmacmd5", "hmacsha1", "hmacsha256", "HmacMD5"])(
		"by %s, over and over until it is connected",
		async (method) => {
			const { text } = await post(world, form({}, method));
			expect(text).toBe(JSON.stringify({ code: 200, data: device, message: "success" }));
			expect((await post(world, form({}, method))).text).toBe(text);
			await world.event("device.registered", (one) => one.deviceName === device.deviceName && one.way === "https");
			await (await world.connect((JSON.parse(text) as { data: Triple }).data)).endAsync();
		},
	);

	it("answers at most 256 bytes, compact and `code` first, with the longest names", async () => {
		const longest = { ProductName: "longest", ProductKey: "P".repeat(20), DynamicRegistration: true };
		const { Data } = await world.admin.call("CreateProduct", longest);
		const from = { productKey: Data.ProductKey, productSecret: Data.ProductSecret };
		const { deviceName } = await world.device(from.productKey, "D".repeat(32));
		const { text } = await post(world, form({}, "hmacsha1", from, deviceName));
		expect(text).toMatch(/^\{"code":200,"data":\{"productKey":"P+","deviceName":"D+","deviceSecret":"[0-9a-f]{32}"\}/);
		expect(text.length).toBeLessThanOrEqual(256);
	});

	it("in upper-case hex, with signmethod, by a body that ends in a NUL", async () => {
		const { signMethod, sign, ...rest } = form();
		const upper = { ...rest, sign: sign.toUpperCase(), signmethod: signMethod };
		expect(JSON.parse((await post(world, upper, {}, "\0")).text)).toMatchObject({ code: 200 });
	});

	it("is the same registration as over MQTT", async () => {
		expect(await registered(world, product, device.deviceName)).toEqual(device);
		expect(JSON.parse((await post(world, form())).text)).toMatchObject({ code: 200, data: device });
	});
});

describe("is refused, by code", () => {
	it.each([
		["without a product key", { productKey: "" }, 460],
		["without a name", { deviceName: "" }, 460],
		["without a random number", { random: "" }, 460],
		["without a signature", { sign: "" }, 460],
		["by an unknown sign method", { signMethod: "crc" }, 460],
		["for an unknown product", { productKey: "none" }, 6250],
		["by a wrong signature", { sign: "00" }, 401],
		["by the signature of another name", { deviceName: "another" }, 401],
	])("%s: %j → %d", async (_name, change, expected) => {
		expect(await code(change)).toBe(expected);
		await world.event("registration.refused", (one) => one.way === "https" && one.code === expected);
	});

	it("6100 for a device that is not pre-registered", async () => {
		const { text } = await post(world, form({}, "hmacsha1", product, "stranger"));
		expect(JSON.parse(text)).toEqual({ code: 6100, data: {}, message: "device not found" });
	});

	it("6204 for a disabled device, 6289 for an active one until ResetThing", async () => {
		await world.admin.call("DisableThing", names());
		expect(await code({})).toBe(6204);
		await world.admin.call("EnableThing", names());
		await (await world.connect(device)).endAsync();
		expect(await code({})).toBe(6289);
		await world.admin.call("ResetThing", names());
		expect(JSON.parse((await post(world, form())).text)).toMatchObject({ code: 200, data: device });
	});

	it("6288 when the switch is off, 6287 for a product of certificates or of sub-devices, 6290 for a name with tokens", async () => {
		const off = await productOf(world, { DynamicRegistration: false });
		expect(JSON.parse((await post(world, form({}, "hmacsha1", off))).text)).toMatchObject({ code: 6288 });
		for (const fields of [{ AuthType: "x509" as const }, { NodeType: 2 }]) {
			const other = await productOf(world, fields);
			expect(JSON.parse((await post(world, form({}, "hmacsha1", other))).text)).toMatchObject({ code: 6287 });
		}
		await registered(world, product, "by-token", { kind: "regnwl" });
		expect(JSON.parse((await post(world, form({}, "hmacsha1", product, "by-token"))).text)).toMatchObject({
			code: 6290,
		});
	});

	it("403 over plain TCP, without a look at what was sent", async () => {
		const answer = await fetch(`http://127.0.0.1:${world.cloud.ports.device}/auth/register/device`, {
			method: "POST",
			body: new URLSearchParams(form()),
		});
		expect([answer.status, await answer.json()]).toEqual([403, { code: 403, data: {}, message: "TLS only" }]);
		await world.event(
			"registration.refused",
			(one) => one.reason.includes("plain TCP") && one.deviceName === undefined,
		);
	});

	it("403 when the request is for a host of another region", async () => {
		const wrong = await post(world, form(), { Host: "iot-auth.cn-beijing.aliyuncs.com:443" });
		expect([wrong.status, JSON.parse(wrong.text)]).toMatchObject([403, { code: 403 }]);
		const right = await post(world, form(), { Host: "iot-auth.cn-shanghai.aliyuncs.com" });
		expect(JSON.parse(right.text)).toMatchObject({ code: 200 });
	});

	it("405 by GET", async () => {
		const url = `http://127.0.0.1:${world.cloud.ports.device}/auth/register/device`;
		expect((await fetch(url)).status).toBe(405);
	});
});
