// Frames and segments of a network that is up to no good: the chip lives on, answers, and has as much memory as before.
// 10^5 of each with LINKXS_ALL, else fewer; LINKXS_SEED repeats a run.

import { join } from "node:path";
import { expect, test } from "vitest";
import type { Emulator } from "../../tools/chip/emulator";
import { createFlash } from "../../tools/lib/flash-image";
import { describeChip } from "../lib/chip";
import { toTheImage } from "./direct";
import { BOARD, boot, folder, image, useChip } from "./firmware";
import { flags, ip, type Segment, tcp, udp, Wire } from "./wire";

const all = process.env["LINKXS_ALL"] === "1";
const count = all ? 100_000 : 5_000;
const seed = Number(process.env["LINKXS_SEED"] ?? 12);
/** Sent without an answer in between: the chip has as many buffers for frames. */
const BURST = 8;

/** Numbers that the seed decides (mulberry32). */
function random(from: number): (below: number) => number {
	let state = from;
	return (below) => {
		state = (state + 0x6d2b79f5) | 0;
		let it = Math.imul(state ^ (state >>> 15), 1 | state);
		it = (it + Math.imul(it ^ (it >>> 7), 61 | it)) ^ it;
		return ((it ^ (it >>> 14)) >>> 0) % below;
	};
}

/** A world of one chip that runs test/device/simulator/fuzzed.ts. */
async function world(): Promise<{ wire: Wire; device: Emulator; memory: () => Promise<Record<string, number>> }> {
	const path = join(folder(), "flash.bin");
	createFlash({ board: BOARD, path });
	const wire = await Wire.make();
	const { loader, more } = toTheImage(await image("fuzzed"));
	const device = boot(path, { loader, more, nic: wire.nic });
	await device.line("ready", 60_000);
	let answered: ((text: string) => void) | undefined;
	wire.onPacket = (protocol, payload) => {
		if (protocol === 17 && payload.readUInt16BE(0) === 9) answered?.(payload.subarray(8).toString());
	};
	const memory = async () => {
		for (let i = 0; i < 200; i++) {
			const answer = new Promise<string | undefined>((resolve) => {
				answered = resolve;
				setTimeout(() => resolve(undefined), 300);
			});
			wire.packet(udp(1009, 9, Buffer.from("memory")));
			const text = await answer;
			if (text !== undefined) return JSON.parse(text) as Record<string, number>;
		}
		throw new Error(`the chip doesn't answer:\n${device.lines.slice(-20).join("\n")}`);
	};
	return { wire, device, memory };
}

describeChip("a network that is up to no good", () => {
	useChip("release");
	const nothing = Buffer.alloc(0);
	const segment = (change: Partial<Segment>): Segment => ({
		...{ from: 2000, to: 7, sequence: 1, acknowledged: 0, flags: flags.syn, window: 4096, data: nothing },
		...change,
	});

	async function survives(what: string, next: (wire: Wire, pick: (below: number) => number) => Buffer) {
		const { wire, device, memory } = await world();
		const pick = random(seed);
		const before = await memory();
		for (let i = 0; i < count; i++) {
			wire.send(next(wire, pick));
			if (i % BURST === BURST - 1) await new Promise((resolve) => setImmediate(resolve));
			if (i % 500 === 499) await memory();
		}
		// Half-open connections and fragments are given up in a while.
		let after = await memory();
		for (let i = 0; i < 60 && (after["native"] ?? 0) > (before["native"] ?? 0); i++) {
			await new Promise((resolve) => setTimeout(resolve, 1000));
			after = await memory();
		}
		process.stdout.write(
			`${what}: ${count}, seed ${seed}; before ${JSON.stringify(before)}, after ${JSON.stringify(after)}\n`,
		);
		expect(device.events.filter(({ event }) => event === "trap" || event === "reset")).toEqual([]);
		expect(after["native"]).toBeLessThanOrEqual(before["native"] ?? 0);
		expect((after["slots"] ?? 0) + (after["chunks"] ?? 0)).toBeLessThan(
			(before["slots"] ?? 0) + (before["chunks"] ?? 0) + 2048,
		);
		await device.stop();
		wire.close();
	}

	test("Ethernet frames: random, and ARP, IP, ICMP, UDP, DHCP, TCP, IPv6 with changed bytes", {
		timeout: 1_800_000,
	}, async () => {
		await survives("frames", (wire, pick) => {
			const neighbour = Buffer.from(
				`6000000000203afffe8000000000000000000000000000aaff0200000000000000000001ff000001${"8700".padEnd(64, "0")}`,
				"hex",
			);
			const good = [
				() => wire.arp(1),
				() => wire.frame(0x0800, ip(1, Buffer.from("0800f7ff00000000", "hex"))),
				() => wire.frame(0x0800, udp(1009, 9, Buffer.from("nothing"))),
				() => wire.frame(0x0800, udp(67, 68, wire.offer(Buffer.alloc(240), 5))),
				() => wire.frame(0x0800, udp(53, 53, Buffer.alloc(40))),
				() => wire.frame(0x0800, tcp(segment({ from: 1024 + pick(60_000) }))),
				() => wire.frame(0x86dd, neighbour),
			];
			if (pick(4) === 0) return Buffer.from(Array.from({ length: 14 + pick(1500) }, () => pick(256)));
			const frame = Buffer.from((good[pick(good.length)] ?? good[0])?.() ?? nothing);
			for (let changes = pick(4); changes > 0; changes--) frame[12 + pick(frame.length - 12)] = pick(256);
			return pick(8) === 0 ? frame.subarray(0, 14 + pick(frame.length - 14)) : frame;
		});
	});

	test("TCP segments to a listener and to its connections", { timeout: 1_800_000 }, async () => {
		await survives("segments", (wire, pick) => {
			const kinds = [flags.syn, flags.ack, flags.ack | flags.push, flags.rst, flags.fin | flags.ack, pick(64)];
			return wire.frame(
				0x0800,
				tcp(
					segment({
						from: 2000 + pick(4),
						to: pick(8) ? 7 : pick(65_536),
						sequence: pick(2) ? pick(70_000) : pick(0x1_0000_0000),
						acknowledged: pick(2) ? pick(70_000) : pick(0x1_0000_0000),
						flags: kinds[pick(kinds.length)] ?? 0,
						window: pick(65_536),
						data: Buffer.alloc(pick(3) ? pick(64) : pick(1400), pick(256)),
					}),
				),
			);
		});
	});
});
