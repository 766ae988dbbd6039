/** A table that is not preloaded, for --instrument to name. */
export const squares = Array.from({ length: 100 }, (_, i) => i * i);
export default function () {
	console.log("squares", squares.length);
}
