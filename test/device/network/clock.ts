// The clock by a time server that others wrote (chronyd), and by servers that must not be believed: clock.host.ts.
import UDP from "embedded:io/socket/udp";
import networkInterface from "hal/interface";
import { time } from "hal/system";
import config from "mc/config";
import { Clock, type Udp } from "network/clock";
import Network from "network/network";
import { serversOf } from "network/server";
import { afterEach, expect, test } from "test/expect";
import { FakeRecords } from "test/fake-records";
import { peer } from "test/peer";

const chrony = `${peer}:${config["chrony"]}`;
const servers = config["servers"] as Record<string, number>;
/** A second server that is right. */
const honest = `${peer}:${servers["honest"]}`;
const began = Number(config["now"]);
const udp = { io: UDP } as unknown as Udp;

const open: { close(): void }[] = [];
afterEach(() => {
	for (const it of open.splice(0)) it.close();
});

/** What the servers say: the time, or "missed". */
function ask(names: string, notBefore = 0): Promise<number | "missed"> {
	return new Promise((resolve) => {
		const clock = new Clock({
			udp,
			servers: serversOf(names, []),
			notBefore,
			notAfter: Date.UTC(2050, 0, 1),
			onTime: resolve,
			onMissed: () => resolve("missed"),
		});
		open.push({ close: () => clock.stop() });
		clock.start();
	});
}

/** This computer's time, which chronyd has, too: within what the test may have taken so far. */
function expectNow(ms: number | "missed" | undefined): void {
	expect(Number(ms)).toBeGreaterThan(began - 1000);
	expect(Number(ms)).toBeLessThan(began + 600_000);
}

test("a device that doesn't know the time asks before it is online", async () => {
	expect(time()).toBeUndefined();
	const records = new FakeRecords({ "network/timeServer": chrony });
	await new Promise<void>((resolve) => {
		open.push(new Network({ interface: networkInterface(), records, udp, timeServers: [], onOnline: resolve }));
	});
	expectNow(time());
});

/** A network that doubts the time and asks `names`: told when the clock is another one. */
function doubt(names: string): Promise<void> {
	const records = new FakeRecords({ "network/timeServer": names });
	return new Promise((resolve) => {
		const network = new Network({
			...{ interface: networkInterface(), records, udp, timeServers: [] },
			onOnline: () => network.checkTime(),
			onTime: resolve,
		});
		open.push(network);
	});
}

test("a clock that one lie has put wrong is put right when it is doubted", async () => {
	await doubt(`${peer}:${servers["liar"]}`);
	expect(time()).toBeGreaterThan(began + 4 * 365 * 86_400_000);
	await doubt(`${peer}:${servers["liar"]},${chrony},${honest}`);
	expectNow(time());
});

test("a liar among two that agree isn't believed, nor is one of two that differ", async () => {
	const liar = `${peer}:${servers["liar"]}`;
	for (const names of [`${liar},${chrony},${honest}`, `${chrony},${liar},${honest}`]) expectNow(await ask(names));
	expect(await ask(`${liar},${chrony}`)).toBe("missed");
});

test("chronyd answers by address", async () => expectNow(await ask(chrony)));

test("chronyd answers by name", async () => {
	expectNow(await ask(`localhost:${config["chrony"]}`));
});

test.each(["unsynchronised", "past", "future", "deny"])("a server that is %s is passed over at once", async (name) => {
	expectNow(await ask(`${peer}:${servers[name]},${chrony}`, Date.UTC(2024, 0, 1)));
});

test("a name that has no address is passed over", async () => {
	expectNow(await ask(`no-such-host.invalid,${chrony}`));
}, 20_000);

// Those are waited for, 5 s each: all at once.
test("answers to nobody's question, echoes, pieces and other ports' are not believed, and the next server is asked", async () => {
	const names = ["silent", "short", "stranger", "echo", "elsewhere"];
	const times = await Promise.all(names.map((name) => ask(`${peer}:${servers[name]},${chrony}`)));
	for (const ms of times) expectNow(ms);
}, 20_000);

test("when nobody knows, that is told", async () => {
	expect(await ask(`${peer}:${servers["deny"]}`)).toBe("missed");
	expect(await ask("")).toBe("missed");
});
