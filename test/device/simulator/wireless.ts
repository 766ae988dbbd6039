import { Key } from "hal/crypto";
import networkInterface from "hal/interface";
import { encode } from "hal/text";
import config from "mc/config";
import Network from "network/network";

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
			key: (name) => (networks[of(name) ?? ""] ? Key.from(encode(networks[of(name) ?? ""] ?? "")) : undefined),
			write() {},
		},
		...(slow ? {} : { random: () => 0.01 }),
		onOnline: () => console.log("online"),
		onOffline: ({ code, detail = "" }) => console.log(`offline ${code} ${detail}`),
	});
}
