import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
	createFlash,
	readBoardFlash,
	readFlashTable,
	readPartition,
	writePartition,
} from "../../../tools/lib/flash-image";
import { partitionTable, readPartitionsCsv, readPartitionTable, TABLE_OFFSET } from "../../../tools/lib/partitions";

const CSV = `# A table with every kind of row.
nvs,      data, nvs,     0x9000, 20K
otadata,  data, ota,     ,       0x2000
ota_0,    app,  ota_0,   ,       1M,
ota_15,   app,  ota_15,  ,       64k, encrypted
test,     app,  test,    ,       0x10000
own,      0x40, 0x7,     ,       4096, encrypted:readonly
plain,    data, ,        ,       0x3000, readonly
fifteen_letters, data, 0x42, 0x300000, 1M
`;

// What esp_idf_defs 0.1.7 (PyPI; ESP-IDF's gen_esp32part.py as a library) writes for that table.
const ESP_IDF =
	"aa50010200900000005000006e76730000000000000000000000000000000000" +
	"aa50010000e00000002000006f74616461746100000000000000000000000000" +
	"aa50001000000100000010006f74615f30000000000000000000000000000000" +
	"aa50001f00001100000001006f74615f31350000000000000000000001000000" +
	"aa50002000001200000001007465737400000000000000000000000000000000" +
	"aa50400700001300001000006f776e0000000000000000000000000003000000" +
	"aa5001060010130000300000706c61696e000000000000000000000002000000" +
	"aa50014200003000000010006669667465656e5f6c6574746572730000000000" +
	"ebebffffffffffffffffffffffffffff0a745e39fc0151e8d0f94bd60d105206";

describe("partitions.csv", () => {
	test("is read as ESP-IDF reads it", () => {
		const table = partitionTable(readPartitionsCsv(CSV));
		expect(table).toHaveLength(0xc00);
		expect(table.subarray(0, ESP_IDF.length / 2).toString("hex")).toBe(ESP_IDF);
		expect(table.subarray(ESP_IDF.length / 2).every((byte) => byte === 0xff)).toBe(true);
	});

	test("of the simulated board gives ESP-IDF's bytes", () => {
		const table = partitionTable(readBoardFlash("sim").partitions);
		expect(createHash("sha256").update(table).digest("hex")).toBe(
			"3276b818959d5e1d57131e2d54284ad3b1e629f03d826a112e1745cc5e0d9e73",
		);
	});

	test.each([
		["a, app", "syntax"],
		["a, app, ota_0, 0x10000, 4K, encrypted, more, yet", "syntax"],
		[", app, ota_0, 0x10000, 4K", "value"],
		["sixteen_letters_, app, ota_0, 0x10000, 4K", "value"],
		["a, program, ota_0, 0x10000, 4K", "value"],
		["a, app, ota_16, 0x10000, 4K", "value"],
		["a, data, nothing, 0x10000, 4K", "value"],
		["a, app, ota_0, 0x10000, lots", "value"],
		["a, app, ota_0, 0x10000, 4K, secret", "value"],
		["a, app, ota_0, 0x11000, 4K", "alignment"],
		["a, data, nvs, 0x9800, 4K", "alignment"],
		["a, data, nvs, 0x9000, 4097", "alignment"],
		["a, data, nvs, 0x9000, 0", "alignment"],
		["a, data, nvs, 0x8000, 4K", "overlap"],
		["a, data, nvs, 0x9000, 8K\nb, data, ota, 0xa000, 8K", "overlap"],
		["a, data, nvs, 0x9000, 8K\na, data, ota, 0xb000, 8K", "value"],
		["a, data, nvs, 0x9000, 2M", "flash"],
	])("%j is refused: %s", (csv, code) => {
		expect(() => readPartitionsCsv(csv, 0x100000)).toThrow(expect.objectContaining({ code }));
	});

	test("an error names the line", () => {
		expect(() => readPartitionsCsv("# one\n\na, app, x, 0, 1")).toThrow("line 3: no such app subtype: x");
	});
});

describe("the binary table", () => {
	test("is read back", () => {
		const partitions = readPartitionsCsv(CSV);
		expect(readPartitionTable(partitionTable(partitions))).toEqual(partitions);
	});

	test("is refused when a bit is wrong, or nothing is there", () => {
		const table = partitionTable(readPartitionsCsv(CSV));
		table[4] = (table[4] ?? 0) ^ 1;
		expect(() => readPartitionTable(table)).toThrow("MD5");
		expect(() => readPartitionTable(Buffer.alloc(0xc00, 0xff))).toThrow("no partition table");
	});

	test("takes no more than its sector part", () => {
		const [nvs] = readPartitionsCsv("nvs, data, nvs, 0x9000, 4K");
		if (!nvs) throw new Error("no row");
		expect(() => partitionTable(new Array(95).fill(nvs))).not.toThrow();
		expect(() => partitionTable(new Array(96).fill(nvs))).toThrow("too many");
	});
});

describe("every board", () => {
	test.each(readdirSync("boards").filter((name) => existsSync(join("boards", name, "partitions.csv"))))(
		"%s",
		(board) => {
			const { partitions } = readBoardFlash(board);
			const names = partitions.map(({ name }) => name);
			const wanted = ["otadata", "ota_0", "app_0", "app_1", "vault", "factory"];
			if (board !== "chip-nrf52") wanted.push("nvs", "ota_1");
			expect(names).toEqual(expect.arrayContaining(wanted));
		},
	);
});

describe("a flash file", () => {
	let folder = "";
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "linkxs-flash-"));
	});
	afterEach(() => rmSync(folder, { recursive: true }));

	test("is erased but for table and image", () => {
		const image = join(folder, "image");
		const path = join(folder, "deep", "flash.bin");
		writeFileSync(image, "an image");
		createFlash({ board: "sim", image, path });
		const flash = readFileSync(path);
		expect(flash).toHaveLength(4 * 1024 * 1024);
		expect(flash.subarray(0, TABLE_OFFSET).every((byte) => byte === 0xff)).toBe(true);
		expect(readFlashTable(path)).toEqual(readBoardFlash("sim").partitions);
		expect(readPartition(path, "ota_0").subarray(0, 9).toString("latin1")).toBe("an image\xff");
	});

	test("is its owner's alone, also where another one lay: a secret will be burned into it", () => {
		const path = join(folder, "flash.bin");
		writeFileSync(path, "old", { mode: 0o644 });
		createFlash({ board: "sim", path });
		expect(statSync(path).mode & 0o777).toBe(0o600);
	});

	test("gets a partition written, and keeps the others", () => {
		const path = join(folder, "flash.bin");
		createFlash({ board: "sim", path });
		writePartition(path, "kv", Buffer.from("kept"));
		writePartition(path, "vault", Buffer.from("long ago"));
		writePartition(path, "vault", Buffer.from("now"));
		expect(readPartition(path, "kv").subarray(0, 5).toString("latin1")).toBe("kept\xff");
		expect(readPartition(path, "vault").subarray(0, 9).toString("latin1")).toBe("now\xff\xff\xff\xff\xff\xff");
	});

	test("refuses what does not fit and what is not there", () => {
		const path = join(folder, "flash.bin");
		createFlash({ board: "sim", path });
		expect(() => writePartition(path, "kv", Buffer.alloc(0x10001))).toThrow("do not fit into kv");
		expect(() => readPartition(path, "none")).toThrow("there is no partition none");
		writeFileSync(path, "short");
		expect(() => readPartition(path, "kv")).toThrow("is no flash file");
	});
});
