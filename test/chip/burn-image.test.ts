// `linkxs burn image` against the real boot loader in the emulator.
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { ROOT } from "../../tools/build/places";
import { frameOf, LoaderDeframer } from "../../tools/lib/loader/frame";
import {
	BOARD,
	chip,
	client,
	decision,
	folder,
	newFlash,
	portOf,
	said,
	sealDigest,
	sealed,
	tinyImage,
	useLoader,
} from "./loader-world";

useLoader();

const run = promisify(execFile);

interface Ended {
	readonly code: number;
	readonly stdout: string;
	readonly stderr: string;
}

function linkxs(...args: string[]): Promise<Ended> {
	return run("node", [join(ROOT, "tools", "linkxs.mjs"), ...args]).then(
		(output) => ({ code: 0, ...output }),
		(error: Ended) => ({ code: error.code, stdout: error.stdout, stderr: error.stderr }),
	);
}

function file(image: Uint8Array): string {
	const path = join(folder(), "test.image");
	writeFileSync(path, image);
	return path;
}

/** A cable to the chip that breaks once so many bytes went to it. */
async function cable(port: string, breaksAfter: number): Promise<{ port: string; unplug(): void }> {
	const [, host = "", number] = /^tcp:(.*):(\d+)$/.exec(port) ?? [];
	let left = breaksAfter;
	const sockets: Socket[] = [];
	const unplug = () => {
		for (const socket of sockets.splice(0)) socket.destroy();
		server.close();
	};
	const server = createServer((near) => {
		const far = connect(Number(number), host);
		sockets.push(near, far);
		far.pipe(near);
		near.on("data", (bytes) => {
			const part = bytes.subarray(0, left);
			left -= part.length;
			far.write(part, () => left <= 0 && unplug());
		});
		for (const socket of [near, far]) socket.on("error", () => socket.destroy());
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const address = server.address();
	return { port: `tcp:127.0.0.1:${typeof address === "object" ? address?.port : 0}`, unplug };
}

test("burns into the slot that doesn't run, starts it, and tells what it did", async () => {
	const flash = newFlash(tinyImage());
	const device = chip(flash, { straps: ["wait=60000"] });
	const image = file(tinyImage({ version: "2.0", size: 50_000 }));
	const done = await linkxs("burn", "image", image, "--port", await portOf(device), "--json");
	expect(done).toMatchObject({ code: 0, stderr: "" });
	expect(JSON.parse(done.stdout)).toMatchObject({
		...{ board: BOARD, version: "2.0", slot: "ota_1", bytes: 50_000, sent: 50_000, started: true },
	});
	await device.line("tiny program in slot 1");
	expect(said(device)).toEqual([
		`# loader: ota_1: burning ${BOARD} 2.0, 50000 bytes, from 0 on`,
		`# loader: ota_1: ${BOARD} 2.0 is burned and verified`,
		`# loader: ota_1: starting ${BOARD} 2.0`,
		"tiny program in slot 1",
	]);
	await device.stop();
	expect(decision(flash)).toMatchObject({ state: "confirmed", slot: 1 });
});

test("over a pty, into a slot by its name; what is there is not sent again", async () => {
	const flash = newFlash();
	const device = chip(flash, { serial: "pty" });
	const { path = "" } = await device.event("serial");
	const image = file(tinyImage());
	const burn = () => linkxs("burn", "image", image, "--port", path, "--slot", "ota_1", "--no-start", "--json");
	const first = await burn();
	expect(JSON.parse(first.stdout)).toMatchObject({ slot: "ota_1", sent: 10_000, started: false });
	const again = await burn();
	expect(JSON.parse(again.stdout)).toMatchObject({ slot: "ota_1", sent: 0 });
	await device.stop();
	expect(decision(flash)).toMatchObject({ state: "confirmed", slot: 1 });
});

test.each(process.env["LINKXS_ALL"] ? [1, 700, 5000, 21_000, 39_000] : [700, 39_000])(
	"a cable pulled after %i bytes: the next burn continues behind what is there",
	async (bytes) => {
		const flash = newFlash(tinyImage());
		const device = chip(flash, { straps: ["wait=60000"] });
		const broken = await cable(await portOf(device), bytes);
		const image = file(tinyImage({ version: "2.0", size: 40_000 }));
		const failed = await linkxs("burn", "image", image, "--port", broken.port, "--wait", "1");
		expect(failed.code).toBe(1);
		expect(failed.stderr).toMatch(/run it again, it continues\n$/i);
		broken.unplug();
		const done = await linkxs("burn", "image", image, "--port", await portOf(device), "--json");
		expect(done).toMatchObject({ code: 0, stderr: "" });
		const { sent } = JSON.parse(done.stdout) as { sent: number };
		// All but the whole blocks that had arrived, and one whose answer may not have come any more.
		const arrived = Math.max(0, Math.floor((bytes - 309) / (4096 + 15))) * 4096;
		expect(40_000 - sent).toBeLessThanOrEqual(arrived);
		expect(40_000 - sent).toBeGreaterThanOrEqual(arrived - 4096);
		await device.line("tiny program in slot 1");
		await device.stop();
	},
);

test("what can't be burned is told, and nothing is written", async () => {
	const flash = newFlash(tinyImage());
	const device = chip(flash, { straps: ["wait=60000"] });
	const port = await portOf(device);
	const refusal = async (image: Buffer, ...more: string[]) => {
		const { code, stderr } = await linkxs("burn", "image", file(image), "--port", port, ...more);
		expect(code).toBe(1);
		return stderr.trim();
	};
	expect(await refusal(tinyImage({ board: "chip-nrf52" }))).toBe(
		`the image is for chip-nrf52, the board on the line is ${BOARD}`,
	);
	expect(await refusal(tinyImage({ size: 3_000_000 }))).toMatch(
		/^the image has 3000000 bytes, a slot of the board \d+$/,
	);
	expect(await refusal(tinyImage(), "--slot", "7")).toBe("the board has no slot ota_7; it has ota_0, ota_1");
	expect(await refusal(Buffer.from("what"))).toMatch(/no firmware image$/);
	expect(await refusal(tinyImage().fill(0, 9000, 9010))).toMatch(/the image is damaged \(SHA-256\)$/);
	const host = await client(device);
	// The loader has its own eyes.
	await expect(host.burn(tinyImage({ board: "chip-nrf52" }), undefined)).rejects.toMatchObject({ code: "wrong-board" });
	await expect(host.burn(tinyImage({ size: 1_990_000 }), undefined)).rejects.toMatchObject({ code: "too-large" });
	await expect(host.burn(tinyImage(), 5)).rejects.toMatchObject({ code: "no-slot" });
	const kind = tinyImage();
	kind.writeUInt16LE(2, 6);
	await expect(host.burn(sealed(kind), undefined)).rejects.toMatchObject({ code: "bad-image" });
	await expect(host.burn(tinyImage().fill(1, 50, 51), undefined)).rejects.toMatchObject({ code: "bad-image" });
	expect((await linkxs("burn", "image", "--flash", flash, "--port", port)).code).toBe(2);
	expect((await linkxs("burn", "image", "--port", port, "--slot", "kitchen")).code).toBe(2);
	await device.stop();
	expect(decision(flash)).toBeUndefined();
});

test("a body with another digest than its header's is never an image; the former one starts", async () => {
	const flash = newFlash(tinyImage());
	const device = chip(flash, { straps: ["wait=60000"] });
	const host = await client(device);
	const image = tinyImage({ version: "2.0" });
	image.writeUInt8(image.readUInt8(7000) ^ 1, 7000);
	await expect(host.burn(image, undefined)).rejects.toMatchObject({ code: "wrong-digest" });
	expect((await host.find(2000))?.slots).toMatchObject([{ state: "image" }, { state: "empty" }]);
	await host.boot();
	await device.line("tiny program in slot 0");
	await device.stop();
});

test("another image in the slot loses its header before it loses a byte", async () => {
	const flash = newFlash(tinyImage());
	const device = chip(flash, { straps: ["wait=60000"] });
	const host = await client(device);
	await host.burn(tinyImage({ version: "2.0", seed: 7 }), 0);
	await expect(
		host.burn(tinyImage({ version: "3.0", seed: 7, size: 30_000 }), 0, (done) => {
			if (done > 8000) throw new Error("enough");
		}),
	).rejects.toThrow("enough");
	expect((await host.find(2000))?.slots[0]).toMatchObject({ state: "empty" });
	// The same blocks with another header: one block goes again.
	const again = tinyImage({ version: "3.0", seed: 7, size: 30_000 });
	expect((await host.burn(again, 0)).sent).toBeLessThan(30_000);
	expect(await host.burn(sealDigest(Buffer.from(again).fill("4", 48, 49)), 0)).toMatchObject({ sent: 4096 });
	await host.boot();
	await device.line(`ota_0: starting ${BOARD} 4.0`);
	await device.stop();
});

/** Sends bytes, answers the frames that come until it's silent. */
async function exchange(port: string, bytes: Uint8Array): Promise<{ type: number; id: number; status: number }[]> {
	const [, host = "", number] = /^tcp:(.*):(\d+)$/.exec(port) ?? [];
	const socket = connect(Number(number), host);
	const deframer = new LoaderDeframer();
	socket.on("data", (more) => deframer.push(more));
	socket.write(bytes);
	await new Promise((resolve) => setTimeout(resolve, 900));
	socket.destroy();
	const frames = [];
	for (let frame = deframer.next(); frame; frame = deframer.next())
		frames.push({ type: frame.type, id: frame.id, status: frame.payload.readUInt8(0) });
	return frames;
}

test("garbage, cut frames, wrong sums and lengths: passed over, the next request is answered", async () => {
	const device = chip(newFlash());
	await device.line("waiting for one");
	const port = await portOf(device);
	const identify = frameOf(1, 0x1234);
	const answer = { type: 0x81, id: 0x1234, status: 0 };
	const wrong = Buffer.from(identify);
	wrong.writeUInt8(wrong.readUInt8(9) ^ 1, 9);
	expect(await exchange(port, Buffer.concat([Buffer.alloc(3000, 0x5a), identify]))).toEqual([answer]);
	expect(await exchange(port, Buffer.concat([wrong, identify]))).toEqual([answer]);
	// A length of 4,000 that never comes: silence ends it.
	expect(await exchange(port, Buffer.concat([Buffer.from("b5010100010fa0", "hex"), identify]))).toEqual([answer]);
	expect(await exchange(port, Buffer.concat([Buffer.from("b501010001ffff", "hex"), identify]))).toEqual([answer]);
	expect(await exchange(port, Buffer.concat([Buffer.alloc(40, 0xb5), identify]))).toEqual([answer]);
	expect(await exchange(port, Buffer.concat([identify.subarray(0, 5), identify]))).toEqual([answer]);
	const later = Buffer.from(frameOf(1, 7));
	later.writeUInt8(2, 1);
	expect(await exchange(port, Buffer.concat([later, identify]))).toEqual([answer]);
	// An unknown command, a write and an end before any begin, an answer.
	expect(
		await exchange(
			port,
			Buffer.concat([frameOf(9, 1), frameOf(4, 2, Buffer.alloc(8)), frameOf(5, 3), frameOf(0x81, 4)]),
		),
	).toEqual([
		{ type: 0x89, id: 1, status: 3 },
		{ type: 0x84, id: 2, status: 11 },
		{ type: 0x85, id: 3, status: 11 },
	]);
	await device.stop();
});

test("no loader on the line: says what to do", async () => {
	const device = chip(newFlash(tinyImage()));
	await device.line("tiny program in slot 0");
	const { code, stderr } = await linkxs("burn", "image", "--port", await portOf(device), "--wait", "1");
	expect(code).toBe(1);
	expect(stderr).toContain("no boot loader answers");
	expect(stderr).toContain("Reset the board while this waits");
	await device.stop();
});

test("a board that is reset by hand while it waits is caught", async () => {
	const device = chip(newFlash(tinyImage()), { straps: [] });
	await device.line("tiny program in slot 0");
	const burning = linkxs(
		"burn",
		"image",
		file(tinyImage({ version: "2.0" })),
		"--port",
		await portOf(device),
		"--json",
	);
	await new Promise((resolve) => setTimeout(resolve, 4500));
	await device.reset();
	expect(await burning).toMatchObject({ code: 0 });
	await device.line("tiny program in slot 1");
	await device.stop();
});

test("into a flash file, by the same rules", async () => {
	const flash = newFlash();
	const burn = async (version: string, ...more: string[]) => {
		const done = await linkxs("burn", "image", file(tinyImage({ version })), "--flash", flash, "--json", ...more);
		expect(done.stderr).toBe("");
		return (JSON.parse(done.stdout) as { slot: string }).slot;
	};
	expect([await burn("1.0"), await burn("2.0"), await burn("3.0"), await burn("4.0", "--slot", "0")]).toEqual([
		...["ota_0", "ota_1", "ota_0", "ota_0"],
	]);
	expect(decision(flash)).toMatchObject({ state: "confirmed", slot: 0, former: 1 });
	const device = chip(flash);
	await device.line("tiny program in slot 0");
	expect(said(device)[0]).toBe(`# loader: ota_0: starting ${BOARD} 4.0`);
	const busy = await linkxs("burn", "image", file(tinyImage()), "--flash", flash);
	expect(busy.code).toBe(1);
	expect(busy.stderr).toContain("in use by a device that runs");
	await device.stop();
	const other = await linkxs("burn", "image", file(tinyImage({ board: "chip-nrf52" })), "--flash", flash);
	expect(other.stderr).toContain(`the image is for chip-nrf52, the flash is of ${BOARD}`);
});
