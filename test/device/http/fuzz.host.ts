export async function start() {
	const all = !!process.env["LINKXS_ALL"];
	const seed = Number(process.env["LINKXS_SEED"] ?? Date.now() % 1_000_000_000);
	return { config: { count: all ? 50_000 : 1_000, seed }, stop: () => {} };
}
