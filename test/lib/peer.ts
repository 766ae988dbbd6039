// Where a device test's peers are: programs of the computer that it runs on, which listen on the loopback there. An emulated
// chip has a loopback of its own, and sees the computer as another one.
import config from "mc/config";

export const peer = String(config["peer"]);
