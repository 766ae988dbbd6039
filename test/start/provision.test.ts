import { afterAll, beforeAll, expect, test } from "vitest";
import { provision } from "../../tools/start/provision";
import { World } from "../cloud/lib/world";

let world: World;
beforeAll(async () => {
	world = await World.start();
});
afterAll(() => world.stop());

test("sixty devices stay who they are, beyond the first page of them", async () => {
	const first = await provision(world.admin, 60);
	expect(new Set(first.map(({ deviceName }) => deviceName)).size).toBe(60);
	expect(await provision(world.admin, 60)).toEqual(first);
});
