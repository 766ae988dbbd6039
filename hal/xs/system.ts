// `hal/system`: types and errors in hal/types/system.d.ts.
import { type Bytes, Key } from "hal/crypto";
import type { LastWords, Memory, ResetReason } from "hal/system";

export function resetReason(): ResetReason {
	return native<() => ResetReason>("xs_system_resetReason")();
}

export function restart(reason?: string): never {
	return native<(reason: string) => never>("xs_system_restart")(reason ?? "restart");
}

export function lastWords(): LastWords | undefined {
	return native<() => LastWords | undefined>("xs_system_lastWords")();
}

export function note(line: string): void {
	native<(line: string) => void>("xs_system_note")(line);
}

export const watchdog = Object.freeze({
	start(ms: number): void {
		native<(ms: number) => void>("xs_system_watchdogStart")(ms);
	},
	feed(): void {
		native<() => void>("xs_system_watchdogFeed")();
	},
	stop(): void {
		native<() => void>("xs_system_watchdogStop")();
	},
});

export function uniqueId(): Uint8Array<ArrayBuffer> {
	return new Uint8Array(native<() => ArrayBuffer>("xs_system_uniqueId")());
}

export function deriveKey(info: Bytes): Key {
	const key = Key.from(new ArrayBuffer(0));
	native<(this: Key, info: Bytes) => void>("xs_system_deriveKey").call(key, info);
	return key;
}

/** The host function itself: a function around it would cost more than it does. */
export const ticks = native<() => number>("xs_system_ticks");

export function time(): number | undefined {
	return native<() => number | undefined>("xs_system_time")();
}

export function setTime(ms: number): void {
	native<(ms: number) => void>("xs_system_setTime")(ms);
}

export function memory(collect = false): Memory {
	return native<(collect: boolean) => Memory>("xs_system_memory")(collect);
}
