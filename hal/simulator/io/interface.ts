import Ethernet from "embedded:network/interface/ethernet";
import WiFi from "embedded:network/interface/wifi";
import type { NetworkInterface } from "hal/interface";

/** What the simulated board is fitted with: a radio by `--wifi`, else a cable. */
export default function networkInterface(): NetworkInterface {
	return native<() => boolean>("xs_wifi_fitted")() ? { kind: "wifi", io: WiFi } : { kind: "ethernet", io: Ethernet };
}
