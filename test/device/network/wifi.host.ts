import { startAir } from "../../lib/air";
import type { DeviceTestHost } from "../../lib/device-tests";
import { noteSecret } from "../../lib/transcript";

const keys = { home: "key of the home network", attic: "key of the attic's one" };

const air = `
home    key "${keys.home}" rssi -40
attic   key "${keys.attic}" hidden
gone    up 0-1
full    refuses
brief   lasts 1500 away 200
`;

export const start: DeviceTestHost["start"] = () => {
	for (const [name, key] of Object.entries(keys)) noteSecret(`Wi-Fi ${name}`, key);
	return startAir(air, keys);
};
