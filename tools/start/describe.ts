import { describe as full } from "../cloud/describe";
import type { CloudEvent } from "../cloud/events";

/** A cloud event for the live view, whose lines have a time already; what only repeats the device's own line is left out. */
export function describe(event: CloudEvent): string | undefined {
	switch (event.type) {
		case "cloud.started":
		case "cloud.stopped":
		case "product.created":
		case "device.created":
		case "message.acknowledged":
			return undefined;
		default:
			return full(event).replace(/^\S+\s+/, "");
	}
}
