import type { Command } from "commander";
import { clientOf, confirm, deviceFields, optionsOf, print, table } from "./output";

const DEVICE = "<productKey/deviceName>";

/** `linkxs cloud registration | reset | risks | client-ids | switch-client-id | clear-client-ids | topology`. */
export function registerRegistration(cloud: Command): void {
	cloud
		.command("registration <productKey> <on|off>")
		.description("let devices register by the product's secret, or don't; those that have are left alone")
		.action(async (productKey: string, state: string, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			if (state !== "on" && state !== "off") command.error("the state is on or off");
			const request = { ProductKey: productKey, DynamicRegistration: state === "on" };
			const answer = await clientOf(options).call("SetProductDynamicRegistration", request);
			print(options, answer, () => `dynamic registration of ${productKey} is ${state}`);
		});
	cloud
		.command(`reset ${DEVICE}`)
		.description("let a device register again; its secret stays, its tokens or its sub-devices go")
		.action(async (device: string, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			const answer = await clientOf(options).call("ResetThing", deviceFields(device));
			print(options, answer, () => `${device} may register again`);
		});
	cloud
		.command("risks <productKey>")
		.description("list names that more than one physical device may connect as")
		.action(async (productKey: string, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			const answer = await clientOf(options).call("QueryRiskDevices", { ProductKey: productKey, PageSize: 1000 });
			const rows = answer.Data.RiskDevice.map((one) => [one.DeviceName, String(one.ClientIds)]);
			print(options, answer, () => table(["DEVICE", "CLIENT IDS"], rows, "no risk devices"));
		});
	cloud
		.command(`client-ids ${DEVICE}`)
		.description("list the physical devices that registered under a name")
		.action(async (device: string, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			const answer = await clientOf(options).call("QueryDeviceClientIds", deviceFields(device));
			const rows = answer.Data.ClientIdInfo.map((one) => [
				one.ClientId,
				one.Forbidden ? "FORBIDDEN" : one.Connected ? "ONLINE" : "OFFLINE",
				one.UtcCreate,
				one.UtcFirstOnline || "never",
			]);
			print(options, answer, () => table(["CLIENT ID", "STATE", "REGISTERED", "FIRST ONLINE"], rows, "no client ids"));
		});
	cloud
		.command(`switch-client-id ${DEVICE} <clientId>`)
		.description("let one physical device keep the name: all others may connect no more")
		.action(async (device: string, clientId: string, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			const request = { ...deviceFields(device), ClientId: clientId };
			const answer = await clientOf(options).call("SwitchClientId", request);
			print(options, answer, () => `${device} is ${clientId} alone`);
		});
	cloud
		.command(`clear-client-ids ${DEVICE}`)
		.description("let no physical device of the name connect any more, until it is reset")
		.action(async (device: string, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			await confirm(options, `Forbid every physical device of ${device}?`);
			const answer = await clientOf(options).call("ClearClientIds", deviceFields(device));
			print(options, answer, () => `${device}: all client ids forbidden`);
		});
	cloud
		.command(`topology ${DEVICE}`)
		.description("list the sub-devices behind a gateway")
		.action(async (device: string, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			const answer = await clientOf(options).call("GetThingTopo", { ...deviceFields(device), PageSize: 1000 });
			const rows = answer.Data.List.deviceInfo.map((one) => [one.ProductKey, one.DeviceName]);
			print(options, answer, () => table(["PRODUCT KEY", "DEVICE"], rows, "no sub-devices"));
		});
}
