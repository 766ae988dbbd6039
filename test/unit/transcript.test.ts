import { spawnSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { root } from "../lib/files";
import { keepOutput, leaksIn, noteSecret, noteSecretsOf } from "../lib/transcript";

// A run of its own within the run: its secrets are found because they are printed, and that is the test.
let folder = "";
let outer: NodeJS.ProcessEnv = {};

beforeEach(() => {
	outer = { ...process.env };
	folder = mkdtempSync(join(tmpdir(), "linkxs-transcript-"));
	process.env["LINKXS_TRANSCRIPT"] = join(folder, "transcript");
	process.env["LINKXS_SECRETS_FILE"] = join(folder, "secrets");
	mkdirSync(join(folder, "transcript"));
	writeFileSync(join(folder, "secrets"), "");
});

afterEach(() => {
	process.env = outer;
	rmSync(folder, { recursive: true });
});

const write = (text: string | Buffer) => appendFileSync(join(folder, "transcript", "a.txt"), text);
const leaks = () => leaksIn(join(folder, "transcript"), readFileSync(join(folder, "secrets"), "utf8"));

describe("a secret that a test noted is found in the output", () => {
	const secret = "mnopqrstuvwxyz_lmnopqrstuvwxyz_0";
	test.each([
		["as it is", secret],
		["as it is", `\x1b[31m${secret.slice(0, 20)}\x1b[7m${secret.slice(20)}\x1b[0m`],
		["as it is", `${secret.slice(0, 20)}…`],
		["in hex", Buffer.from(secret).toString("hex")],
		["in HEX", Buffer.from(secret).toString("hex").toUpperCase()],
		["in base64", Buffer.from(`xx${secret}`).toString("base64")],
	])("%s: %s", (form, shown) => {
		noteSecret("deviceSecret", secret);
		write(`first line\nsecond line ${shown} and more\n`);
		expect(leaks()).toEqual([{ file: "a.txt", line: 2, secret: "deviceSecret", form }]);
	});

	test("whatever its bytes are", () => {
		const bytes = randomBytes(32);
		noteSecret("key", bytes);
		write(Buffer.concat([Buffer.from("x"), bytes, Buffer.from("\n")]));
		expect(leaks().map((it) => it.form)).toEqual(["as it is"]);
	});

	test.each(["ec", "rsa"] as const)("in a private key (%s), but not what its certificate tells, too", (kind) => {
		const format = { format: "pem", type: "pkcs8" } as const;
		const { privateKey, publicKey } =
			kind === "ec"
				? generateKeyPairSync("ec", { namedCurve: "P-256" })
				: generateKeyPairSync("rsa", { modulusLength: 2048 });
		noteSecretsOf({ PrivateKey: privateKey.export(format) });
		write(publicKey.export({ format: "pem", type: "spki" }));
		expect(leaks()).toEqual([]);
		write(privateKey.export(format));
		expect(leaks().map((it) => it.form)).toContain("in base64");
		rmSync(join(folder, "transcript", "a.txt"));
		write(privateKey.export({ format: "der", type: "pkcs8" }));
		expect(leaks().map((it) => it.form)).toContain("as it is");
	});

	test("wherever it is in a message", () => {
		noteSecretsOf({
			Data: { List: [{ DeviceSecret: secret, DeviceName: "a name of many letters" }], deviceToken: `${secret}2` },
		});
		expect(
			readFileSync(join(folder, "secrets"), "utf8")
				.trim()
				.split("\n")
				.map((line) => line.split("\t")[0]),
		).toEqual(["DeviceSecret", "deviceToken"]);
	});

	test("a carrier's key, and a batch's table: secrets and what can't be guessed of an address", () => {
		const token = randomBytes(32).toString("base64url");
		const key = randomBytes(32);
		noteSecretsOf({ Data: { Carrier: [{ Id2: "an id of many letters", Key: key.toString("hex") }] } });
		const url = "https://localhost:1883/x509/certificates/12-0-";
		const rows = ["DeviceName,DeviceSecret,ProductKey,CertUrl", `device-of-a-batch,${secret},a1B2c3,${url}${token}`];
		noteSecretsOf({ Data: { Csv: [...rows, ""].join("\r\n") } });
		write(`device-of-a-batch ${url} an id of many letters\n`);
		expect(leaks()).toEqual([]);
		write(`${key.toString("base64")}\n${key.toString("hex")}\n${secret}\n${token}\n`);
		expect([...new Set(leaks().map((it) => `${it.line} ${it.secret}`))]).toEqual([
			"2 carrier key",
			"3 carrier key",
			"4 DeviceSecret",
			"5 CertUrl",
		]);
	});

	test("in what a process kept that prints nothing", () => {
		noteSecret("deviceSecret", secret);
		keepOutput("events", `{"text":"${secret}"}`);
		expect(leaks()).toHaveLength(1);
	});
});

test("nothing else is", () => {
	noteSecret("short", "productsecret");
	noteSecret("deviceSecret", "0123456789abcdefghijklmnopqrstuv");
	write(`productsecret 0123456789abcde\n${randomBytes(100_000).toString("hex")}\n`);
	expect(leaks()).toEqual([]);
});

/** A Node whose child prints. */
function run(program: string) {
	const hook = join(root, "test", "lib", "transcript-hook.mjs");
	return spawnSync(process.execPath, ["-e", program], {
		encoding: "utf8",
		env: { ...process.env, NODE_OPTIONS: `--import ${hook}` },
	});
}

describe("the hook keeps what child processes print", () => {
	const child = `process.stdout.write("to out "); process.stderr.write("to error "); require("fs").writeSync(3, "to three ")`;
	test.each([
		[
			"spawn",
			`c.spawn(process.execPath, ["-e", child], { stdio: ["ignore", "pipe", "pipe", "pipe"] }).stdout.on("data", (d) => console.log("got " + d))`,
		],
		[
			"spawnSync",
			`console.log("got " + c.spawnSync(process.execPath, ["-e", child], { stdio: ["ignore", "pipe", "pipe", "pipe"] }).stdout)`,
		],
		[
			"execFile",
			`c.execFile(process.execPath, ["-e", child.replace("3", "1")], (e, out) => console.log("got " + out))`,
		],
	])("%s", (_name, call) => {
		const outcome = run(`const c = require("child_process"); const child = ${JSON.stringify(child)}; ${call}`);
		expect(outcome.stdout).toContain("got to out");
		const kept = spawnSync(
			"cat",
			[join(folder, "transcript", "*")].map((it) => it),
			{ shell: true, encoding: "utf8" },
		).stdout;
		for (const text of ["to out", "to error", "to three", `$ ${process.execPath} -e process.stdout.write`])
			expect(kept).toContain(text);
	});

	test("but not a secret that was asked for", () => {
		run(
			`const c = require("child_process"); c.spawnSync("echo", ["0123456789", "linkxs-sim flash kv-get"]); c.spawnSync("sh", ["-c", "echo printed 1>&2; echo answered #--reveal"])`,
		);
		const kept = spawnSync("cat", [join(folder, "transcript", "*")], { shell: true, encoding: "utf8" }).stdout;
		expect(kept.match(/answered/g)).toHaveLength(1);
		expect(kept.match(/printed/g)).toHaveLength(2);
	});
});

test("the scan fails with file and line, and without the secret", () => {
	const secret = randomBytes(16).toString("hex");
	const scan = () =>
		spawnSync(process.execPath, ["--import", "tsx", "test/lib/scan-transcript.ts"], { cwd: root, encoding: "utf8" });
	noteSecret("deviceSecret", secret);
	write("all is well\n");
	expect(scan()).toMatchObject({
		status: 0,
		stderr: "",
		stdout: expect.stringContaining("✓ no secret in any output: 1 secrets"),
	});
	noteSecret("deviceSecret", secret);
	write(`a line\nlogin with ${secret}\n`);
	const failed = scan();
	expect(failed.status).toBe(1);
	expect(failed.stderr).toBe(`${join(folder, "transcript", "a.txt")}:3: deviceSecret (as it is)\n`);
	expect(failed.stdout + failed.stderr).not.toContain(secret.slice(0, 16));
	expect(() => readFileSync(join(folder, "secrets"))).toThrow();
});

test("the scan of a whole run fails when there was nothing to look at", () => {
	const scan = (...more: string[]) =>
		spawnSync(process.execPath, ["--import", "tsx", "test/lib/scan-transcript.ts", ...more], { cwd: root }).status;
	write("output without a secret\n");
	expect([scan(), scan("--whole")]).toEqual([0, 1]);
	rmSync(join(folder, "transcript", "a.txt"));
	noteSecret("deviceSecret", randomBytes(16).toString("hex"));
	expect(scan("--whole")).toBe(1);
	noteSecret("deviceSecret", randomBytes(16).toString("hex"));
	write("output without a secret\n");
	expect(scan("--whole")).toBe(0);
});
