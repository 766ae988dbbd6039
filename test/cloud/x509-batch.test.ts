import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import Database from "libsql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTable } from "../../tools/cloud/x509/batch-names";
import { CERT_URL_LIFE } from "../../tools/cloud/x509/cert-url";
import { certifiedOptions, connectBy } from "./lib/certified";
import { ManualClock } from "./lib/manual-clock";
import { World } from "./lib/world";

const clock = new ManualClock();
let world: World;
let productKey: string;

beforeAll(async () => {
	world = await World.start({ clock });
	productKey = await world.product({ AuthType: "x509" });
});
afterAll(() => world.stop());

/** Downloads over HTTPS, the cloud's certificate checked. */
function download(url: string): Promise<{ status: number; body: Buffer; name: string }> {
	return new Promise((resolve, reject) => {
		const asked = request(url, { ca: readFileSync(world.cloud.caFile), agent: false }, (response) => {
			const parts: Buffer[] = [];
			response.on("data", (part: Buffer) => parts.push(part));
			response.on("end", () =>
				resolve({
					status: response.statusCode ?? 0,
					body: Buffer.concat(parts),
					name: response.headers["content-disposition"] ?? "",
				}),
			);
		});
		asked.on("error", reject);
		asked.end();
	});
}

/** A batch of named devices, made. */
async function make(names: string[], ProductKey = productKey): Promise<number> {
	const { Data } = await world.admin.call("BatchCheckDeviceNames", {
		ProductKey,
		DeviceNameList: names.map((DeviceName) => ({ DeviceName, DeviceNickname: `nick_${DeviceName.length}` })),
		KeyType: "EC256",
	});
	await world.admin.call("BatchRegisterDeviceWithApplyId", { ProductKey, ApplyId: Data.ApplyId });
	await world.event("batch.finished", (one) => one.applyId === Data.ApplyId);
	return Data.ApplyId;
}

async function tableOf(ApplyId: number, ProductKey = productKey): Promise<string[][]> {
	const { Data } = await world.admin.call("QueryBatchCsv", { ProductKey, ApplyId });
	return Data.Csv.trimEnd()
		.split("\r\n")
		.map((line) => line.split(","));
}

describe("a batch", () => {
	it("by count: names of the cloud's, certificates, a table with a CertUrl each", async () => {
		const { Data } = await world.admin.call("BatchRegisterDevice", {
			ProductKey: productKey,
			Count: 5,
			KeyType: "EC256",
		});
		const { ApplyId } = Data;
		await world.event("batch.finished", (one) => one.applyId === ApplyId && one.status === "CREATE_SUCCESS");
		const status = await world.admin.call("QueryBatchRegisterDeviceStatus", { ProductKey: productKey, ApplyId });
		expect(status.Data).toEqual({
			Status: "CREATE_SUCCESS",
			ValidList: { Name: [] },
			InvalidList: { Name: [] },
			InvalidDetailList: { InvalidDetailItem: [] },
		});
		const page = await world.admin.call("QueryPageByApplyId", { ApplyId, PageSize: 2, CurrentPage: 3 });
		expect(page).toMatchObject({ Total: 5, PageCount: 3, ApplyDeviceList: { ApplyDeviceInfo: [{}] } });
		const [heading, ...rows] = await tableOf(ApplyId);
		expect(heading).toEqual(["DeviceName", "DeviceSecret", "ProductKey", "CertUrl"]);
		expect(rows).toHaveLength(5);
		expect(new Set(rows.map((row) => row[3])).size).toBe(5);
	});

	it("by names: bad ones are listed and nothing is made", async () => {
		await world.device(productKey, "taken");
		const { Data } = await world.admin.call("BatchCheckDeviceNames", {
			ProductKey: productKey,
			DeviceName: ["good-one", "x", "taken", "good-one"],
		});
		expect(Data.InvalidDeviceNameList.InvalidDeviceName).toEqual(["x", "taken", "good-one"]);
		const asked = { ProductKey: productKey, ApplyId: Data.ApplyId };
		const status = await world.admin.call("QueryBatchRegisterDeviceStatus", asked);
		expect(status.Data.Status).toBe("CHECK_FAILED");
		expect(status.Data.ValidList.Name).toEqual(["good-one"]);
		expect(status.Data.InvalidDetailList.InvalidDetailItem.map((one) => one.ErrorMsg)).toEqual([
			"a DeviceName has 4 to 32 letters, digits or any of -_@.:",
			"the product already has a device of that name",
			"the name stands in the list twice",
		]);
		await expect(world.admin.call("BatchRegisterDeviceWithApplyId", asked)).rejects.toMatchObject({ code: "refused" });
		const bad = await world.admin.call("BatchCheckDeviceNames", {
			ProductKey: productKey,
			DeviceNameList: [{ DeviceName: "good", DeviceNickname: "x" }],
		});
		expect(bad.Data.InvalidDetailList.InvalidDetailItem[0]?.ErrorMsg).toContain("nickname");
	});

	it("has at most 1,000 devices, and at least one", async () => {
		const names = Array.from({ length: 1001 }, (_, i) => `name${i}`);
		for (const DeviceName of [names, []])
			await expect(
				world.admin.call("BatchCheckDeviceNames", { ProductKey: productKey, DeviceName }),
			).rejects.toMatchObject({ code: "invalid" });
		await expect(
			world.admin.call("BatchRegisterDevice", { ProductKey: productKey, Count: 1001 }),
		).rejects.toMatchObject({ code: "invalid" });
		const { Data } = await world.admin.call("BatchCheckDeviceNames", {
			ProductKey: productKey,
			DeviceName: names.slice(0, 1000),
		});
		expect(Data.InvalidDeviceNameList.InvalidDeviceName).toEqual([]);
		const other = await world.product({ AuthType: "x509" });
		await expect(
			world.admin.call("BatchRegisterDeviceWithApplyId", { ProductKey: other, ApplyId: Data.ApplyId }),
		).rejects.toMatchObject({ code: "unknown" });
	});

	it("a name that was taken since the check fails alone, and stands in the download", async () => {
		const DeviceName = ["late-one", "late-two"];
		const { Data } = await world.admin.call("BatchCheckDeviceNames", {
			ProductKey: productKey,
			DeviceName,
			KeyType: "EC256",
		});
		await world.device(productKey, "late-two");
		const asked = { ProductKey: productKey, ApplyId: Data.ApplyId };
		await world.admin.call("BatchRegisterDeviceWithApplyId", asked);
		await world.event("batch.finished", (one) => one.applyId === Data.ApplyId && one.failed === 1);
		const { Data: status } = await world.admin.call("QueryBatchRegisterDeviceStatus", asked);
		expect(status).toMatchObject({
			Status: "CREATE_FAILED",
			ValidList: { Name: ["late-one"] },
			InvalidList: { Name: ["late-two"] },
		});
		const { CertUrl } = await world.admin.call("QueryCertUrlByApplyId", { ApplyId: Data.ApplyId });
		const { status: code, body, name } = await download(CertUrl);
		expect(code).toBe(200);
		expect(name).toContain(`batch-${Data.ApplyId}.zip`);
		const text = body.toString("latin1");
		expect(text).toContain("late-one.cert.pem");
		expect(text).toContain("late-one.key.pem");
		expect(text).toContain("late-two: product");
		expect((await tableOf(Data.ApplyId)).map((row) => row[0])).toEqual(["DeviceName", "late-one"]);
	});

	it("of devices with a secret has no CertUrl", async () => {
		const plain = await world.product();
		const ApplyId = await make(["plain1"], plain);
		const [heading, row] = await tableOf(ApplyId, plain);
		expect(heading).toEqual(["DeviceName", "DeviceSecret", "ProductKey"]);
		expect(row?.[1]).toMatch(/^[0-9a-f]{32}$/);
		await expect(world.admin.call("QueryCertUrlByApplyId", { ApplyId })).rejects.toMatchObject({ code: "refused" });
	});

	it("goes on after a restart where a crash left it", async () => {
		const first = await World.start({ clock });
		const ProductKey = await first.product({ AuthType: "x509" });
		const { Data } = await first.admin.call("BatchCheckDeviceNames", {
			ProductKey,
			DeviceName: ["crash1", "crash2", "crash3"],
			KeyType: "EC256",
		});
		await first.stop(true);
		// The batch was being made, its first device was registered, and had no certificate yet.
		const database = new Database(join(first.state, "cloud.db"));
		database.prepare("update batch set status = 'CREATE'").run();
		database
			.prepare(
				`insert into device (iot_id, product_key, device_name, secret, nickname, disabled, auto_subscribe, clean_session,
				firmware_version, ip_address, created_at) values ('crashed', ?, 'crash1', 'x', '', 0, 0, 1, '', '', 0)`,
			)
			.run(ProductKey);
		database.prepare("update batch_item set iot_id = 'crashed' where position = 0").run();
		database.close();
		const second = await World.start({ clock, state: first.state });
		await second.event("batch.finished", (one) => one.applyId === Data.ApplyId && one.status === "CREATE_SUCCESS");
		const { Total, ApplyDeviceList } = await second.admin.call("QueryPageByApplyId", { ApplyId: Data.ApplyId });
		expect(Total).toBe(3);
		expect(ApplyDeviceList.ApplyDeviceInfo[0]?.IotId).toBe("crashed");
		for (const { IotId } of ApplyDeviceList.ApplyDeviceInfo)
			expect((await second.admin.call("QueryDeviceCert", { IotId })).DeviceCertInfo.Status).toBe(2);
		await second.stop();
	});
});

describe("a CertUrl", () => {
	it("gives the certificate with its key, in one file that TLS libraries take", async () => {
		const ApplyId = await make(["url-1:a@b.c"]);
		const [, row] = await tableOf(ApplyId);
		const { status, body, name } = await download(row?.[3] ?? "");
		expect(status).toBe(200);
		expect(name).toContain('filename="url-1%3Aa@b.c.pem"');
		const pem = body.toString();
		expect(new X509Certificate(pem).subject).toContain("CN=");
		const { client, message } = await connectBy(certifiedOptions(world, { certificate: pem, key: pem }));
		expect(JSON.parse(await message("/ext/auth/identity/response"))).toMatchObject({ deviceName: "url-1:a@b.c" });
		await client.endAsync();
		const told = await world.event("certificate.downloaded", (one) => one.what.includes(`batch ${ApplyId}`));
		expect(JSON.stringify(told)).not.toContain("PRIVATE");
		const events = JSON.stringify(world.cloud.events.since(0));
		expect(events).not.toContain((row?.[3] ?? "").slice(-43));
	});

	it("counts for 30 days of the cloud's clock, to the millisecond", async () => {
		const ApplyId = await make(["url-two"]);
		const [, row] = await tableOf(ApplyId);
		const all = (await world.admin.call("QueryCertUrlByApplyId", { ApplyId })).CertUrl;
		clock.advance(CERT_URL_LIFE - 1);
		expect((await download(row?.[3] ?? "")).status).toBe(200);
		clock.advance(1);
		for (const url of [row?.[3] ?? "", all]) expect((await download(url)).status).toBe(410);
		clock.advance(-CERT_URL_LIFE);
	});

	it("can't be guessed, made from another, or used over plain HTTP", async () => {
		const ApplyId = await make(["url-three", "url-four"]);
		const [, one, two] = await tableOf(ApplyId);
		const url = one?.[3] ?? "";
		const swapped = url.replace(/[\w-]{43}$/, (two?.[3] ?? "").slice(-43));
		const changed = url.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
		const whole = url.replace(/\/(\d+)-\d+-/, "/$1-all-");
		const nextBatch = url.replace(/\/(\d+)-/, (_, id) => `/${Number(id) - 1}-`);
		for (const bad of [swapped, changed, whole, nextBatch, `${url}x`, url.slice(0, -1), url.replace(/[^/]*$/, "")])
			expect((await download(bad)).status, bad).toBe(404);
		expect((await fetch(url.replace("https://localhost", "http://127.0.0.1"))).status).toBe(403);
		expect((await download(url)).status).toBe(200);
	});

	it("gives nothing once the certificate was revoked or its device removed; the archive goes on without it", async () => {
		const ApplyId = await make(["url-five", "url-six", "url-seven"]);
		const [, one, two] = await tableOf(ApplyId);
		await world.admin.call("RevokeDeviceCert", { ProductKey: productKey, DeviceName: "url-five" });
		await world.admin.call("DeleteDevice", { ProductKey: productKey, DeviceName: "url-six" });
		for (const row of [one, two]) expect((await download(row?.[3] ?? "")).status).toBe(410);
		const { CertUrl } = await world.admin.call("QueryCertUrlByApplyId", { ApplyId });
		const { body } = await download(CertUrl);
		const names = ["url-five", "url-six", "url-seven"].filter((name) => body.includes(`${name}.key.pem`));
		expect(names).toEqual(["url-seven"]);
	});
});

describe("the console's table", () => {
	const bytes = (text: string) => Buffer.from(text);

	it("is read with or without nicknames, quotes, a byte order mark, empty lines", () => {
		const text = '\ufeffDeviceName,Nickname\r\nname1,nick_1\r\n\r\n"name2","nick ""x"""\nname3\n';
		expect(readTable(bytes(text))).toEqual([
			{ deviceName: "name1", nickname: "nick_1" },
			{ deviceName: "name2", nickname: 'nick "x"' },
			{ deviceName: "name3", nickname: "" },
		]);
		expect(readTable(bytes("DeviceName\nname1"))).toEqual([{ deviceName: "name1", nickname: "" }]);
	});

	it.each([
		["no heading", "name1\nname2"],
		["other columns", "DeviceName,Key\nname1,x"],
		["1,001 rows", `DeviceName\n${Array.from({ length: 1001 }, (_, i) => `name${i}`).join("\n")}`],
		["more than 2 MB", `DeviceName\n${"x".repeat(2 * 1024 * 1024)}`],
		["nothing", ""],
	])("is refused for %s", (_name, text) => {
		expect(() => readTable(bytes(text))).toThrow(expect.objectContaining({ code: "invalid" }));
	});

	it("a ZIP archive that other programs read", async () => {
		const ApplyId = await make(["zip-one"]);
		const { CertUrl } = await world.admin.call("QueryCertUrlByApplyId", { ApplyId });
		const file = join(world.state, "batch.zip");
		writeFileSync(file, (await download(CertUrl)).body);
		const run = spawnSync("python3", ["-m", "zipfile", "-t", file], { encoding: "utf8" });
		expect(run.stdout + run.stderr).toContain("Done testing");
		expect(run.status).toBe(0);
	});
});
