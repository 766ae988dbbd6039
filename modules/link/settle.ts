/** What a promise is settled with, kept until then. */
export interface Settler<T> {
	resolve(value: T): void;
	/** Nobody needs to look: a failure that an application passes over is no unhandled rejection. */
	reject(error: Error): void;
}

/** A promise whose rejection nobody needs to handle, since who rejects it has logged why. */
export function promised<T>(begin: (settler: Settler<T>) => void): Promise<T> {
	let settle: Settler<T> | undefined;
	const promise = new Promise<T>((resolve, reject) => {
		settle = {
			resolve,
			reject: (error) => {
				promise.catch(nothing);
				reject(error);
			},
		};
	});
	if (settle) begin(settle);
	return promise;
}

function nothing(): void {}
