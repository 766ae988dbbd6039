/** What a promise is settled with, kept until then. */
export interface Settler<T> {
	resolve(value: T): void;
	/** Nobody needs to look: a failure that an application passes over is no unhandled rejection. */
	reject(error: Error): void;
}

/** A promise whose rejection nobody needs to handle, since who rejects it has logged why. */
export function promised<T>(begin: (settler: Settler<T>) => void): Promise<T> {
	let settler!: Settler<T>;
	const promise = new Promise<T>((resolve, reject) => {
		settler = {
			resolve,
			reject: (error) => {
				promise.catch(nothing);
				reject(error);
			},
		};
	});
	begin(settler);
	return promise;
}

function nothing(): void {}
