import { describe as full } from "../cloud/describe";
import type { CloudEvent } from "../cloud/events";

/**
 * A cloud event for the live view: without the time, which its lines have already, and with a device's topics as seen
 * from the device (`…/thing/event/property/post`). What only says again what the device says itself is left out.
 */
export function describe(event: CloudEvent): string | undefined {
	switch (event.type) {
		case "cloud.started":
		case "cloud.stopped":
		case "product.created":
		case "device.created":
		case "device.activated":
		case "message.acknowledged":
			return undefined;
		default:
			return shortened(full(event).replace(/^\S+\s+/, ""), event);
	}
}

function shortened(text: string, event: CloudEvent): string {
	if (!("deviceName" in event) || event.deviceName === undefined || event.productKey === undefined) return text;
	const place = `${event.productKey}/${event.deviceName}`;
	return text.replaceAll(`/sys/${place}/`, "…/").replaceAll(`/${place}/`, "…/").replaceAll(place, event.deviceName);
}
