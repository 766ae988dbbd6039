import { type Command, Option } from "commander";
import { type CommonOptions, clientOf, confirm, deviceFields, optionsOf, print, table } from "./output";

const DEVICE = "<productKey/deviceName>";

/** `linkxs cloud devices | create-device | delete-device | enable | disable | state`. */
export function registerDevices(cloud: Command): void {
	cloud
		.command("devices <productKey>")
		.description("list a product's devices")
		.action(async (productKey: string, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			const answer = await clientOf(options).call("QueryDevice", { ProductKey: productKey, PageSize: 1000 });
			const rows = answer.Data.DeviceInfo.map((one) => [one.DeviceName, one.DeviceStatus, one.GmtCreate, one.Nickname]);
			print(options, answer, () => table(["DEVICE", "STATE", "CREATED", "NICKNAME"], rows, "no devices yet"));
		});
	cloud
		.command("create-device <productKey> [deviceName]")
		.description("add a device and print its identity")
		.addOption(new Option("--key <kind>", "kind of key of an X.509 device").choices(["RSA2048", "EC256"]))
		.action(async (productKey: string, deviceName: string | undefined, _options: unknown, command: Command) => {
			const options = optionsOf<CommonOptions & { key?: "RSA2048" | "EC256" }>(command);
			const request = {
				ProductKey: productKey,
				...(deviceName !== undefined && { DeviceName: deviceName }),
				...(options.key && { KeyType: options.key }),
			};
			const answer = await clientOf(options).call("RegisterDevice", request);
			const { ProductKey, DeviceName, DeviceSecret } = answer.Data;
			print(
				options,
				answer,
				() => `productKey    ${ProductKey}\ndeviceName    ${DeviceName}\ndeviceSecret  ${DeviceSecret}`,
			);
		});
	cloud
		.command(`delete-device ${DEVICE}`)
		.description("remove a device with all that was kept for it")
		.action(async (device: string, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			await confirm(options, `Remove device ${device}? Its secret will be void.`);
			const answer = await clientOf(options).call("DeleteDevice", deviceFields(device));
			print(options, answer, () => `${device} removed`);
		});
	for (const [name, action, done] of [
		["enable", "EnableThing", "enabled"],
		["disable", "DisableThing", "disabled"],
	] as const) {
		cloud
			.command(`${name} ${DEVICE}`)
			.description(name === "enable" ? "let a disabled device in again" : "throw a device off and let it in no more")
			.action(async (device: string, _options: unknown, command: Command) => {
				const options = optionsOf(command);
				const answer = await clientOf(options).call(action, deviceFields(device));
				print(options, answer, () => `${device} ${done}`);
			});
	}
	cloud
		.command(`state ${DEVICE}`)
		.description("tell whether a device is online, what it reported and subscribed")
		.action(async (device: string, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			const client = clientOf(options);
			const fields = deviceFields(device);
			const { Data: detail } = await client.call("QueryDeviceDetail", fields);
			const { Data: properties } = await client.call("QueryDevicePropertyStatus", fields);
			const { Data: subscriptions } = await client.call("QueryDeviceSubscriptions", fields);
			const { DeviceSecret: _secret, ...shown } = detail;
			const values = properties.List.PropertyStatusInfo;
			print(options, { ...shown, Properties: values, Topics: subscriptions.Topic }, () =>
				[
					`state      ${detail.Status}`,
					`last seen  ${detail.GmtOnline || "never"}${detail.IpAddress && ` from ${detail.IpAddress}`}`,
					`firmware   ${detail.FirmwareVersion || "not told"}`,
					...values.map((one, i) => `${i === 0 ? "properties" : "          "} ${one.Identifier} = ${one.Value}`),
					...subscriptions.Topic.map((topic, i) => `${i === 0 ? "topics    " : "          "} ${topic}`),
				].join("\n"),
			);
		});
}
