import { startMosquitto } from "../../lib/mosquitto";

export async function start() {
	const { plain, stop } = await startMosquitto();
	const all = !!process.env["LINKXS_ALL"];
	return { config: { port: plain, marks: all ? [10_000, 100_000] : [1_000, 5_000] }, stop };
}
