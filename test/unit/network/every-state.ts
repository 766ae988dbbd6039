import { expect, test } from "test/expect";

/** A core among what it decides. */
export interface Told {
	readonly core: { readonly state: string; readonly wakeAt: number | undefined };
	readonly decided: readonly string[];
}

/** state, event → state afterwards, what is decided. What isn't there changes nothing. */
export type Decisions = Readonly<Record<string, Readonly<Record<string, readonly [string, ...string[]]>>>>;

/**
 * A test for each pair of state and event.
 *
 * @param ways how each state is come to. @param further what else holds afterwards.
 */
export function everyStateAndEvent<T extends Told>(
	ways: Readonly<Record<string, () => T>>,
	events: Readonly<Record<string, (it: T) => void>>,
	table: Decisions,
	further?: (it: T, after: string) => void,
): void {
	for (const [state, way] of Object.entries(ways))
		for (const [event, happen] of Object.entries(events)) {
			const [after, ...decided] = table[state]?.[event] ?? [state];
			test(`${state}, ${event} → ${after} ${decided.join(", ")}`, () => {
				const it = way();
				expect(it.core.state).toBe(state);
				expect(it.decided).toBeDefined();
				const { wakeAt } = it.core;
				happen(it);
				expect([it.core.state, ...it.decided]).toEqual([after, ...decided]);
				further?.(it, after);
				// What changes nothing moves no deadline either.
				if (!table[state]?.[event]) expect(it.core.wakeAt).toBe(wakeAt);
			});
		}
}
