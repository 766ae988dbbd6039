// Random and mutated packets into the decoder. LINKXS_SEED repeats a run, LINKXS_FUZZ says how many packets.
import { aesCtr, digest, equal as sameBytes } from "hal/crypto";
import { memory } from "hal/system";
import { encode } from "hal/text";
import config from "mc/config";
import { publish, publishSize } from "mqtt/codec";
import { BUFFER_MIN, Reader, type Receiver } from "mqtt/reader";
import { topicField } from "mqtt/topic";
import { expect, test } from "test/expect";
import { bad, good } from "../../unit/mqtt/packets";
import { bytes, concat, publishPacket } from "../../unit/mqtt/support";

const { packets, seed } = config as { packets: number; seed: number };
console.log(`fuzz: LINKXS_SEED=${seed}, ${packets} packets`);

/** The errors that a reader has. */
const CODES = "remaining-length flags packet-type qos topic packet-id truncated too-large";

/** Random bytes that the seed decides, made by AES-CTR: cheaper on XS than any generator in JavaScript. */
class Random {
	#key = digest("SHA256", encode(`fuzz ${seed}`)).slice(0, 16);
	#counter = new Uint8Array(16);
	#zeros = new Uint8Array(4096);
	#block = new Uint8Array(0);
	#at = 0;

	/** 0–255. */
	byte(): number {
		if (this.#at >= this.#block.byteLength) {
			const counter = this.#counter;
			for (let i = 0; i < 4; i += 1) {
				counter[i] = ((counter[i] ?? 0) + 1) & 255;
				if (counter[i] !== 0) break;
			}
			this.#block = aesCtr(this.#key, counter, this.#zeros);
			this.#at = 0;
		}
		return this.#block[this.#at++] as number;
	}

	/** Below `end`, at most 65,536. */
	below(end: number): number {
		const value = end > 256 ? (this.byte() << 8) | this.byte() : this.byte();
		return value % end;
	}
}

/** Counts, and checks what a receiver may rely on. */
class Checker implements Receiver {
	packets = 0;
	broken = "";
	#offset = 0;

	onConnack(): undefined {
		this.packets += 1;
	}

	onPublish(topic: string, payload: Uint8Array, offset: number, total: number, id: number): undefined {
		this.packets += 1;
		const end = offset + payload.byteLength;
		if (offset !== 0 && offset !== this.#offset) this.broken = `piece at ${offset}, not ${this.#offset}`;
		if (end > total || topic.length === 0 || id > 0xffff) this.broken = `${topic} ${offset} ${end} ${total} ${id}`;
		this.#offset = end;
	}

	onPuback(id: number): undefined {
		this.packets += 1;
		if (id === 0) this.broken = "PUBACK 0";
	}

	onSuback(id: number, codes: Uint8Array): undefined {
		this.packets += 1;
		if (id === 0 || codes.byteLength === 0) this.broken = "SUBACK";
	}

	onUnsuback(id: number): undefined {
		this.packets += 1;
		if (id === 0) this.broken = "UNSUBACK 0";
	}

	onPingresp(): undefined {
		this.packets += 1;
	}
}

const corpus = [
	...[...good, ...bad].map(([, packet]) => bytes(packet)),
	publishPacket("a/b", new Uint8Array(200), 77),
	publishPacket("a/b", new Uint8Array(700), 77),
	publishPacket("/sys/pk/dn/thing/service/property/set", new Uint8Array(40), 77),
];

/** Put `count` bytes of `from` into the reader, in one to three chunks. @returns what is wrong. */
function feed(reader: Reader, from: Uint8Array, count: number, random: Random): string | undefined {
	let at = 0;
	let left = count;
	while (left > 0) {
		const most = left > 4 && random.byte() < 64 ? 1 + random.below(left) : left;
		const space = reader.space(most);
		const length = space.byteLength;
		space.set(at === 0 && length === from.byteLength ? from : from.subarray(at, at + length));
		at += length;
		left -= length;
		const wrong = reader.filled(length);
		if (wrong !== undefined) return wrong;
	}
	return undefined;
}

test("random and mutated packets do no harm", () => {
	const random = new Random();
	const checker = new Checker();
	const reader = new Reader(checker, BUFFER_MIN);
	const scratch = new Uint8Array(1024);
	const errors = new Map<string, number>();
	const started = Date.now();
	let early = 0;
	for (let i = 0; i < packets; i += 1) {
		let count: number;
		if (random.byte() < 32) {
			count = 1 + random.below(24);
			for (let at = 0; at < count; at += 1) scratch[at] = random.byte();
		} else {
			const packet = corpus[random.below(corpus.length)] as Uint8Array;
			count = packet.byteLength;
			scratch.set(packet);
			for (let flips = random.byte() & 3; flips > 0; flips -= 1) scratch[random.below(count)] = random.byte();
			if (random.byte() < 24) count = 1 + random.below(count);
		}
		const wrong = feed(reader, scratch, count, random);
		if (wrong === undefined && random.byte() < 250) continue;
		if (wrong !== undefined) errors.set(wrong, (errors.get(wrong) ?? 0) + 1);
		reader.reset();
		if (i > packets / 10 && early === 0) early = used();
	}
	const ms = Date.now() - started;
	console.log(`fuzz: ${checker.packets} packets taken, ${[...errors].map(([code, n]) => `${n} ${code}`)}, ${ms} ms`);
	expect(checker.broken).toBe("");
	expect([...errors.keys()].filter((code) => !CODES.includes(code))).toEqual([]);
	expect(errors.size).toBe(CODES.split(" ").length);
	expect(checker.packets).toBeGreaterThan(packets / 10);
	expect(used() - early).toBeLessThan(2048);
	expect(ms).toBeLessThan(60_000);
}, 120_000);

/** Slots and chunks in use, after a collection. */
function used(): number {
	const { slots, chunks } = memory(true);
	return slots + chunks;
}

test("what is emitted is read again, the same", () => {
	const random = new Random();
	let got = "";
	let kept = new Uint8Array(0);
	const reader = new Reader(
		Object.assign(new Checker(), {
			onPublish(topic: string, payload: Uint8Array, offset: number, total: number, id: number): undefined {
				got = `${topic} ${offset} ${total} ${id}`;
				kept = payload.slice();
			},
		}),
		4096,
	);
	for (let i = 0; i < 500; i += 1) {
		const topic = `t/${"ü".repeat(random.below(60))}${random.byte()}`;
		const payload = new Uint8Array(random.below(3000));
		for (let at = 0; at < payload.byteLength; at += 37) payload[at] = random.byte();
		const qos = random.byte() & 1 ? 1 : 0;
		const id = qos ? 1 + random.below(65_535) : 0;
		const field = topicField(topic);
		const packet = new Uint8Array(publishSize(field.byteLength, payload.byteLength, qos));
		publish(packet, 0, field, field.byteLength, payload, payload.byteLength, qos, id);
		// One more byte behind it stays where it is.
		expect(feed(reader, concat(packet, Uint8Array.of(0xd0)), packet.byteLength + 1, random)).toBeUndefined();
		expect(got).toBe(`${topic} 0 ${payload.byteLength} ${id}`);
		expect(sameBytes(kept, payload)).toBe(true);
		reader.reset();
	}
}, 60_000);
