import { startAir } from "../../lib/air";
import type { DeviceTestHost } from "../../lib/device-tests";

const air = `
# name      what
"my home"   key "correct horse" rssi -40 channel 6
"my home"   key "correct horse" rssi -70 channel 11   # the weaker one of two
cafe        rssi -55
shy         key secret-key hidden
mute        dhcp none
full        refuses
brief       lasts 1500 away 200
later       up 0-1,86400000-
`;

export const start: DeviceTestHost["start"] = () => startAir(air);
