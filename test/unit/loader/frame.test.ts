// Frames of the boot loader's protocol, the host's side; the page's own bytes among them.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { frameOf, LoaderDeframer } from "../../../tools/lib/loader/frame";

const page = readFileSync(new URL("../../../hal/BURN.md", import.meta.url), "utf8");

function framesOf(...parts: Uint8Array[]) {
	const deframer = new LoaderDeframer();
	const frames = [];
	for (const part of parts) {
		deframer.push(part);
		for (let frame = deframer.next(); frame; frame = deframer.next()) frames.push(frame);
	}
	return frames;
}

const answer = frameOf(0x84, 7, Buffer.from("000100002000", "hex"));

test("the whole frames of hal/BURN.md are what we make", () => {
	const hex = (frame: Buffer) => (frame.toString("hex").match(/../g) ?? []).join(" ").toUpperCase();
	for (const frame of [frameOf(1, 0x1234), frameOf(6, 8), answer]) expect(page).toContain(hex(frame));
});

test("a frame is found whole, in any pieces, and behind any garbage", () => {
	const wanted = [
		expect.objectContaining({ version: 1, type: 0x84, id: 7, payload: Buffer.from("000100002000", "hex") }),
	];
	expect(framesOf(answer)).toEqual(wanted);
	expect(framesOf(...[...answer].map((byte) => Uint8Array.of(byte)))).toEqual(wanted);
	expect(framesOf(Buffer.from("what is this"), answer)).toEqual(wanted);
	expect(framesOf(Buffer.alloc(30, 0xb5), answer)).toEqual(wanted);
	expect(framesOf(Buffer.from("b500000000000000000000", "hex"), answer)).toEqual(wanted);
	expect(framesOf(Buffer.from("b50101ffffffff", "hex"), answer)).toEqual(wanted);
	expect(framesOf(answer, answer)).toEqual([...wanted, ...wanted]);
});

test("one bit wrong, anywhere: no frame, and the next one is found", () => {
	for (let bit = 0; bit < answer.length * 8; bit++) {
		const wrong = Buffer.from(answer);
		wrong.writeUInt8(wrong.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
		const deframer = new LoaderDeframer();
		deframer.push(wrong);
		expect(deframer.next()).toBeUndefined();
		deframer.push(answer);
		let found = deframer.next();
		// A size that is too large is only shown to be wrong by silence.
		while (!found && deframer.inFrame) {
			deframer.cut();
			found = deframer.next();
		}
		expect(found?.payload).toEqual(Buffer.from("000100002000", "hex"));
	}
});
