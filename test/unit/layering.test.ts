import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { root, textsBelow } from "../lib/files";
import { violations } from "../lib/layering";

const capabilities = new Set(readdirSync(`${root}/modules`));

function check(path: string, text: string) {
	return violations(new Map([[path, text]]), new Set(["mqtt", "link"])).map(
		({ rule, message }) => `${rule}: ${message}`,
	);
}

test("the repository keeps the four rules of the layers, and its secrets", () => {
	const files = new Map([
		...textsBelow("modules", ".ts", ".c", ".h"),
		...textsBelow("hal", ".ts", ".c", ".h", ".json"),
		...textsBelow("boards", ""),
		...textsBelow("tools", ".ts"),
		["main.ts", readFileSync(`${root}/main.ts`, "utf8")] as const,
	]);
	expect(files.size).toBeGreaterThan(50);
	expect(violations(files, capabilities)).toEqual([]);
});

describe("modules/ imports modules/, embedded:* and six names of the HAL", () => {
	test.each([
		`import { decode } from "hal/text";`,
		`import type TCP from "embedded:io/socket/tcp";`,
		`import { Codec } from "./codec";`,
		`export * from "mqtt/codec";`,
	])("allows %s", (text) => {
		expect(check("modules/link/device.ts", text)).toEqual([]);
	});

	test.each([
		[`import { readFileSync } from "node:fs";`, "imports node:fs"],
		[`import net from "net";`, "imports net"],
		[`import type { Options } from "mqtt.js";`, "imports mqtt.js"],
		[`import { x } from "../../hal/xs/system";`, "imports ../../hal/xs/system"],
		[`import networkInterface from "hal/interface";`, "imports hal/interface"],
		[`const x = await import("hal/certificates");`, "imports hal/certificates"],
		[`import { x } from "../../tools/lib/crypto";`, "imports ../../tools/lib/crypto"],
		[`import { x } from "../mqtt/codec";`, "imports ../mqtt/codec: another capability goes by its module name"],
		[`const x = native("xs_x")();`, "has C of its own: native()"],
		[`if (config.platform === "esp32") run();`, "tests the platform"],
	])("refuses %s", (text, message) => {
		expect(check("modules/link/device.ts", text).join()).toContain(`modules: ${message}`);
	});
});

describe("hal/ knows no protocol of the platform", () => {
	test.each([
		["hal/xs/x.ts", `const productKey = 1;`, `knows the platform's protocol: "productKey"`],
		["hal/xs/x.c", `/* the device_secret */`, `knows the platform's protocol: "device_secret"`],
		[
			"hal/esp32/manifest.json",
			`{ "config": { "host": "x.aliyuncs.com" } }`,
			`knows the platform's protocol: "aliyun"`,
		],
		["hal/xs/x.ts", `import { x } from "mqtt/codec";`, "imports mqtt/codec"],
		["hal/xs/x.ts", `import { x } from "../../modules/mqtt/codec";`, "imports ../../modules/mqtt/codec"],
		["hal/xs/x.ts", `import { x } from "../../tools/lib/crypto";`, "imports ../../tools/lib/crypto"],
	])("%s refuses %s", (path, text, message) => {
		expect(check(path, text)).toEqual([`hal: ${message}`]);
	});
});

describe("the bytes of a Key are for who has to send them", () => {
	const text = "const length = key.copyTo(into, 2);";

	test.each(["modules/link/device.ts", "modules/vault/vault.ts", "hal/xs/x.ts", "tools/cloud/x.ts", "main.ts"])(
		"refuses %s",
		(path) => {
			expect(check(path, text)).toEqual(["secrets: asks a Key for its bytes: copyTo"]);
			expect(check(path, "key?.copyTo(into)")).toHaveLength(1);
			expect(check(path, `key["copyTo"](into)`)).toHaveLength(1);
			expect(check(path, "key.slice(1).copyToo()")).toEqual([]);
		},
	);

	test.each(["modules/mqtt/codec.ts", "modules/vault/lab/plain.ts", "tools/flash/reveal.ts"])("allows %s", (path) => {
		expect(check(path, text)).toEqual([]);
	});
});

describe("boards/ is data, chosen by a manifest", () => {
	test.each([
		["boards/x/pins.ts", "export const led = 2;", "is code"],
		["boards/x/radio.c", "int x;", "is code"],
		["main.ts", `import pins from "./boards/x/provider";`, "imports ./boards/x/provider"],
		["hal/xs/x.ts", `import pins from "../../boards/x/provider";`, "imports ../../boards/x/provider"],
		["main.ts", `if (config["board"] === "x") run();`, "tests the platform"],
	])("%s refuses %s", (path, text, message) => {
		expect(check(path, text).join()).toContain(`boards: ${message}`);
	});

	test.each([
		"boards/x/manifest.json",
		"boards/x/partitions.csv",
		"boards/x/sdkconfig/sdkconfig.defaults",
		"boards/README.md",
	])("%s is data", (path) => {
		expect(check(path, "{}")).toEqual([]);
	});
});

describe("tools/ may import modules/, never hal/", () => {
	test.each([`import { x } from "hal/crypto";`, `import { x } from "../../hal/xs/text";`])("refuses %s", (text) => {
		expect(check("tools/cloud/x.ts", text).join()).toContain("tools: imports");
	});

	test("takes the HAL's types, which the compiler erases, and modules/", () => {
		const text = `import type { Bytes } from "hal/crypto"; import { x } from "mqtt/codec"; import fs from "node:fs"; x(fs);`;
		expect(check("tools/cloud/x.ts", text)).toEqual([]);
	});
});
