import type { Key } from "hal/crypto";
import type { InterfaceOptions, JoinFailure, ScanResult } from "hal/interface";

/** ECMA-419 Wi-Fi interface over the simulator's `station.c`; there's no network to be found without `--wifi`. */
class WiFi extends Native("xs_wifi_destructor") {
	constructor(options: InterfaceOptions) {
		super();
		native("xs_wifi_constructor").call(this, options);
	}
	close(): void {
		native("xs_wifi_close").call(this);
	}
	connect(options: { SSID: string; password?: Key | string }): void {
		native("xs_wifi_connect").call(this, options);
	}
	disconnect(): void {
		native("xs_wifi_disconnect").call(this);
	}
	scan(options: { onFound: (result: ScanResult) => void; onComplete?: () => void; channel?: number }): void {
		native("xs_wifi_scan").call(this, options);
	}
	get connection(): number {
		return native("xs_wifi_get_connection").call(this);
	}
	get failure(): JoinFailure | undefined {
		return native("xs_wifi_get_failure").call(this);
	}
	get address(): string | undefined {
		return native("xs_wifi_get_address").call(this);
	}
	get MAC(): string | undefined {
		return native("xs_wifi_get_MAC").call(this);
	}
	get SSID(): string | undefined {
		return native("xs_wifi_get_SSID").call(this);
	}
	get BSSID(): string | undefined {
		return native("xs_wifi_get_BSSID").call(this);
	}
	get RSSI(): number | undefined {
		return native("xs_wifi_get_RSSI").call(this);
	}
	get channel(): number | undefined {
		return native("xs_wifi_get_channel").call(this);
	}
}

export default WiFi;
