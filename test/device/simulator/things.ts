// Preloaded by the manifest: what may be done to such things at run time, and what may not (hal/README.md has the list).

export const map = new Map<string, number>([["a", 1]]);
export const set = new Set<number>([1]);
export const weakMap = new WeakMap<object, number>();
export const bytes = new Uint8Array(4);
export const buffer = new ArrayBuffer(4);
export const date = new Date(0);
export const list: number[] = [1, 2];
export const object: Record<string, unknown> = { a: 1 };
export const pattern = /a(b)/g;
export const big = 123456789012345678901234567890n;

let count = 0;
export const increase = (): number => ++count;

/** A variable in the scope of a function that is kept. */
export const countdown = (() => {
	let left = 3;
	const step = 1;
	return () => {
		left -= step;
		return left;
	};
})();

export class Counter {
	static count = 0;
}

export class Box {
	#inside = 1;
	get inside(): number {
		return this.#inside;
	}
	set inside(value: number) {
		this.#inside = value;
	}
}
export const box = new Box();

function* numbers() {
	yield 1;
	yield 2;
	yield 3;
}
export const started = numbers();
started.next();
