/**
 * Whose a module is: `mqtt/client` belongs to `mqtt`; what platforms give (`hal/…`, `embedded:…`, `Resource`) to `hal`;
 * `main` and `mc/config` to `main`.
 */
export function capabilityOf(module: string): string {
	if (/^(embedded:|hal\/|Resource$)/.test(module)) return "hal";
	if (module === "main" || module === "mc/config") return "main";
	return module.split("/")[0] ?? module;
}

/** Sums by capability, the largest first. */
export function byCapability(modules: Iterable<{ name: string; bytes: number }>): Map<string, number> {
	const sums = new Map<string, number>();
	for (const { name, bytes } of modules) {
		const capability = capabilityOf(name);
		sums.set(capability, (sums.get(capability) ?? 0) + bytes);
	}
	return new Map([...sums].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)));
}
