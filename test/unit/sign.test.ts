import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "linkxs-sign-"));
afterAll(() => rmSync(folder, { recursive: true }));

function sign(input: string, ...args: string[]) {
	const linkxs = new URL("../../tools/linkxs.mjs", import.meta.url).pathname;
	return spawnSync(process.execPath, [linkxs, "sign", "pk", "device", ...args], { input, encoding: "utf8" });
}

const example = ["--client-id", "12345", "--timestamp", "789", "--method"];

test.each([
	["hmacsha1", "FAFD82A3D602B37FB0FA8B7892F24A477F851A14"],
	["hmacmd5", "14B198324FE55E1D3C88F2E705E201EE"],
	["hmacsha256", "6074A46A91B1EBB2CC4EA42790AD0E80202C9843859FC292E57C4EB19FAD9E57"],
])("linkxs sign gives the document's example by %s", (method, password) => {
	const { stdout, status } = sign("secret\n", ...example, method, "--json");
	expect(status).toBe(0);
	expect(JSON.parse(stdout)).toEqual({
		host: "pk.iot-as-mqtt.cn-shanghai.aliyuncs.com",
		port: 1883,
		security: "tls",
		clientId: `12345|securemode=2,signmethod=${method},timestamp=789|`,
		userName: "device&pk",
		password,
	});
});

test("the secret may lie in a file, the host may be one's own", () => {
	const file = join(folder, "secret");
	writeFileSync(file, "secret\n");
	const { stdout } = sign("", "--secret-file", file, "--host", "localhost", "--port", "1234", "--plain");
	expect(stdout).toContain("host       localhost\nport       1234 (plain TCP)\n");
	expect(stdout).toContain("securemode=3");
	expect(stdout).not.toContain("secret\n");
});

test("no secret is a failure, an unknown region wrong usage", () => {
	expect(sign("").status).toBe(1);
	expect(sign("").stderr.trim().split("\n").at(-1)).toBe("the deviceSecret is empty");
	expect(sign("secret", "--region", "moon").status).toBe(2);
});
