import KeyValue from "embedded:storage/key-value";
import config from "mc/config";

/** Tells what it finds, then writes and deletes, saying before and after each what; `last` ends it. */
export default function () {
	const { steps } = config as { steps: number };
	console.log("start");
	const store = KeyValue.open({ path: "cuts", format: "string" });
	const found = [...store].sort().map((key) => `${key}=${store.read(key)}`);
	console.log(`found ${found.join(" ")}`);
	if (found.length > 0) return;
	for (let step = 0; step < steps; step++) {
		const key = "abc"[step % 3] as string;
		const isDeletion = step % 7 === 6;
		// Long enough that some steps need a compaction.
		const value = `${step}-${"x".repeat((step * 97) % 300)}`;
		console.log(`begin ${key} ${isDeletion ? "" : value}`);
		if (isDeletion) store.delete(key);
		else store.write(key, value);
		console.log(`end ${key}`);
	}
	console.log("last");
}
