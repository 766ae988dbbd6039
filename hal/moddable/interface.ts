import Ethernet from "embedded:network/interface/ethernet";
import type { NetworkInterface } from "hal/interface";

/** A device inside of Moddable's simulator is on the computer's network. */
export default function networkInterface(): NetworkInterface {
	return { kind: "ethernet", io: Ethernet };
}
