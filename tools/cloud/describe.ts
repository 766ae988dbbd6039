import type { CloudEvent } from "./events";

/** A log line for an event: local time, who, what. One line, no colour, and nothing that a peer made of it. */
export function describe(event: CloudEvent): string {
	// Names and reasons of whoever was refused are as they came: no line or terminal control may come of them.
	// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
	return `${time(new Date(event.at))} ${text(event).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, "?")}`;
}

/** 09:05:07.042 */
function time(at: Date): string {
	const two = (n: number) => String(n).padStart(2, "0");
	const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
	return `${clock}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

function who(event: { productKey?: string; deviceName?: string }): string {
	return event.productKey === undefined ? "(nobody)" : `${event.productKey}/${event.deviceName}`;
}

function text(event: CloudEvent): string {
	switch (event.type) {
		case "cloud.started": {
			const hosts = event.hosts.join(", ");
			return `cloud     devices at ${hosts} port ${event.port}, admin at ${event.adminUrl}, state in ${event.state}`;
		}
		case "cloud.stopped":
			return "cloud     stopped";
		case "connection.refused":
			return `refused   ${event.remote}${event.protocol ? ` ${event.protocol}` : ""}: ${event.reason}`;
		case "device.refused": {
			const from = `${event.remote} over ${event.transport}`;
			return `refused   ${who(event)} from ${from}, CONNACK ${event.returnCode}: ${event.reason}`;
		}
		case "device.online": {
			const from = `${event.remote} over ${event.transport}${event.resumed ? " (resumed)" : ""}`;
			return `online    ${who(event)} from ${from}, MQTT ${event.version}, keep alive ${event.keepAlive} s`;
		}
		case "device.offline":
			return `offline   ${who(event)}: ${event.reason}`;
		case "device.notice":
			return `notice    ${who(event)}: ${event.reason}`;
		case "device.subscribed":
			return `subscribe ${who(event)} ${event.topic}`;
		case "device.unsubscribed":
			return `unsub     ${who(event)} ${event.topic}`;
		case "subscribe.refused":
			return `refused   ${who(event)} may not subscribe ${event.topic}: ${event.reason}`;
		case "publish.refused": {
			const outcome = event.closed ? "connection closed" : "message dropped";
			return `refused   ${who(event)} may not publish ${event.topic}: ${event.reason}; ${outcome}`;
		}
		case "message.up":
			return `up        ${who(event)} ${event.topic} q${event.qos} ${event.size} B ${event.payload}`;
		case "message.down":
			return `down      ${who(event)} ${event.topic} q${event.qos} ${event.size} B ${event.payload}`;
		case "message.acknowledged":
			return `puback    ${who(event)} ${event.topic} (message ${event.messageId})`;
		case "message.queued":
			return `queued    ${who(event)} ${event.topic} (message ${event.messageId}): the device is offline`;
		case "message.dropped":
			return `dropped   ${who(event)} ${event.topic} (message ${event.messageId}): ${event.reason}`;
		case "product.created":
		case "product.changed":
		case "product.deleted":
			return `product   ${event.productKey} ${event.type.slice("product.".length)}${event.what ? `: ${event.what}` : ""}`;
		case "device.created":
		case "device.deleted":
		case "device.enabled":
		case "device.disabled":
		case "device.activated":
			return `device    ${who(event)} ${event.type.slice("device.".length)}`;
		case "certificate.issued":
			return `certified ${who(event)} by ${event.serialNumber}`;
		case "certificate.revoked":
			return `revoked   ${who(event)} certificate ${event.serialNumber}: ${event.reason}`;
		case "certificate.downloaded":
			return `download  ${event.what} of product ${event.productKey} by ${event.remote}`;
		case "batch.finished":
			return `batch     ${event.applyId} of product ${event.productKey}: ${event.status}, ${event.failed} failed`;
		case "id2.refused":
			return `refused   ${who(event)} from ${event.remote} (ID² challenge), code ${event.code}: ${event.reason}`;
		case "id2.licensed":
			return `licence   ${who(event)} uses one for ID² ${event.id2}`;
		case "id2.carrier":
			return `carrier   ${event.id2} ${event.what}`;
		case "device.registered":
			return `register  ${who(event)} from ${event.remote} over ${event.transport} (${event.way})`;
		case "registration.refused":
			return `refused   ${who(event)} from ${event.remote} (${event.way}), code ${event.code}: ${event.reason}`;
		case "device.reset":
			return `device    ${who(event)} reset: may register again`;
		case "device.forbidden":
			return `device    ${who(event)} forbids all client ids${event.kept === undefined ? "" : ` but ${event.kept}`}`;
		case "topology.added":
		case "topology.deleted":
			return `topology  ${who(event)} ${event.type === "topology.added" ? "has" : "has no more"} ${event.sub}`;
		case "admin.refused":
			return `refused   admin request from ${event.remote}: ${event.reason}`;
		case "error":
			return `error     in ${event.where}: ${event.reason}`;
		default:
			return assertNever(event);
	}
}

function assertNever(event: never): never {
	throw new TypeError(`unknown event ${JSON.stringify(event)}`);
}
