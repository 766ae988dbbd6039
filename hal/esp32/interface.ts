import type { NetworkInterface } from "hal/interface";
import WiFi from "./wifi";

/** The chip's radio. A board with a cable gives another module of this name in its own manifest. */
export default function networkInterface(): NetworkInterface {
	return { kind: "wifi", io: WiFi };
}
