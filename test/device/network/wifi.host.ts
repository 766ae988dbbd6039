import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeviceTestHost } from "../../lib/device-tests";
import { noteSecret } from "../../lib/transcript";

const keys = { home: "key of the home network", attic: "key of the attic's one" };

const air = `
home    key "${keys.home}" rssi -40
attic   key "${keys.attic}" hidden
gone    up 0-1
full    refuses
brief   lasts 1500 away 200
`;

export const start: DeviceTestHost["start"] = async () => {
	const folder = mkdtempSync(join(tmpdir(), "linkxs-wifi-"));
	const wifi = join(folder, "air.txt");
	writeFileSync(wifi, air);
	const echo = createServer((socket) => {
		socket.on("error", () => {});
		socket.pipe(socket);
	});
	await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
	for (const [name, key] of Object.entries(keys)) noteSecret(`Wi-Fi ${name}`, key);
	return {
		config: { port: (echo.address() as AddressInfo).port, ...keys },
		simulator: { wifi },
		stop: () => {
			echo.close();
			rmSync(folder, { recursive: true });
		},
	};
};
