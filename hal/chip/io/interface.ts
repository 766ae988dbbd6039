import Ethernet from "embedded:network/interface/ethernet";
import type { NetworkInterface } from "hal/interface";

/** The board has a cable. */
export default function networkInterface(): NetworkInterface {
	return { kind: "ethernet", io: Ethernet };
}
