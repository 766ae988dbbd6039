import StationWiFi from "embedded:network/interface/wifi";
import { Key } from "hal/crypto";
import type { InterfaceOptions, JoinFailure } from "hal/interface";

/**
 * ESP-IDF's reason for a disconnection (`wifi_err_reason_t`) in our words. A wrong key never shows as such in WPA2: the
 * access point lets the handshake run out (15), or throws the station out at once (2, 202, 204); one that wants another
 * security than a network without a key has (210, 211) is the same to whoever stored the network.
 */
export function failureOf(reason: number): JoinFailure | undefined {
	switch (reason) {
		case 0:
			return undefined;
		case 2: // AUTH_EXPIRE
		case 14: // MIC_FAILURE
		case 15: // 4WAY_HANDSHAKE_TIMEOUT
		case 202: // AUTH_FAIL
		case 204: // HANDSHAKE_TIMEOUT
		case 210: // NO_AP_FOUND_W_COMPATIBLE_SECURITY
		case 211: // NO_AP_FOUND_IN_AUTHMODE_THRESHOLD
			return "wrong-key";
		case 4: // DISASSOC_DUE_TO_INACTIVITY
		case 39: // TIMEOUT
		case 200: // BEACON_TIMEOUT
		case 201: // NO_AP_FOUND
		case 205: // CONNECTION_FAIL
		case 212: // NO_AP_FOUND_IN_RSSI_THRESHOLD
			return "no-signal";
		default:
			return "refused";
	}
}

/** Before the SDK's constructor: see wifi.c. */
function listened(options: InterfaceOptions): InterfaceOptions {
	native<() => void>("xs_station_listen")();
	return options;
}

/** The SDK's Wi-Fi, with a `Key` as the password and the reason of a failure. */
export default class WiFi extends StationWiFi {
	constructor(options: InterfaceOptions) {
		super(listened(options));
	}

	override connect(options: { SSID: string; password?: Key | string }): void {
		native<() => void>("xs_station_forget")();
		const { SSID, password } = options;
		if (!(password instanceof Key)) {
			super.connect(options);
			return;
		}
		// The SDK takes a string only: it is one for as long as the call takes.
		const text = native<(key: Key) => string>("xs_station_text")(password);
		try {
			super.connect({ SSID, password: text });
		} finally {
			native<(text: string) => void>("xs_station_wipe")(text);
		}
	}

	override get failure(): JoinFailure | undefined {
		return failureOf(native<() => number>("xs_station_reason")());
	}
}
