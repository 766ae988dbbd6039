// A supply that never holds: cut after cut on one flash, in writes and in every recovery from them. Nothing is lost, no
// room is used up, and no nonce comes twice in all that time.
import { Key } from "hal/crypto";
import { expect, test } from "vitest";
import { cutModes, FlashSimulator, generator } from "../lib/flash-simulator";
import { apply, isSame, noise, type State, type Step, World } from "./vault-scenarios";

const all = process.env.LINKXS_ALL === "1";

function change(random: () => number): Step {
	if (random() < 0.03) return "format";
	const changes: Record<string, string | Uint8Array | Key | undefined> = {};
	for (let i = random() * 3; i >= 0; i -= 1) {
		const name = `a/${Math.floor(random() * 6)}`;
		const value = noise(Math.floor(random() ** 3 * 500), Math.floor(random() * 1e9));
		changes[name] = random() < 0.2 ? undefined : random() < 0.4 ? Key.from(value) : value;
	}
	return changes;
}

test.each([
	[2, 4],
	[3, 16],
	[4, 4],
	[8, 4],
])(
	"%i blocks, units of %i",
	(blocks, unit) => {
		let lost = 0;
		const rounds = all ? 4000 : 120;
		const seed = blocks * 100 + unit;
		const random = generator(seed);
		const flash = new FlashSimulator({ blocks, unit, seed });
		const world = new World();
		let allowed: State[] = [new Map()];
		let cuts = 0;
		while (cuts < rounds) {
			// Often so soon that only the start is reached.
			const cut = {
				at: 1 + Math.floor(random() ** 2 * 40),
				mode: cutModes[Math.floor(random() * 5)] ?? "torn",
			} as const;
			flash.powerOn(cut);
			try {
				const store = world.open(flash);
				const state = store.state();
				if (!allowed.some((it) => isSame(it, state))) {
					lost += 1;
					throw new Error(`seed ${seed}, cut ${cuts}: neither old nor new`);
				}
				allowed = [state];
				for (let i = 0; i < 30; i += 1) {
					const step = change(random);
					const next = apply(allowed[0] as State, step);
					allowed = [allowed[0] as State, next];
					store.run(step);
					allowed = [next];
				}
			} catch (error) {
				if (!flash.isOff) throw error;
				cuts += 1;
			}
		}
		expect([lost, flash.broken]).toEqual([0, []]);
		process.stdout.write(`storm, ${blocks} blocks: ${cuts} cuts on one flash, ${lost} lost\n`);
	},
	600_000,
);
