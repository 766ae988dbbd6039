// Modules of the Moddable SDK that hal/moddable and hal/esp32 stand on, as far as they use them. The SDK's own typings
// take this file's place when mcconfig compiles.

declare module "timer" {
	export type TimerCallback = (timer: Timer) => void;

	class Timer {
		private constructor();
		private readonly brand: boolean;
		static set(callback: TimerCallback, ms?: number, repeat?: number): Timer;
		static repeat(callback: TimerCallback, ms: number): Timer;
		static schedule(timer: Timer, ms?: number, repeat?: number): void;
		static clear(timer: Timer | undefined | null): void;
	}

	export { Timer as default };
}

declare module "Resource" {
	/** A file of the manifest's `data` or `resources`: read-only bytes, in place in flash. */
	class Resource extends HostBuffer {
		/** @throws {Error} when the firmware has no such file. */
		constructor(name: string);
		static exists(name: string): boolean;
	}

	export { Resource as default };
}

declare module "net" {
	const Net: {
		/** `address` is `undefined` when the name can't be resolved. @throws {Error} when too many names wait. */
		resolve(name: string, callback: (name: string, address?: string) => void): void;
	};

	export { Net as default };
}

declare module "time" {
	const Time: {
		/** Set the wall clock, in seconds since 1970. */
		set(seconds: number): void;
	};

	export { Time as default };
}
