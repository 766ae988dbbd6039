// A start without the boot loader: the image lies where that would copy it to, which spares each reset the copying.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { EmulatorOptions } from "../../tools/chip/qemu";

const WINDOW = "0x20010000";
/** `lui t0, 0x20010; jr 0x400(t0)`: to the image's first instruction. */
const JUMP = Buffer.from([0xb7, 0x02, 0x01, 0x20, 0x67, 0x80, 0x02, 0x40]);

export function toTheImage(image: string): Pick<EmulatorOptions, "loader" | "more"> {
	const loader = join(dirname(image), "loader.bin");
	writeFileSync(loader, JUMP);
	return { loader, more: ["-device", `loader,file=${image},addr=${WINDOW},force-raw=on`] };
}
