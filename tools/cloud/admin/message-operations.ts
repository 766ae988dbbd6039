import { CloudError } from "../errors";
import type { Delivery } from "../mqtt/switchboard";
import type { Device } from "../store/devices";
import { readObject } from "../thing/alink";
import { isSystemTopic } from "../topics/system";
import type { DeliveryFields } from "./actions";
import { findDevice } from "./device-ref";
import {
	type AnyOperation,
	type Context,
	choice,
	DEVICE_FIELDS,
	integer,
	list,
	object,
	operation,
	text,
} from "./operation";

const DELIVERY = Object.freeze({
	MessageId: text("The message's id."),
	Delivery: choice("Ours: sent now, queued for the next connection, or dropped.", "sent", "queued", "dropped"),
	Reason: text("Ours: why it was dropped."),
});
const BODY = text("The message, base64; at most 256 KB.", 350_000);
const BODY_MAX = 256 * 1024;

function toFields({ messageId, outcome, reason }: Delivery): DeliveryFields {
	return { MessageId: messageId, Delivery: outcome, ...(reason !== undefined && { Reason: reason }) };
}

function body(base64: string): Buffer {
	if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64))
		throw new CloudError("invalid", "the message is not base64", {
			detail: "iot.messagebroker.InvalidFormattedMessage",
		});
	const bytes = Buffer.from(base64, "base64");
	if (bytes.length > BODY_MAX)
		throw new CloudError("invalid", `the message has more than ${BODY_MAX} bytes`, {
			detail: "iot.messagebroker.TooLongMessage",
		});
	return bytes;
}

function topicName(topic: string): string {
	if (/[+#\0]/.test(topic))
		throw new CloudError("invalid", "nobody publishes to a wildcard topic", {
			detail: "iot.messagebroker.InvalidFormattedTopic",
		});
	return topic;
}

/** The device that a custom topic belongs to. A server may not publish on thing-model topics (device-access.txt 1001). */
async function addressee(productKey: string, topic: string, context: Context): Promise<Device> {
	topicName(topic);
	if (isSystemTopic(topic))
		throw new CloudError("refused", "Pub is for custom topics; the platform's own have actions of their own", {
			detail: "iot.messagebroker.TopicUnauthorized",
		});
	const [, first, deviceName, rest] = topic.split("/");
	if (first !== productKey || !deviceName || rest === undefined) {
		throw new CloudError("invalid", `the topic does not start with /${productKey}/ and a device's name`, {
			detail: "iot.messagebroker.InvalidFormattedTopic",
		});
	}
	return context.store.devices.get({ productKey, deviceName });
}

/** Sends a request of the platform's JSON form; answers its delivery. */
async function command(device: Device, path: string, params: unknown, context: Context): Promise<DeliveryFields> {
	if (!context.switchboard.find(device.iotId) && device.activatedAt === undefined) {
		throw new CloudError("offline", "the device was never connected", { detail: "iot.device.NotActive" });
	}
	const id = String(BigInt(context.switchboard.newMessageId()) % 1_000_000_000n);
	const payload = Buffer.from(JSON.stringify({ id, version: "1.0", params, method: path.replaceAll("/", ".") }));
	const topic = `/sys/${device.productKey}/${device.deviceName}/${path}`;
	return toFields(await context.switchboard.deliver(device, { topic, payload, qos: 1 }));
}

function jsonObject(field: string, value: string): Record<string, unknown> {
	const parsed = readObject(Buffer.from(value));
	if (!parsed) throw new CloudError("invalid", `${field} is not a JSON object`, { detail: `Invalid${field}` });
	return parsed;
}

/** Actions that send messages, and those that look at them. */
export const messageOperations: readonly AnyOperation[] = [
	operation<"Pub">({
		name: "Pub",
		summary: "Publishes a message on a custom topic of a device.",
		parameters: {
			ProductKey: text("The device's product.", 64),
			TopicFullName: text("The topic, such as /a1…/device/user/get.", 256),
			MessageContent: BODY,
			Qos: choice("0 (if not given) or 1.", 0, 1),
		},
		required: ["ProductKey", "TopicFullName", "MessageContent"],
		answer: DELIVERY,
		async run(request, context) {
			const device = await addressee(request.ProductKey, request.TopicFullName, context);
			const payload = body(request.MessageContent);
			return toFields(
				await context.switchboard.deliver(device, {
					topic: request.TopicFullName,
					payload,
					qos: request.Qos === 1 ? 1 : 0,
				}),
			);
		},
	}),
	operation<"PubBroadcast">({
		name: "PubBroadcast",
		summary: "Publishes a message on a broadcast topic to every connected device of a product that subscribed to it.",
		parameters: {
			ProductKey: text("The product.", 64),
			TopicFullName: text("/broadcast/${ProductKey}/… of one's own choice.", 256),
			MessageContent: BODY,
		},
		required: ["ProductKey", "TopicFullName", "MessageContent"],
		answer: { MessageId: DELIVERY.MessageId, Receivers: integer("Ours: to how many devices it was sent.") },
		async run(request, context) {
			await context.store.products.get(request.ProductKey);
			const topic = topicName(request.TopicFullName);
			if (!topic.startsWith(`/broadcast/${request.ProductKey}/`)) {
				throw new CloudError("invalid", `the topic does not start with /broadcast/${request.ProductKey}/`, {
					detail: "iot.messagebroker.InvalidFormattedTopic",
				});
			}
			const payload = body(request.MessageContent);
			const messageId = context.switchboard.newMessageId();
			let receivers = 0;
			for (const session of context.switchboard.all()) {
				if (session.productKey !== request.ProductKey || !session.wants(topic)) continue;
				const { outcome } = await context.switchboard.deliver(session.device, { topic, payload, qos: 0, messageId });
				if (outcome === "sent") receivers++;
			}
			return { MessageId: messageId, Receivers: receivers };
		},
	}),
	operation<"RRpc">({
		name: "RRpc",
		summary: "Asks a connected device and waits for its answer.",
		parameters: {
			ProductKey: text("The device's product.", 64),
			DeviceName: text("Its name.", 64),
			RequestBase64Byte: text("The request, base64.", 350_000),
			Timeout: integer("How long to wait, ms.", 1000, 8000),
			Topic: text("Below /ext/rrpc/${messageId}: a topic of one's own, in place of the platform's.", 256),
		},
		required: ["ProductKey", "DeviceName", "RequestBase64Byte", "Timeout"],
		answer: {
			MessageId: DELIVERY.MessageId,
			RrpcCode: choice("SUCCESS; failures come as errors.", "SUCCESS"),
			PayloadBase64Byte: text("The answer, base64."),
		},
		async run(request, context) {
			const device = await context.store.devices.get({
				productKey: request.ProductKey,
				deviceName: request.DeviceName,
			});
			const messageId = context.switchboard.newMessageId();
			// All that can be refused is, before anybody waits: a question's time-out would be nobody's rejection.
			const payload = body(request.RequestBase64Byte);
			const session = context.switchboard.find(device.iotId);
			if (!session) throw new CloudError("offline", "the device is offline", { detail: "OFFLINE" });
			const own = request.Topic === undefined ? undefined : topicName(request.Topic);
			const topic =
				own === undefined
					? `/sys/${device.productKey}/${device.deviceName}/rrpc/request/${messageId}`
					: `/ext/rrpc/${messageId}${own}`;
			const answer = context.waiting.ask(`rrpc:${device.iotId}:${messageId}`, request.Timeout);
			const { outcome, reason } = await context.switchboard.deliver(device, {
				topic,
				payload,
				qos: 0,
				messageId,
			});
			if (outcome !== "sent") {
				context.waiting.forget(`rrpc:${device.iotId}:${messageId}`);
				throw new CloudError("refused", reason ?? "the request could not be sent", { detail: "UNKNOWN" });
			}
			return { MessageId: messageId, RrpcCode: "SUCCESS", PayloadBase64Byte: (await answer).toString("base64") };
		},
	}),
	operation<"SetDeviceProperty">({
		name: "SetDeviceProperty",
		summary: "Sends a device new values for its properties.",
		parameters: { ...DEVICE_FIELDS, Items: text("A JSON object: values by property.", 350_000) },
		required: ["Items"],
		answer: { Data: object(DELIVERY, ["Reason"]) },
		async run(request, context) {
			const device = await findDevice(request, context);
			return { Data: await command(device, "thing/service/property/set", jsonObject("Items", request.Items), context) };
		},
	}),
	operation<"InvokeThingService">({
		name: "InvokeThingService",
		summary: "Calls a service of a device (asynchronously: the answer is among its messages).",
		parameters: {
			...DEVICE_FIELDS,
			Identifier: text("The service.", 64),
			Args: text("A JSON object: its arguments.", 350_000),
		},
		required: ["Identifier", "Args"],
		answer: { Data: object(DELIVERY, ["Reason"]) },
		async run(request, context) {
			if (!/^\w+$/.test(request.Identifier))
				throw new CloudError("invalid", "Identifier has letters, digits and _ only", { detail: "InvalidIdentifier" });
			const device = await findDevice(request, context);
			return {
				Data: await command(device, `thing/service/${request.Identifier}`, jsonObject("Args", request.Args), context),
			};
		},
	}),
	operation<"QueryMessages">({
		name: "QueryMessages",
		summary: "Ours: the last messages of a device both ways, newest first.",
		parameters: { ...DEVICE_FIELDS, Count: integer("How many, 20 if not given.", 1, 200) },
		required: [],
		answer: {
			Data: object({
				MessageInfo: list(
					object({
						MessageId: DELIVERY.MessageId,
						Direction: choice("From the device or to it.", "up", "down"),
						TopicFullName: text("The topic."),
						MessageContent: text("The message, base64; empty where it carried a secret.", 350_000),
						Qos: choice("Quality of service.", 0, 1),
						Time: integer("When, ms since 1970."),
					}),
				),
			}),
		},
		async run(request, context) {
			const device = await findDevice(request, context);
			const messages = await context.store.messages.last(device.iotId, request.Count ?? 20);
			return {
				Data: {
					MessageInfo: messages.map((one) => ({
						MessageId: one.messageId,
						Direction: one.direction,
						TopicFullName: one.topic,
						MessageContent: one.payload.toString("base64"),
						Qos: one.qos,
						Time: one.at,
					})),
				},
			};
		},
	}),
];
