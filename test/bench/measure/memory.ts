// RAM of a connected device in the 32-bit build, where a slot has 16 bytes as on a chip. Built-ins and preloaded modules
// lie in the simulator's ROM area as they do in a chip's flash, so what it counts is the device's own.
import type { Client } from "../client";
import { type Bench, type Measurement, withClient } from "../measurement";
import { ours } from "../results";

/** What a device holds, in bytes. */
interface Held {
	/** After a collection. */
	readonly slots: number;
	readonly chunks: number;
	/** All of it: a board has to give it. */
	readonly stack: number;
	readonly tls: number;
	readonly tlsPeak: number;
	/** C objects, and what XS itself takes from the C heap. */
	readonly c: number;
	readonly rom: number;
}

/** The line that `linkxs-sim run --instrument` prints at the end. */
const instrumented =
	/# end: .* TLS (?<tls>\d+) \(peak (?<tlsPeak>\d+)\), C objects (?<objects>\d+) .* XS's C heap (?<xs>\d+) .* ROM (?<rom>\d+) bytes/;

function numbers(
	text: string,
	values: Readonly<Record<string, unknown>> | undefined,
	keys: readonly string[],
): number[] {
	return keys.map((key) => {
		const value = Number(values?.[key]);
		if (!Number.isFinite(value)) throw new Error(`the device's figures lack ${key}: ${text}`);
		return value;
	});
}

/** What a device holds after some messages, still connected. */
async function held(bench: Bench, client: Client, tls: boolean): Promise<Held> {
	return withClient(bench, client, { tls, count: 100, hold: true }, {}, async (running) => {
		const text = await running.text("memory");
		await running.stop();
		const line = instrumented.exec(running.said)?.groups;
		const [slots = 0, chunks = 0, stack = 0] = numbers(text, JSON.parse(text), ["slots", "chunks", "stack"]);
		const keys = ["tls", "tlsPeak", "objects", "xs", "rom"];
		const [now = 0, tlsPeak = 0, objects = 0, xs = 0, rom = 0] = numbers(running.said, line, keys);
		return { slots, chunks, stack, tls: now, tlsPeak, c: objects + xs, rom };
	});
}

const total = ({ slots, chunks, stack, tls, c }: Held): number => slots + chunks + stack + tls + c;

export const memory: Measurement = {
	title: "RAM",
	rows: ["ram/total", "ram/slots", "ram/chunks", "ram/stack", "ram/tls", "ram/c", "ram/plain", "ram/built-ins"],
	async run(bench) {
		if (!bench.small) return;
		bench.progress("plain");
		const plain = await held(bench, bench.small, false);
		bench.progress("TLS");
		const it = await held(bench, bench.small, true);
		const set = (name: string, value: number) => bench.results.set(`ram/${name}`, ours, value);
		set("total", total(it));
		for (const part of ["slots", "chunks", "stack", "tls", "c"] as const) set(part, it[part]);
		set("tls-peak", it.tlsPeak);
		set("plain", total(plain));
		set("built-ins", it.rom);
	},
};
