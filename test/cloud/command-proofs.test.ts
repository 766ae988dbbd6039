import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { carriedOptions, challenge } from "./lib/carried";
import { certifiedOptions, connectBy, refusalOf } from "./lib/certified";
import { openssl } from "./lib/openssl";
import { runCommand } from "./lib/run-command";
import { World } from "./lib/world";

const state = mkdtempSync(join(tmpdir(), "linkxs-command-"));
const out = join(state, "out");
let world: World;
const run = (...parameters: string[]) => runCommand(state, ...parameters);
const mode = (file: string) => statSync(file).mode & 0o777;

beforeAll(async () => {
	world = await World.start({ state: join(state, "cloud") });
});
afterAll(async () => {
	await world.stop();
	rmSync(state, { recursive: true, force: true });
});

describe("certificates", () => {
	let productKey = "";
	const files = { certificate: join(out, "kitchen.cert.pem"), key: join(out, "kitchen.key.pem") };
	const asDevice = () =>
		certifiedOptions(world, {
			certificate: readFileSync(files.certificate, "utf8"),
			key: readFileSync(files.key, "utf8"),
		});

	it("are downloaded into files, the key for its owner alone, and let the device in", async () => {
		productKey = JSON.parse((await run("--json", "create-product", "certified", "--auth", "x509")).out).ProductKey;
		expect((await run("create-device", productKey, "kitchen", "--key", "EC256")).code).toBe(0);
		const shown = await run("certificate", `${productKey}/kitchen`, "--out", out);
		expect(shown).toMatchObject({ code: 0, last: "" });
		expect(shown.out).toContain(files.key);
		expect(shown.out).not.toContain("PRIVATE KEY");
		expect(mode(files.key)).toBe(0o600);
		await (await connectBy(asDevice())).client.endAsync();
	});

	it("are renewed, listed and revoked; the authority and the list of the revoked are files", async () => {
		const device = `${productKey}/kitchen`;
		expect((await run("renew-certificate", device, "--grace", "0", "--out", out)).code).toBe(0);
		expect((await run("certificates", device)).out).toMatch(/EC256\s+VALID.*\n.*EC256\s+REVOKED \(superseded\)/);
		await (await connectBy(asDevice())).client.endAsync();
		expect((await run("revoke-certificate", device)).code).toBe(1);
		expect((await run("--yes", "revoke-certificate", device, "--reason", "keyCompromise")).out).toContain("revoked");
		expect(await refusalOf(asDevice())).toBe(5);
		expect((await run("certificate", device, "--out", out)).last).toContain("has no certificate");
		expect((await run("device-authority", "--out", out)).code).toBe(0);
		const check = ["-crl_check", "-CRLfile", join(out, "device-ca.crl.pem"), "-CAfile", join(out, "device-ca.pem")];
		expect(openssl(["verify", ...check, files.certificate]).out).toContain("certificate revoked");
	});

	it("of many devices, by a table whose bad rows are named", async () => {
		const table = join(state, "devices.csv");
		writeFileSync(table, "DeviceName,Nickname\nlamp1,nick_1\nno,\n");
		const bad = await run("create-devices", productKey, "--file", table);
		expect(bad.code).toBe(1);
		expect(bad.last).toContain("no: a DeviceName has");
		writeFileSync(table, "DeviceName,Nickname\nlamp1,nick_1\nlamp2,\n");
		const csv = join(out, "batch.csv");
		const made = await run("create-devices", productKey, "--file", table, "--key", "EC256", "--csv", csv);
		expect(made.out).toMatch(/CREATE_SUCCESS\ndevices {2}2\n/);
		expect(mode(csv)).toBe(0o600);
		expect(readFileSync(csv, "utf8")).toMatch(
			/^DeviceName,DeviceSecret,ProductKey,CertUrl\r\nlamp1,.*https:\/\/localhost:/,
		);
		const counted = await run("--json", "create-devices", productKey, "--count", "2", "--key", "EC256");
		const { ApplyId } = JSON.parse(counted.out) as { ApplyId: number };
		expect((await run("batch", productKey, String(ApplyId))).out).toContain("CREATE_SUCCESS");
		expect((await run("batches", productKey)).out).toContain("CHECK_FAILED");
		expect((await run("create-devices", productKey)).code).toBe(2);
		expect((await run("create-devices", productKey, "--file", join(state, "none"))).last).toContain("cannot be read");
	});
});

describe("ID²", () => {
	it("licences, white list, carriers in a table for its owner alone", async () => {
		const made = JSON.parse((await run("--json", "create-product", "carried", "--auth", "id2")).out);
		const productKey: string = made.ProductKey;
		expect((await run("assign-licences", productKey, "3")).out).toContain("3 licences, 0 used");
		const file = join(out, "carriers.csv");
		const created = await run("create-carrier", "--out", file);
		expect(mode(file)).toBe(0o600);
		const [, line = ""] = readFileSync(file, "utf8").split("\n");
		const [id2 = "", key = ""] = line.split(",");
		expect(created.out).toContain(id2);
		expect(created.out).not.toContain(key);
		const device = {
			productKey,
			productSecret: made.Data.ProductSecret as string,
			deviceName: "chip",
			id2,
			carrierKey: Buffer.from(key, "hex"),
		};
		expect((await run("white-list", productKey, "carriers")).code).toBe(0);
		await expect(challenge(world, device)).rejects.toThrow("460");
		await run("create-device", productKey, "chip");
		expect((await run("bind-carrier", `${productKey}/chip`, id2)).code).toBe(0);
		await (await connectBy(carriedOptions(world, device, await challenge(world, device)))).client.endAsync();
		expect((await run("id2", productKey)).out).toBe("licences    1 of 3 used\nwhite list  carriers\n");
		expect((await run("carriers")).out).toMatch(new RegExp(`${id2}\\s+${productKey}`));
		expect((await run("--yes", "delete-carrier", id2)).code).toBe(0);
		expect((await run("import-carriers", file)).out).toContain("1 carriers added");
		writeFileSync(file, `Id2,Key\n${id2},00`);
		const wrong = await run("import-carriers", file);
		expect(wrong).toMatchObject({ code: 1 });
		expect(wrong.last).toMatch(/line 2 of .* is no carrier/);
		expect((await run("white-list", productKey, "on")).code).toBe(2);
		expect((await run("assign-licences", productKey, "none")).code).toBe(2);
	});
});
