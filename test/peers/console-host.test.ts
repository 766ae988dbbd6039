import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { consoleDevice, useConsoleDevice } from "../simulator/console-device";
import { folder } from "../simulator/firmware";
import { Peer } from "./peer-process";

/**
 * A second implementation of the console protocol's host, in Python without a package, from PROTOCOL.md alone, burns the
 * simulated device over its pty: the page is enough, and two that don't know each other agree on CRC, digest and proof.
 */
const program = fileURLToPath(new URL("console-host.py", import.meta.url));
const hasPython = spawnSync("python3", ["--version"]).status === 0;

useConsoleDevice();

test.skipIf(!hasPython)("a host in Python, from the protocol's page", async () => {
	const { simulator, port } = await consoleDevice("pty");
	const records = {
		"identity/certificate": Buffer.from(Array.from({ length: 4096 }, (_, index) => index % 251)),
		"identity/privateKey": Buffer.from(Array.from({ length: 1700 }, (_, index) => (index * 7) % 253)),
		"link/host": Buffer.from("cloud.example"),
		"network/1/ssid": Buffer.from("Café"),
		"network/1/key": Buffer.from("passphrase"),
	};
	const file = join(folder(), "records.json");
	writeFileSync(
		file,
		JSON.stringify(Object.fromEntries(Object.entries(records).map(([name, value]) => [name, value.toString("hex")]))),
	);
	const peer = new Peer("python3", [program, port, file]);
	expect(await peer.saw("identified")).toEqual({ firmware: "test", firmwareVersion: "1.0", board: "sim" });
	expect(await peer.saw("version 2")).toEqual(["version", "01"]);
	expect(await peer.saw("kind")).toBe("x509");
	expect(await peer.saw("listed")).toEqual(Object.keys(records).sort());
	expect(await peer.saw("proved")).toBe(true);
	expect(await peer.saw("wrong value proved")).toBe(false);
	expect(await peer.saw("lock")).toBe("unsupported");
	expect(await peer.saw("after the session")).toBe("no-session");
	expect(await peer.saw("restarted once")).toBe(true);
	expect(await peer.ended()).toBe(0);
	await simulator.stop();
});
