import { Key, unhex } from "hal/crypto";
import networkInterface from "hal/interface";
import config from "mc/config";
import Network from "network/network";

/** The image has a key so that it doesn't show: each byte ^ 0x5a, in hexadecimal. */
function keyOf(masked: string | undefined): Key | undefined {
	if (!masked) return undefined;
	const bytes = unhex(masked);
	for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] ?? 0) ^ 0x5a;
	const key = Key.from(bytes);
	bytes.fill(0);
	return key;
}

/** Brings the network up by the names and keys of the image, and prints what comes of it. */
export default function () {
	const { networks = {}, slow = false } = config as { networks?: Record<string, string>; slow?: boolean };
	const names = Object.keys(networks);
	const of = (name: string) => names[Number(/^network\/(\d)\//.exec(name)?.[1]) - 1];
	const text = (name: string) => (name.endsWith("/ssid") ? of(name) : undefined);
	const board = networkInterface();
	console.log(`board ${board.kind}`);
	new Network({
		interface: board,
		records: {
			has: (name) => text(name) !== undefined,
			text,
			key: (name) => keyOf(networks[of(name) ?? ""]),
			write() {},
		},
		...(slow ? {} : { random: () => 0.01 }),
		onOnline: () => console.log("online"),
		onOffline: ({ code, detail = "" }) => console.log(`offline ${code} ${detail}`),
	});
}
