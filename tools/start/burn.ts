// Burns an image into an emulated chip as a factory does: through its boot loader, over the second UART.
import { readFileSync } from "node:fs";
import { Emulator } from "../chip/emulator";
import { readBootRecord } from "../lib/boot-record";
import { openLine } from "../lib/console/line";
import { readPartition } from "../lib/flash-image";
import { LoaderClient, type OnBurn } from "../lib/loader/client";

/** How long the loader listens for a host, and a host for a loader, ms. */
const WAIT = 20_000;

/**
 * Has the chip's next start run `image`. What it would start by itself already is left as it is.
 *
 * @throws {LoaderError | SimulatorError}
 */
export async function burnChip(flash: string, image: string, onBurn: OnBurn): Promise<void> {
	const bytes = readFileSync(image);
	// The one that starts, so that only the blocks that differ go over the line.
	const slot = readBootRecord(readPartition(flash, "otadata"))?.slot ?? 0;
	if (readPartition(flash, `ota_${slot}`).subarray(0, bytes.length).equals(bytes)) return;
	const chip = new Emulator({ flash, serial: "tcp:0", straps: [`wait=${WAIT}`] });
	try {
		const { port } = await chip.event("serial");
		const loader = new LoaderClient(await openLine(`tcp:127.0.0.1:${port}`));
		try {
			if (!(await loader.find(WAIT))) throw new Error("the chip's boot loader doesn't answer");
			await loader.burn(bytes, slot, onBurn);
		} finally {
			loader.close();
		}
	} finally {
		await chip.stop();
	}
}
