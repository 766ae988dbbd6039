import type { Command } from "commander";
import { wholeNumber } from "../../lib/command-line";
import type { DeliveryFields } from "../admin/actions";
import { CloudError } from "../errors";
import { payloadText } from "../payload-text";
import { type CommonOptions, clientOf, deviceFields, optionsOf, print } from "./output";

const DEVICE = "<productKey/deviceName>";

function delivery({ Delivery, MessageId, Reason }: DeliveryFields): string {
	return `${Delivery} (message ${MessageId})${Reason === undefined ? "" : `: ${Reason}`}`;
}

/** `linkxs cloud publish | set-property | call | messages`. */
export function registerMessages(cloud: Command): void {
	cloud
		.command(`publish ${DEVICE} <topic> <message>`)
		.description("send a message on a custom topic; a topic without / in front lies below the device's user/")
		.option("--qos <0|1>", "quality of service", "0")
		.option("--hex", "the message is hex digits")
		.action(async (device: string, topic: string, message: string, _options: unknown, command: Command) => {
			const options = optionsOf<CommonOptions & { qos: string; hex?: boolean }>(command);
			const { ProductKey, DeviceName } = deviceFields(device);
			if (!ProductKey || !DeviceName) throw new CloudError("invalid", "publish takes productKey/deviceName");
			if (options.qos !== "0" && options.qos !== "1") command.error("--qos is 0 or 1");
			const answer = await clientOf(options).call("Pub", {
				ProductKey,
				TopicFullName: topic.startsWith("/") ? topic : `/${ProductKey}/${DeviceName}/user/${topic}`,
				MessageContent: Buffer.from(message, options.hex ? "hex" : "utf8").toString("base64"),
				Qos: Number(options.qos),
			});
			print(options, answer, () => delivery(answer));
			if (answer.Delivery === "dropped") process.exitCode = 1;
		});
	cloud
		.command(`set-property ${DEVICE} <json>`)
		.description('send new values for properties, such as {"light":1}')
		.action(async (device: string, json: string, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			const answer = await clientOf(options).call("SetDeviceProperty", { ...deviceFields(device), Items: json });
			print(options, answer, () => delivery(answer.Data));
			if (answer.Data.Delivery === "dropped") process.exitCode = 1;
		});
	cloud
		.command(`call ${DEVICE} <service> [json]`)
		.description("call a service; the answer is among the device's messages")
		.action(async (device: string, service: string, json: string | undefined, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			const request = { ...deviceFields(device), Identifier: service, Args: json ?? "{}" };
			const answer = await clientOf(options).call("InvokeThingService", request);
			print(options, answer, () => delivery(answer.Data));
			if (answer.Data.Delivery === "dropped") process.exitCode = 1;
		});
	cloud
		.command(`messages ${DEVICE}`)
		.description("show a device's last messages, oldest first")
		.option("--count <number>", "how many", wholeNumber(1, 200), 20)
		.action(async (device: string, _options: unknown, command: Command) => {
			const options = optionsOf<CommonOptions & { count: number }>(command);
			const request = { ...deviceFields(device), Count: options.count };
			const answer = await clientOf(options).call("QueryMessages", request);
			const lines = answer.Data.MessageInfo.toReversed().map((one) => {
				const text = payloadText(one.TopicFullName, Buffer.from(one.MessageContent, "base64"));
				return `${new Date(one.Time).toISOString()} ${one.Direction.padEnd(4)} q${one.Qos} ${one.TopicFullName} ${text}`;
			});
			print(options, answer, () => lines.join("\n") || "no messages yet");
		});
}
