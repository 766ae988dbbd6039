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
/** Connections that may be left over, of those that the program takes. */
const STANDING = 4;

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

/** What the chip has said last to a port of ours, and how much it has echoed there. */
interface Peer {
	readonly sequence: number;
	readonly acknowledged: number;
	readonly flags: number;
	readonly echoed: number;
}

/** A world of one chip that runs test/device/simulator/fuzzed.ts. */
async function world(): Promise<{
	wire: Wire;
	device: Emulator;
	memory: () => Promise<Record<string, number>>;
	peers: Map<number, Peer>;
}> {
	const path = join(folder(), "flash.bin");
	createFlash({ board: BOARD, path });
	const wire = await Wire.make();
	const { loader, more } = toTheImage(await image("fuzzed"));
	const device = boot(path, { loader, more, nic: wire.nic });
	await device.line("ready", 60_000);
	let answered: ((text: string) => void) | undefined;
	const peers = new Map<number, Peer>();
	wire.onPacket = (protocol, payload) => {
		if (protocol === 6)
			peers.set(payload.readUInt16BE(2), {
				sequence: payload.readUInt32BE(4),
				acknowledged: payload.readUInt32BE(8),
				flags: payload[13] ?? 0,
				echoed: (peers.get(payload.readUInt16BE(2))?.echoed ?? 0) + payload.length - ((payload[12] ?? 0) >> 4) * 4,
			});
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
	return { wire, device, memory, peers };
}

describeChip("a network that is up to no good", () => {
	useChip("release");
	const nothing = Buffer.alloc(0);
	const segment = (change: Partial<Segment>): Segment => ({
		...{ from: 2000, to: 7, sequence: 1, acknowledged: 0, flags: flags.syn, window: 4096, data: nothing },
		...change,
	});

	async function survives(
		what: string,
		next: (wire: Wire, pick: (below: number) => number, peers: ReadonlyMap<number, Peer>) => Buffer,
	) {
		const { wire, device, memory, peers } = await world();
		const pick = random(seed);
		const before = await memory();
		for (let i = 0; i < count; i++) {
			wire.send(next(wire, pick, peers));
			if (i % BURST === BURST - 1) await new Promise((resolve) => setImmediate(resolve));
			if (i % 500 === 499) await memory();
		}
		// Half-open connections and fragments are given up in a while.
		let after = await memory();
		for (let i = 0; i < 30 && (after["native"] ?? 0) > (before["native"] ?? 0); i++) {
			await new Promise((resolve) => setTimeout(resolve, 1000));
			after = await memory();
		}
		process.stdout.write(
			`${what}: ${count}, seed ${seed}; before ${JSON.stringify(before)}, after ${JSON.stringify(after)}\n`,
		);
		expect(device.events.filter(({ event }) => event === "trap" || event === "reset")).toEqual([]);
		// What has got through a handshake by chance may stand for as long as its peer is silent.
		expect(after["native"]).toBeLessThanOrEqual((before["native"] ?? 0) + STANDING * 512);
		expect((after["slots"] ?? 0) + (after["chunks"] ?? 0)).toBeLessThan(
			(before["slots"] ?? 0) + (before["chunks"] ?? 0) + 2048,
		);
		await device.stop();
		wire.close();
		return peers;
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

	test("TCP segments to a listener and to its open connections", { timeout: 1_800_000 }, async () => {
		const peers = await survives("segments", (wire, pick, peers) => {
			const from = 2000 + pick(4);
			const peer = peers.get(from);
			const isOpen = peer !== undefined && (peer.flags & flags.rst) === 0;
			const kinds = [flags.ack, flags.ack | flags.push, flags.ack | flags.push, pick(64)];
			const rare = [flags.syn, flags.rst, flags.fin | flags.ack, pick(256)];
			// Near what the other end waits for, so that most hit the connection that stands.
			const near = (value: number, by: number) =>
				pick(3) ? value + (pick(4) ? 0 : pick(by) - by / 2) : pick(0x1_0000_0000);
			const kind = isOpen ? (pick(16) ? kinds : rare)[pick(4)] : flags.syn;
			return wire.frame(
				0x0800,
				tcp({
					from,
					to: pick(16) ? 7 : pick(65_536),
					sequence: near(peer?.acknowledged ?? 1, 3000),
					acknowledged: near((peer?.sequence ?? 0) + ((peer?.flags ?? 0) & flags.syn ? 1 : 0), 3000),
					flags: kind ?? 0,
					window: pick(65_536),
					data: Buffer.alloc(kind === flags.syn ? 0 : pick(3) ? pick(64) : pick(1400), pick(256)),
				}),
			);
		});
		// They weren't all turned away: connections stood, and what they said was echoed.
		const echoed = [...peers.values()].reduce((sum, it) => sum + it.echoed, 0);
		process.stdout.write(`segments: ${echoed} bytes echoed\n`);
		expect(echoed).toBeGreaterThan(1000);
	});
});
