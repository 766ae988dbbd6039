export async function start() {
	const all = !!process.env["LINKXS_ALL"];
	const packets = Number(process.env["LINKXS_FUZZ"] ?? (all ? 1_000_000 : 30_000));
	const seed = Number(process.env["LINKXS_SEED"] ?? Date.now() % 1_000_000_000);
	return { config: { packets, seed }, stop: () => {} };
}
