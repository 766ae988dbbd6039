// The sources of lwIP, the chip's TCP/IP, as Debian has them: build/lwip/source. The firmware's own build compiles them.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { getSource } from "./debian-source.mjs";

const into = fileURLToPath(new URL("../../build/lwip/source", import.meta.url));

/** Answers lwIP's version. @throws {SetupError} with what to do */
export const getLwip = (say = () => {}) => getSource({ name: "lwip", title: "lwIP", series: "2.1", into }, say);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const version = getLwip((text) => console.error(text));
	console.log(`lwIP ${version}: ${join(into, "src")}`);
}
