import { CloudError } from "../errors";
import type { Device } from "../store/devices";
import type { ClientIdentity } from "../store/tokens";
import type { ClientIdInfo } from "./actions";
import { findDevice, namesOf, times } from "./device-ref";
import {
	type AnyOperation,
	boolean,
	type Context,
	DEVICE_FIELDS,
	integer,
	list,
	object,
	operation,
	text,
	UTC,
} from "./operation";
import { pageFields, pageNumbers, pageParameters } from "./paging";

const CLIENT_ID = text("The clientId that the cloud gave one of its physical devices.", 64);

function info(identity: ClientIdentity, connected: string | undefined): ClientIdInfo {
	return {
		ClientId: identity.clientId,
		Forbidden: identity.forbidden,
		Connected: identity.clientId === connected,
		UtcCreate: times(identity.createdAt).utc,
		UtcFirstOnline: times(identity.firstOnlineAt).utc,
		UtcLastOnline: times(identity.lastOnlineAt).utc,
	};
}

/** The device, which must be one that registers without pre-registration. */
async function byToken(request: Parameters<typeof findDevice>[0], context: Context): Promise<Device> {
	const device = await findDevice(request, context);
	if (device.byToken) return device;
	const detail = "iot.device.NoClientIds";
	throw new CloudError("refused", `${device.productKey}/${device.deviceName} has no client ids: it is pre-registered`, {
		detail,
	});
}

/** Actions on who may register, and on the physical devices behind one name. */
export const registrationOperations: readonly AnyOperation[] = [
	operation<"SetProductDynamicRegistration">({
		name: "SetProductDynamicRegistration",
		summary: "Ours: the console's switch. Off, no device of the product registers; those that have are left alone.",
		parameters: {
			ProductKey: text("ProductKey of the product.", 64),
			DynamicRegistration: boolean("Whether devices may register by the product's secret."),
		},
		required: ["ProductKey", "DynamicRegistration"],
		answer: {},
		async run({ ProductKey, DynamicRegistration }, { store, events }) {
			await store.products.setDynamicRegistration(ProductKey, DynamicRegistration);
			const what = `dynamic registration ${DynamicRegistration ? "on" : "off"}`;
			events.emit({ type: "product.changed", productKey: ProductKey, what });
			return {};
		},
	}),
	operation<"ResetThing">({
		name: "ResetThing",
		summary: "Lets a device register again: its secret stays, tokens and a gateway's topology go; its state stays.",
		parameters: DEVICE_FIELDS,
		required: [],
		answer: {},
		async run(request, context) {
			const device = await findDevice(request, context);
			const { store, events } = context;
			await store.devices.setRegistered(device.iotId, false);
			await store.topology.clear(device.iotId);
			if (device.byToken) {
				await store.tokens.clear(device.iotId);
				context.switchboard.throwOff(device.iotId, "reset");
			}
			events.emit({ type: "device.reset", ...namesOf(device) });
			return {};
		},
	}),
	operation<"QueryRiskDevices">({
		name: "QueryRiskDevices",
		summary: "Ours: the console's list of names that more than one physical device may connect as.",
		parameters: {
			ProductKey: text("Their product.", 64),
			...pageParameters("Devices"),
		},
		required: ["ProductKey"],
		answer: {
			...pageFields("Devices", "How many such names there are."),
			Data: object({
				RiskDevice: list(
					object({
						IotId: text("The platform's key of the device."),
						DeviceName: text("Its name."),
						ClientIds: integer("How many client ids may connect."),
					}),
				),
			}),
		},
		async run({ ProductKey, CurrentPage, PageSize }, { store }) {
			await store.products.get(ProductKey);
			const found = await store.tokens.risks(ProductKey, CurrentPage ?? 1, PageSize ?? 50);
			const risks = found.rows.map(({ iotId, deviceName, clientIds }) => ({
				IotId: iotId,
				DeviceName: deviceName,
				ClientIds: clientIds,
			}));
			return { ...pageNumbers(found), Data: { RiskDevice: risks } };
		},
	}),
	operation<"QueryDeviceClientIds">({
		name: "QueryDeviceClientIds",
		summary: "Ours: the client ids of the physical devices that registered under a name, oldest first.",
		parameters: DEVICE_FIELDS,
		required: [],
		answer: {
			Data: object({
				ClientIdInfo: list(
					object({
						ClientId: CLIENT_ID,
						Forbidden: boolean("Whether it may connect no more."),
						Connected: boolean("Whether it is the one that is connected."),
						UtcCreate: UTC,
						UtcFirstOnline: UTC,
						UtcLastOnline: UTC,
					}),
				),
			}),
		},
		async run(request, context) {
			const device = await findDevice(request, context);
			const connected = context.switchboard.find(device.iotId)?.clientId;
			const identities = await context.store.tokens.list(device.iotId);
			return { Data: { ClientIdInfo: identities.map((one) => info(one, connected)) } };
		},
	}),
	operation<"SwitchClientId">({
		name: "SwitchClientId",
		summary: "Ours: the console's “switch”: one physical device keeps the name, all others may connect no more.",
		parameters: { ...DEVICE_FIELDS, ClientId: CLIENT_ID },
		required: ["ClientId"],
		answer: {},
		async run({ ClientId, ...request }, context) {
			const device = await byToken(request, context);
			const identities = await context.store.tokens.list(device.iotId);
			if (!identities.some((one) => one.clientId === ClientId)) {
				const detail = "iot.device.NotExistedClientId";
				throw new CloudError("unknown", `the device has no client id ${ClientId}`, { detail });
			}
			await context.store.tokens.forbid(device.iotId, ClientId);
			context.switchboard.throwOff(device.iotId, "switched to another client id", ClientId);
			context.events.emit({ type: "device.forbidden", ...namesOf(device), kept: ClientId });
			return {};
		},
	}),
	operation<"ClearClientIds">({
		name: "ClearClientIds",
		summary: "Ours: the console's “clear”: no physical device of the name may connect any more, until ResetThing.",
		parameters: DEVICE_FIELDS,
		required: [],
		answer: {},
		async run(request, context) {
			const device = await byToken(request, context);
			await context.store.tokens.forbid(device.iotId);
			context.switchboard.throwOff(device.iotId, "cleared");
			context.events.emit({ type: "device.forbidden", ...namesOf(device) });
			return {};
		},
	}),
];
