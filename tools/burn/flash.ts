// A simulated device's flash file, written directly while the device doesn't run.
import type { BurnRecord } from "../lib/console/client";
import { type Burned, burnIdentity } from "./identity";
import type { Target } from "./target";

export function openFlash(flash: string): Target {
	return {
		networks: async () => new Set(),
		async write(records) {
			const count = await burnIdentity(flash, burnedOf(records));
			return { answer: { flash, records: count }, text: `${count} records written` };
		},
		close() {},
	};
}

function burnedOf(records: readonly BurnRecord[]): Burned {
	const text = (name: string): string | undefined => {
		const value = records.find((record) => record.name === name)?.value;
		return value && Buffer.from(value).toString();
	};
	const [region, host, port, root] = ["region", "host", "port", "root"].map((name) => text(`link/${name}`));
	return {
		productKey: text("identity/productKey") ?? "",
		deviceName: text("identity/deviceName") ?? "",
		deviceSecret: text("identity/deviceSecret") ?? "",
		...(region && { region }),
		...(host && { host }),
		...(port && { port: Number(port) }),
		...(root && { root }),
		securemode: text("link/security") === "tcp" ? "3" : "2",
	};
}
