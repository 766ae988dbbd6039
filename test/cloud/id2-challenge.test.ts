import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHALLENGE_LIFE, CHALLENGES_MAX, CHALLENGES_PER_CARRIER, Challenges } from "../../tools/cloud/id2/challenges";
import { ask, type Carried, carried, id2Product, keysOf, question } from "./lib/carried";
import { ManualClock } from "./lib/manual-clock";
import { World } from "./lib/world";

const clock = new ManualClock();
let world: World;
let product: { productKey: string; productSecret: string };
let device: Carried;

beforeAll(async () => {
	world = await World.start({ clock });
	product = await id2Product(world, 100);
	device = await carried(world, product, "chip1");
});
afterAll(() => world.stop());

describe("a challenge", () => {
	it("is answered with the cloud's own proof, over plain HTTP, and never twice the same", async () => {
		const asked = question(device);
		const first = await ask(world, asked);
		const second = await ask(world, asked);
		expect(first).toMatchObject({ code: 200, message: "success" });
		expect(first.data?.challenge).toMatch(/^[0-9a-f]{64}$/);
		expect(first.data?.challenge).not.toBe(second.data?.challenge);
		expect(keysOf(device, asked["random"] ?? "", first.data?.challenge ?? "").proof).toBe(first.data?.proof);
	});

	it.each([
		["a wrong product secret", 403, (it: Carried) => question({ ...it, productSecret: "x" }), "signature is wrong"],
		[
			"another device's name under a right signature",
			403,
			(it: Carried) => ({ ...question(it), deviceName: "chip2" }),
			"signature",
		],
		["another random", 403, (it: Carried) => ({ ...question(it), random: "00".repeat(16) }), "signature"],
		["no such product", 404, (it: Carried) => question({ ...it, productKey: "a1nobody" }), "no such ID² product"],
		["an unknown carrier", 460, (it: Carried) => question({ ...it, id2: "00FF00FF00FF" }), "no such ID² carrier"],
		["a name against the rules", 400, (it: Carried) => question({ ...it, deviceName: "abc" }), "DeviceName"],
		["no random", 400, (it: Carried) => ({ ...question(it), random: "00" }), "missing or malformed"],
		["numbers for texts", 400, (it: Carried) => ({ ...question(it), id2: 1 }), "missing or malformed"],
		["no JSON", 400, () => "{", "missing or malformed"],
	])("is refused for %s: %d", async (_name, code, spoil, why) => {
		const answer = await ask(world, spoil(device));
		expect(answer.code).toBe(code);
		expect(answer).not.toHaveProperty("data");
		await world.event("id2.refused", (one) => one.code === code && one.reason.includes(why));
	});

	it("200 requests with bytes changed: none fails the cloud, none but an unharmed one is answered", async () => {
		let seed = 11;
		const next = (below: number) => {
			seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
			return Math.floor((seed / 2 ** 32) * below);
		};
		const asked = question(device);
		for (let i = 0; i < 200; i++) {
			const body = Buffer.from(JSON.stringify(asked));
			for (let changes = 1 + next(3); changes > 0; changes--) body[next(body.length)] = 32 + next(95);
			const answer = await ask(world, body.toString("latin1"));
			const context = body.toString("latin1");
			expect([200, 400, 403, 404, 460, 462], context).toContain(answer.code);
			if (answer.code !== 200) continue;
			// The case of hex digits may differ, and how it is signed may go unsaid.
			const told = JSON.parse(context) as typeof asked;
			for (const name of ["productKey", "deviceName", "id2"]) expect(told[name]).toBe(asked[name]);
			for (const name of ["random", "sign"]) expect(told[name]?.toLowerCase()).toBe(asked[name]?.toLowerCase());
		}
		expect(world.cloud.events.since(0).some((one) => one.type === "error")).toBe(false);
	});

	it("is refused for a product of another authentication", async () => {
		const plain = await world.device();
		const { Data } = await world.admin.call("QueryProduct", { ProductKey: plain.productKey });
		const other = { ...device, productKey: plain.productKey, productSecret: Data.ProductSecret };
		expect((await ask(world, question(other))).code).toBe(404);
	});

	it("is one of a bounded number, of a carrier and of all; the oldest gives way", () => {
		const challenges = new Challenges(clock);
		const make = (id2: string) =>
			`id2|${challenges.make({ productKey: "pk", deviceName: "name", id2 }, randomBytes(16), randomBytes(32)).challenge}`;
		const own = Array.from({ length: CHALLENGES_PER_CARRIER + 1 }, () => make("one"));
		expect(challenges.take(own[0] ?? "")).toBeUndefined();
		expect(challenges.take(own[1] ?? "")).toMatchObject({ id2: "one" });
		for (let i = 0; i < CHALLENGES_MAX + 5; i++) make(`carrier${i}`);
		expect(challenges.size).toBe(CHALLENGES_MAX);
		expect(challenges.take(own[2] ?? "")).toBeUndefined();
		clock.advance(CHALLENGE_LIFE);
		make("later");
		expect(challenges.size).toBe(1);
	});
});
