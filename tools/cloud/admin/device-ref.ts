import { CloudError } from "../errors";
import type { DeviceName } from "../events";
import type { Device, DeviceRef } from "../store/devices";
import type { DeviceFields, DeviceStatus } from "./actions";
import type { Context } from "./operation";

/** The device that a request names; throws `invalid` when it names none and `unknown` when there is none. */
export function findDevice(request: DeviceFields, context: Context): Promise<Device> {
	return context.store.devices.get(toRef(request));
}

function toRef({ IotId, ProductKey, DeviceName }: DeviceFields): DeviceRef {
	if (IotId) return { iotId: IotId };
	if (ProductKey && DeviceName) return { productKey: ProductKey, deviceName: DeviceName };
	throw new CloudError("invalid", "a device is named by IotId, or by ProductKey and DeviceName", {
		detail: "MissingIotId",
	});
}

/** The device's state, as the platform spells it. */
export function statusOf(device: Device, context: Context): DeviceStatus {
	if (device.disabled) return "DISABLE";
	if (context.switchboard.find(device.iotId)) return "ONLINE";
	return device.activatedAt === undefined ? "UNACTIVE" : "OFFLINE";
}

/** A time in the platform's two forms: local text and UTC; both empty for a time that never was. */
export function times(at: number | undefined): { gmt: string; utc: string } {
	if (at === undefined) return { gmt: "", utc: "" };
	const utc = new Date(at).toISOString();
	const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString();
	return { gmt: local.slice(0, 19).replace("T", " "), utc };
}

/** A device's names, as events have them. */
export function namesOf({ productKey, deviceName }: Device): DeviceName {
	return { productKey, deviceName };
}
