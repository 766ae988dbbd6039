// `linkxs burn` as a user calls it, against the real simulator over its pty, and into a flash file.
import { spawn } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { dirname, join } from "node:path";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { ROOT } from "../../tools/build/places";
import { register } from "../../tools/burn/command";
import { openVault } from "../../tools/lib/vault";
import type { Simulator } from "../../tools/simulator/simulator";
import { Authority } from "../lib/certificates";
import { noteSecret } from "../lib/transcript";
import { consoleDevice, consoleFlash, useConsoleDevice } from "./console-device";
import { folder } from "./firmware";

useConsoleDevice();

const SECRET = "6b1f0c9d2e8a47f5b3d0e1c2a9f84d76";
const CARRIER = "00112233445566778899aabbccddeeff".repeat(2);

interface Run {
	readonly code: number | null;
	readonly out: string;
	readonly err: string;
}

function burn(args: readonly string[], input = SECRET): Promise<Run> {
	const child = spawn(process.execPath, ["tools/linkxs.mjs", "burn", ...args], { cwd: ROOT });
	let [out, err] = ["", ""];
	child.stdout.setEncoding("utf8").on("data", (data: string) => {
		out += data;
	});
	child.stderr.setEncoding("utf8").on("data", (data: string) => {
		err += data;
	});
	child.stdin.on("error", () => {});
	child.stdin.end(`${input}\n`);
	return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })));
}

/** The same in this process, which spares a second each time; the secret comes from a file. */
async function call(args: readonly string[]): Promise<Run> {
	let [out, err] = ["", ""];
	const program = new Command("linkxs");
	register(program);
	const strict = (command: Command): void => {
		command.exitOverride().configureOutput({
			writeErr: (text) => {
				err += text;
			},
		});
		for (const child of command.commands) strict(child);
	};
	strict(program);
	const wantsSecret = args[0] === "identity" && !args.includes("x509");
	const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
		out += String(text);
		return true;
	});
	try {
		const secret = wantsSecret ? ["--secret-file", files["secret"] as string] : [];
		await program.parseAsync(["burn", ...args, ...secret], { from: "user" });
		return { code: 0, out, err };
	} catch (error) {
		// As tools/cli.ts has it.
		if (error instanceof InvalidArgumentError) err += `error: ${error.message}\n`;
		if (error instanceof CommanderError) return { code: 2, out, err };
		return { code: 1, out, err: `${err}${(error as Error).message}\n` };
	} finally {
		write.mockRestore();
	}
}

/** The last line of what went wrong. */
const reason = ({ err }: Run): string => err.trim().split("\n").at(-1) ?? "";

const files: Record<string, string> = {};

beforeAll(() => {
	const place = folder();
	const put = (name: string, content: string | Uint8Array): void => {
		files[name] = join(place, name);
		writeFileSync(files[name] as string, content);
	};
	const device = Authority.selfSigned(join(place, "device"), { name: "dev1" });
	const other = Authority.selfSigned(join(place, "other"), { name: "other" });
	files["device.pem"] = device.file;
	files["key.pem"] = device.keyFile;
	files["other.pem"] = other.keyFile;
	put("device.der", new X509Certificate(device.pem).raw);
	put("key.der", createPrivateKey(device.key).export({ type: "pkcs8", format: "der" }));
	noteSecret("burned secret", SECRET);
	noteSecret("burned carrier key", CARRIER);
	put("carrier", CARRIER);
	put("secret", SECRET);
	put("passphrase", "passphrase\n");
	put(
		"networks.json",
		JSON.stringify([
			{ ssid: "one", key: "passphrase one" },
			{ ssid: "two", key: "passphrase two", hidden: true },
			{ ssid: "guests" },
		]),
	);
	put("nonsense.json", JSON.stringify([{ ssid: "one", key: 7 }]));
});

const names = ["identity/deviceName", "identity/productKey"];

/** Words and options of each kind, and the records that the device holds then. */
const kinds = (): [kind: string, args: string[], holds: string[]][] => [
	["device-secret", ["a1B2c3D4e5F", "dev1"], [...names, "identity/deviceSecret"]],
	["device-secret", ["device-secret", "a1B2c3D4e5F", "dev1"], [...names, "identity/deviceSecret"]],
	[
		"product",
		["product", "a1B2c3D4e5F", "dev1", "--road", "https"],
		[...names, "identity/productSecret", "identity/registration", "identity/road"],
	],
	[
		"product-nwl",
		["product-nwl", "a1B2c3D4e5F", "dev1"],
		[...names, "identity/productSecret", "identity/registration"],
	],
	[
		"x509",
		["x509", "--certificate", files["device.pem"] as string, "--key", files["key.pem"] as string],
		["identity/certificate", "identity/privateKey"],
	],
	[
		"x509",
		["x509", "--certificate", files["device.der"] as string, "--key", files["key.der"] as string],
		["identity/certificate", "identity/privateKey"],
	],
	[
		"id2",
		["id2", "a1B2c3D4e5F", "dev1", "--id2", "ID2-0001", "--carrier-key-file", files["carrier"] as string],
		[...names, "identity/carrierKey", "identity/id2", "identity/productSecret"],
	],
];

async function holds(simulator: Simulator): Promise<string[]> {
	const line = await simulator.line("holds");
	return line.replace(/^.*holds (.*)\.$/, "$1").split(" ");
}

test("each of the identities, one after the other, over a pty", async () => {
	const { simulator, port } = await consoleDevice("pty");
	for (const [kind, args, expected] of kinds()) {
		const run = await call(["identity", ...args, "--port", port, "--json"]);
		expect(run.err).toBe("");
		const answer = JSON.parse(run.out) as { records: number; proved: number; restarted: boolean };
		expect(answer).toMatchObject({ port, records: expected.length, proved: expected.length, restarted: true });
		const status = await call(["status", "--port", port, "--json"]);
		const { device, records } = JSON.parse(status.out) as { device: { kind: string }; records: string[] };
		expect(device.kind).toBe(kind);
		expect(records).toEqual([...expected].sort());
	}
	const moved = await call(["link", "--region", "us-west-1", "--port", port]);
	expect([moved.code, reason(moved)]).toEqual([1, "link/region: id2 is in cn-shanghai only"]);
	expect((await call(["link", "--region", "cn-shanghai", "--port", port])).code).toBe(0);
	const everything = simulator.lines.join("\n");
	for (const secret of [SECRET, CARRIER, "PRIVATE KEY"]) expect(everything).not.toContain(secret);
	await simulator.stop();
}, 60_000);

test("each of them into a flash file: the device holds the same", async () => {
	const flash = consoleFlash();
	for (const [, args, expected] of kinds()) {
		const run = await call(["identity", ...args, "--flash", flash, "--json"]);
		expect(run.err).toBe("");
		expect(JSON.parse(run.out)).toMatchObject({ flash, records: expected.length });
		const { simulator } = await consoleDevice("tcp:0", {}, flash);
		expect(await holds(simulator)).toEqual([...expected].sort());
		await simulator.stop();
	}
	expect(readFileSync(flash).includes(SECRET)).toBe(false);
	const there = ["--region", "us-west-1", "--flash", flash];
	expect(reason(await call(["link", ...there]))).toBe("link/region: id2 is in cn-shanghai only");
	const [, x509 = []] = kinds()[4] ?? [];
	expect(reason(await call(["identity", ...x509, ...there]))).toBe("link/region: x509 is in cn-shanghai only");
	const to = ["--region", "cn-shanghai", "--flash", flash];
	expect((await call(["link", ...to])).out).toBe("2 records written\n");
	expect((await call(["network", "x", "--open", "--flash", flash])).out).toBe("1 record written\n");
	expect((await call(["identity", "a1B2c3D4e5F", "dev1", ...there])).code).toBe(0);
	expect((await call(["link", ...there])).code).toBe(0);
}, 60_000);

test("a flash file's way of old: --port with a number is the cloud's; a chip's secret may lie elsewhere", async () => {
	const flash = consoleFlash();
	const elsewhere = join(folder(), "chip.key");
	writeFileSync(elsewhere, Buffer.alloc(32, 7));
	const to = ["--flash", flash, "--host", "localhost", "--port", "1883", "--chip-key", elsewhere];
	expect((await call(["identity", "a1B2c3D4e5F", "dev1", ...to])).out).toBe(
		"burned dev1 of a1B2c3D4e5F: 6 records written\n",
	);
	const vault = openVault(flash, { secret: Buffer.alloc(32, 7) });
	expect(vault.text("link/port")).toBe("1883");
	vault.close();
	expect(reason(await call(["network", "--file", files["networks.json"] as string, "--flash", flash]))).toContain(
		"wrong-key",
	);
	// As Moddable's simulator has it.
	copyFileSync(elsewhere, join(dirname(flash), "device.key"));
	rmSync(`${flash}.key`);
	expect((await call(["network", "--file", files["networks.json"] as string, "--flash", flash])).code).toBe(0);
});

test.skipIf(process.platform !== "linux")("a flash file whose device runs is left alone", async () => {
	const { simulator, flash } = await consoleDevice("tcp:0");
	const args = ["identity", "a1B2c3D4e5F", "dev1", "--flash", flash];
	const run = await call(args);
	expect([run.code, reason(run)]).toEqual([1, expect.stringContaining("is in use by a device that runs")]);
	await simulator.stop();
	expect((await call(args)).code).toBe(0);
});

test("who the device is, its networks and its cloud are told and moved apart", async () => {
	const { simulator, port } = await consoleDevice("pty");
	const records = async (): Promise<string[]> => {
		const { out } = await call(["status", "--port", port, "--json"]);
		return (JSON.parse(out) as { records: string[] }).records;
	};
	const first = await burn(["identity", "a1B2c3D4e5F", "dev1", "--region", "cn-shanghai", "--port", port]);
	expect(first.out).toMatch(
		/^burned dev1 of a1B2c3D4e5F: 5 records written and proved by test 1\.0 on sim [0-9a-f]+; it restarts\n$/,
	);
	await call(["network", "--file", files["networks.json"] as string, "--port", port]);
	const key = ["--key-file", files["passphrase"] as string];
	await call(["network", "mine", "--hidden", "--add", "--port", port, ...key]);
	await call(["network", "--ssid", "open", "--open", "--add", "--time-server", "time.example", "--port", port]);
	await burn([
		"link",
		"--host",
		"cloud.example:1883",
		"--root",
		"globalsign-r1",
		"--instance",
		"iot-1",
		"--port",
		port,
	]);
	const identity = [...names, "identity/deviceSecret"].sort();
	const link = ["host", "instanceId", "port", "root", "security"].map((name) => `link/${name}`);
	const networks = "1/key 1/ssid 2/hidden 2/key 2/ssid 3/ssid 4/hidden 4/key 4/ssid 5/ssid timeServer";
	expect(await records()).toEqual([...identity, ...link, ...networks.split(" ").map((name) => `network/${name}`)]);
	await call(["network", "--ssid", "only", "--no-restart", "--port", port, ...key]);
	expect((await records()).slice(8)).toEqual(["network/1/key", "network/1/ssid"]);
	const text = await call(["status", "--port", port]);
	expect(text.out).toMatch(/^test 1\.0 on sim [0-9a-f]+: device-secret\n {2}identity\/deviceName\n/);
	await simulator.stop();
}, 60_000);

describe("what goes wrong is told, with exit code 1", () => {
	test.each<[string, () => string[], string]>([
		["no such port", () => ["identity", "a", "b", "--port", "/dev/no-such-port"], "no such port"],
		["no serial device", () => ["identity", "a", "b", "--port", join(ROOT, "package.json")], "not a serial device"],
		["no line at all", () => ["status", "--port", "/dev/null"], "/dev/null: "],
		["nobody listens", () => ["status", "--port", "tcp:127.0.0.1:1"], "ECONNREFUSED"],
		["no flash file", () => ["identity", "a", "b", "--flash", "no-such-file"], "no such flash file"],
		[
			"another key's certificate",
			() => [
				"identity",
				"x509",
				"--certificate",
				files["device.pem"] as string,
				"--key",
				files["other.pem"] as string,
				"--port",
				"x",
			],
			"is not the key of",
		],
		[
			"no certificate",
			() => [
				"identity",
				"x509",
				"--certificate",
				files["key.pem"] as string,
				"--key",
				files["key.pem"] as string,
				"--port",
				"x",
			],
			"no certificate in PEM or DER",
		],
		[
			"no private key",
			() => [
				"identity",
				"x509",
				"--certificate",
				files["device.pem"] as string,
				"--key",
				files["device.pem"] as string,
				"--port",
				"x",
			],
			"no private key in PEM or DER",
		],
		[
			"a carrier's key that is none",
			() => [
				"identity",
				"id2",
				"a",
				"b",
				"--id2",
				"i",
				"--carrier-key-file",
				files["networks.json"] as string,
				"--port",
				"x",
			],
			"32 bytes",
		],
		[
			"a name that is too long",
			() => ["identity", "a", "b".repeat(65), "--port", "x"],
			"identity/deviceName: 1 to 64 bytes",
		],
		[
			"a key that is too short",
			() => ["network", "--ssid", "x", "--key-file", files["carrier"] as string, "--hidden", "--port", "/dev/no"],
			"no such port",
		],
		[
			"a file that is no list",
			() => ["network", "--file", files["nonsense.json"] as string, "--port", "x"],
			"not a list",
		],
	])("%s", async (_name, args, message) => {
		const run = await call(args());
		expect(reason(run)).toContain(message);
		expect(run.code).toBe(1);
	});

	test("nobody answers", async () => {
		const server = createServer((socket) => void socket.on("error", () => {}).resume());
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const port = `tcp:127.0.0.1:${(server.address() as AddressInfo).port}`;
		const run = await call(["status", "--port", port]);
		expect(reason(run)).toContain(`nobody answered on ${port}: is the device running firmware that listens there`);
		expect(run.code).toBe(1);
		server.close();
	});
});

test.each<[string, string[], string]>([
	["no target", ["identity", "a", "b"], "--port or --flash is needed"],
	["two targets", ["identity", "a", "b", "--port", "x", "--flash", "y"], "exclude each other"],
	["no device", ["identity", "a", "--port", "x"], "productKey and deviceName are needed"],
	["too much", ["identity", "a", "b", "c", "--port", "x"], "too many words: c"],
	["no certificate", ["identity", "x509", "--port", "x"], "x509 needs --certificate and --key"],
	["no id", ["identity", "id2", "a", "b", "--port", "x"], "id2 needs --id2"],
	["region and host", ["link", "--region", "cn-shanghai", "--host", "h", "--port", "x"], "exclude each other"],
	["no region", ["link", "--region", "mars", "--port", "x"], "Allowed choices are cn-shanghai, "],
	["nowhere", ["link", "--port", "x"], "nothing to write"],
	["a host's port of 0", ["link", "--host", "a:0", "--port", "x"], "--host: a port is 1 to 65535, not 0"],
	["a port and no host", ["link", "--host", ":1883", "--port", "x"], "--host: a name"],
	["neither", ["link", "--host", ":", "--port", "x"], "--host: a name"],
	["an empty host", ["link", "--host", "", "--port", "x"], "--host: a name"],
	["a URL", ["link", "--host", "mqtts://a", "--port", "x"], "--host: a name"],
	["a cloud's port of old", ["link", "--host", "a", "--flash", "f", "--port", "65536"], "--port: a port is 1 to"],
	["no network", ["network", "--port", "x"], "nothing to write"],
	["two networks", ["network", "one", "--ssid", "two", "--port", "x"], "one network at a time"],
	["a network and a file", ["network", "one", "--file", "f", "--port", "x"], "exclude each other"],
	["open, with a key", ["network", "one", "--open", "--key-file", "f", "--port", "x"], "exclude each other"],
	["the networks forgotten by mistake", ["network", "--time-server", "t", "--port", "x"], "would forget the networks"],
	["a road that there isn't", ["identity", "product", "a", "b", "--road", "coap", "--port", "x"], "Allowed choices"],
	["a speed that there isn't", ["status", "--baud", "1", "--port", "x"], "300 to 5000000"],
	["status of nothing", ["status"], "--port is needed"],
])("wrong usage is told, with exit code 2: %s", async (_name, args, message) => {
	const run = await call(args);
	expect(run.err).toContain(message);
	expect(run.code).toBe(2);
});

test("a port that isn't there is told before a secret is read", async () => {
	for (const args of [
		["identity", "a1B2c3D4e5F", "dev1"],
		["network", "x"],
	]) {
		const run = await burn([...args, "--port", "/dev/no-such-port"], "");
		expect([run.code, reason(run)]).toEqual([1, expect.stringContaining("no such port")]);
	}
});

test("so it is by the command itself", async () => {
	const run = await burn(["link", "--host", "a:99999", "--port", "x"]);
	expect(run).toEqual({ code: 2, out: "", err: "error: --host: a port is 1 to 65535, not 99999\n" });
});

test("a burn tool that is killed in the middle: the old identity stays, and the same command again does it", async () => {
	const { simulator, port } = await consoleDevice("tcp:0");
	await call(["identity", "a1B2c3D4e5F", "dev1", "--port", port]);
	// A line that swallows what comes after so many bytes: there the tool waits, and is killed.
	let stuck = (): void => {};
	const waits = new Promise<void>((resolve) => {
		stuck = resolve;
	});
	const server = createServer((socket) => {
		const device = connect(Number(port.split(":")[2]), "127.0.0.1");
		let passed = 0;
		socket.on("error", () => {}).on("close", () => device.destroy());
		device.on("error", () => {}).on("data", (data) => socket.write(data));
		socket.on("data", (data) => {
			const part = data.subarray(0, Math.max(0, 300 - passed));
			passed += part.length;
			if (part.length > 0) device.write(part);
			else stuck();
		});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const through = `tcp:127.0.0.1:${(server.address() as AddressInfo).port}`;
	const args = ["identity", ...(kinds()[4]?.[1] ?? [])];
	const child = spawn(process.execPath, ["tools/linkxs.mjs", "burn", ...args, "--port", through], { cwd: ROOT });
	await waits;
	child.kill("SIGKILL");
	await once(child, "close");
	server.close();
	const before = JSON.parse((await call(["status", "--port", port, "--json"])).out) as { device: { kind: string } };
	expect(before.device.kind).toBe("device-secret");
	expect((await call([...args, "--port", port])).code).toBe(0);
	const after = JSON.parse((await call(["status", "--port", port, "--json"])).out) as { device: { kind: string } };
	expect(after.device.kind).toBe("x509");
	await simulator.stop();
}, 60_000);
