// RAM of a connected device in the 32-bit build, where a slot has 16 bytes as on a chip. Built-ins and preloaded modules
// lie in the simulator's ROM area as they do in a chip's flash, so what hal/system counts is the device's own.
import type { Client } from "../client";
import { type Bench, type Measurement, withClient } from "../measurement";
import { ours } from "../results";

interface Figures {
	readonly slots: number;
	readonly chunks: number;
	readonly slotsPeak: number;
	readonly chunksPeak: number;
	readonly stack: number;
	readonly native: number;
	readonly nativePeak: number;
}

const keys = ["slots", "chunks", "slotsPeak", "chunksPeak", "stack", "native", "nativePeak"] as const;

function isFigures(value: unknown): value is Figures {
	if (typeof value !== "object" || value === null) return false;
	return keys.every((key) => typeof (value as Record<string, unknown>)[key] === "number");
}

/** What a device holds after some messages, connected, garbage collected. */
async function held(bench: Bench, client: Client, tls: boolean): Promise<Figures> {
	const text = await withClient(bench, client, { tls, count: 100, hold: true }, {}, (running) =>
		running.text("memory"),
	);
	const figures: unknown = JSON.parse(text);
	if (!isFigures(figures)) throw new Error(`the device's figures are not complete: ${text}`);
	return figures;
}

export const memory: Measurement = {
	title: "RAM",
	rows: ["ram/"],
	async run(bench) {
		if (!bench.small) return;
		bench.progress("plain");
		const plain = await held(bench, bench.small, false);
		bench.progress("TLS");
		const tls = await held(bench, bench.small, true);
		const set = (name: string, value: number) => bench.results.set(`ram/${name}`, ours, value);
		const total = (it: Figures) => it.slots + it.chunks + it.stack + it.native;
		set("total", total(tls));
		set("plain", total(plain));
		set("slots", tls.slots);
		set("chunks", tls.chunks);
		set("stack", tls.stack);
		set("tls", tls.native - plain.native);
		set("c", plain.native);
		set("peak", tls.slotsPeak + tls.chunksPeak + tls.stack + tls.nativePeak);
	},
};
