import { Key } from "hal/crypto";
import { encode } from "hal/text";
import type { DeviceSecretIdentity } from "identity/identity";
import { isRegion, type Place, type Region } from "./endpoint";

/** A domain of `embedded:storage/key-value` in format "string". */
export interface SettingsStore {
	read(key: string): unknown;
}

/** What was burned into a device. */
export interface Settings {
	readonly identity: DeviceSecretIdentity;
	readonly place: Place;
	/** A root certificate (PEM) instead of those in the firmware: of an instance of one's own. */
	readonly root: string | undefined;
}

/**
 * Keys of the domain "link", all text: `productKey`, `deviceName`, `deviceSecret`; `region`, or `host`; `port`;
 * `securemode` (`2` TLS, the default, `3` plain TCP); `root` (PEM).
 *
 * @throws {Error} with a message that names the key that's missing or wrong, and no value.
 */
export function readSettings(store: SettingsStore): Settings {
	const text = (key: string): string | undefined => {
		const value = store.read(key);
		return typeof value === "string" && value !== "" ? value : undefined;
	};
	const needed = (key: string): string => {
		const value = text(key);
		if (value === undefined) throw new Error(`the device has no ${key}: burn an identity first`);
		return value;
	};
	const security = (text("securemode") ?? "2") === "3" ? "tcp" : "tls";
	const port = text("port") === undefined ? undefined : Number(text("port"));
	const common = { security, ...(port === undefined ? {} : { port }) } as const;
	const host = text("host");
	const place: Place = host === undefined ? { ...regional(text("region")), ...common } : { host, ...common };
	const bytes = encode(needed("deviceSecret"));
	const deviceSecret = Key.from(bytes);
	bytes.fill(0);
	return {
		identity: {
			kind: "device-secret",
			productKey: needed("productKey"),
			deviceName: needed("deviceName"),
			deviceSecret,
		},
		place,
		root: text("root"),
	};
}

function regional(region = "cn-shanghai"): { region: Region } {
	if (!isRegion(region)) throw new Error("region: unknown");
	return { region };
}
