// Whatever a wrong server says: a typed protocol error, the connection closed, the device alive.
import config from "mc/config";
import { expect, test } from "test/expect";
import { until, Witness } from "./support";

const { port, steps } = config as { port: number; steps: [string, string][] };

test("every wrong packet ends its connection by the error it deserves", async () => {
	const witness = new Witness(port, { reconnect: () => 0 });
	await until("all of them", () => witness.ends.length >= steps.length, 30_000);
	const got = steps.map(([name], index) => `${name}: ${witness.ends[index]}`);
	expect(got).toEqual(steps.map(([name, code]) => `${name}: ${code}`));
	await until("a good connection at last", () => witness.client.online);
	expect(witness.exceptions).toEqual([]);
	expect(witness.errors.every((error) => error.retry === "later")).toBe(true);
	witness.client.close();
}, 40_000);
