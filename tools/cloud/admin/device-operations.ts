import type { Device } from "../store/devices";
import { findDevice, namesOf, statusOf, times } from "./device-ref";
import { KEY_TYPE } from "./key-type";
import { type AnyOperation, choice, DEVICE_FIELDS, integer, list, object, operation, text, UTC } from "./operation";
import { pageFields, pageNumbers, pageParameters } from "./paging";

const STATUS = choice("Online state.", "ONLINE", "OFFLINE", "UNACTIVE", "DISABLE");
const NAMES = Object.freeze({
	IotId: text("The platform's key of the device."),
	ProductKey: text("Its product."),
	DeviceName: text("Its name."),
	DeviceSecret: text("Its secret."),
	Nickname: text("Its nickname, or empty."),
});
const GMT = text("Local time, or empty.");

function names(device: Device) {
	const { iotId, productKey, deviceName, deviceSecret, nickname } = device;
	return {
		IotId: iotId,
		ProductKey: productKey,
		DeviceName: deviceName,
		DeviceSecret: deviceSecret,
		Nickname: nickname,
	};
}

/** Actions on devices. */
export const deviceOperations: readonly AnyOperation[] = [
	operation<"RegisterDevice">({
		name: "RegisterDevice",
		summary: "Adds a device to a product and answers its identity.",
		parameters: {
			ProductKey: text("Its product.", 64),
			DeviceName: text("4 to 32 of letters, digits, -_@.: ; without one the cloud makes one.", 64),
			Nickname: text("4 to 64 characters, CJK counting 2.", 128),
			KeyType: KEY_TYPE,
		},
		required: ["ProductKey"],
		answer: { Data: object(NAMES) },
		async run(request, { store, events, certificates }) {
			const device = await store.devices.register(request.ProductKey, request.DeviceName, request.Nickname);
			events.emit({ type: "device.created", ...namesOf(device) });
			const { authType } = await store.products.get(device.productKey);
			if (authType === "x509") await certificates.issue(device, request.KeyType ?? "RSA2048");
			return { Data: names(device) };
		},
	}),
	operation<"QueryDevice">({
		name: "QueryDevice",
		summary: "A product's devices, oldest first, by pages.",
		parameters: {
			ProductKey: text("Their product.", 64),
			...pageParameters("Devices"),
		},
		required: ["ProductKey"],
		answer: {
			...pageFields("Devices", "How many devices there are."),
			Data: object({ DeviceInfo: list(object({ ...NAMES, DeviceStatus: STATUS, GmtCreate: GMT, UtcCreate: UTC })) }),
		},
		async run(request, context) {
			await context.store.products.get(request.ProductKey);
			const found = await context.store.devices.list(
				request.ProductKey,
				request.CurrentPage ?? 1,
				request.PageSize ?? 50,
			);
			const devices = found.rows.map((device) => {
				const { gmt, utc } = times(device.createdAt);
				return { ...names(device), DeviceStatus: statusOf(device, context), GmtCreate: gmt, UtcCreate: utc };
			});
			return {
				...pageNumbers(found),
				Data: { DeviceInfo: devices },
			};
		},
	}),
	operation<"QueryDeviceDetail">({
		name: "QueryDeviceDetail",
		summary: "All that is known of a device.",
		parameters: DEVICE_FIELDS,
		required: [],
		answer: {
			Data: object({
				...NAMES,
				ProductName: text("Its product's name."),
				Status: STATUS,
				NodeType: choice("0 direct device, 1 gateway, 2 sub-device.", 0, 1, 2),
				FirmwareVersion: text("What it last told of its firmware, or empty."),
				IpAddress: text("Where it last connected from, or empty."),
				GmtCreate: GMT,
				UtcCreate: UTC,
				GmtActive: GMT,
				UtcActive: UTC,
				GmtOnline: GMT,
				UtcOnline: UTC,
			}),
		},
		async run(request, context) {
			const device = await findDevice(request, context);
			const product = await context.store.products.get(device.productKey);
			const created = times(device.createdAt);
			const active = times(device.activatedAt);
			const online = times(device.onlineAt);
			return {
				Data: {
					...names(device),
					ProductName: product.name,
					Status: statusOf(device, context),
					NodeType: product.nodeType,
					FirmwareVersion: device.firmwareVersion,
					IpAddress: device.ipAddress,
					GmtCreate: created.gmt,
					UtcCreate: created.utc,
					GmtActive: active.gmt,
					UtcActive: active.utc,
					GmtOnline: online.gmt,
					UtcOnline: online.utc,
				},
			};
		},
	}),
	operation<"GetDeviceStatus">({
		name: "GetDeviceStatus",
		summary: "Whether a device is online.",
		parameters: DEVICE_FIELDS,
		required: [],
		answer: {
			Data: object({ Status: STATUS, Timestamp: integer("Since when, ms since 1970; 0 when it was never connected.") }),
		},
		async run(request, context) {
			const device = await findDevice(request, context);
			const status = statusOf(device, context);
			const since = status === "ONLINE" ? device.onlineAt : device.offlineAt;
			return { Data: { Status: status, Timestamp: since ?? 0 } };
		},
	}),
	operation<"BatchGetDeviceState">({
		name: "BatchGetDeviceState",
		summary: "The online state of several devices of a product.",
		parameters: {
			ProductKey: text("Their product.", 64),
			DeviceName: { ...list(text("A name.", 64)), description: "Names of devices." },
		},
		required: ["ProductKey", "DeviceName"],
		answer: {
			DeviceStatusList: object({
				DeviceStatus: list(
					object({
						IotId: NAMES.IotId,
						DeviceName: NAMES.DeviceName,
						Status: STATUS,
						AsAddress: text("Its address, or empty."),
						LastOnlineTime: UTC,
					}),
				),
			}),
		},
		async run(request, context) {
			const found = [];
			for (const deviceName of request.DeviceName) {
				const device = await context.store.devices.get({ productKey: request.ProductKey, deviceName });
				found.push({
					IotId: device.iotId,
					DeviceName: deviceName,
					Status: statusOf(device, context),
					AsAddress: device.ipAddress,
					LastOnlineTime: times(device.onlineAt).utc,
				});
			}
			return { DeviceStatusList: { DeviceStatus: found } };
		},
	}),
	operation<"DisableThing">({
		name: "DisableThing",
		summary: "Disables a device: it is thrown off and let in no more.",
		parameters: DEVICE_FIELDS,
		required: [],
		answer: {},
		async run(request, context) {
			const device = await findDevice(request, context);
			await context.store.devices.setDisabled(device.iotId, true);
			context.events.emit({ type: "device.disabled", ...namesOf(device) });
			context.switchboard.throwOff(device.iotId, "disabled");
			return {};
		},
	}),
	operation<"EnableThing">({
		name: "EnableThing",
		summary: "Lets a disabled device in again.",
		parameters: DEVICE_FIELDS,
		required: [],
		answer: {},
		async run(request, context) {
			const device = await findDevice(request, context);
			await context.store.devices.setDisabled(device.iotId, false);
			context.events.emit({ type: "device.enabled", ...namesOf(device) });
			return {};
		},
	}),
	operation<"DeleteDevice">({
		name: "DeleteDevice",
		summary: "Removes a device; the same name added again is another device with another secret.",
		parameters: DEVICE_FIELDS,
		required: [],
		answer: {},
		async run(request, context) {
			const device = await findDevice(request, context);
			await context.certificates.removed(device);
			await context.store.devices.delete(device.iotId);
			// One that was being made in between.
			await context.certificates.removed(device);
			context.events.emit({ type: "device.deleted", ...namesOf(device) });
			context.switchboard.throwOff(device.iotId, "deleted");
			return {};
		},
	}),
	operation<"QueryDevicePropertyStatus">({
		name: "QueryDevicePropertyStatus",
		summary: "The last reported value of each property of a device.",
		parameters: DEVICE_FIELDS,
		required: [],
		answer: {
			Data: object({
				List: object({
					PropertyStatusInfo: list(
						object({
							Identifier: text("The property."),
							Value: text("Its value, JSON."),
							Time: text("When, ms since 1970."),
						}),
					),
				}),
			}),
		},
		async run(request, context) {
			const device = await findDevice(request, context);
			const properties = await context.store.properties.list(device.iotId);
			const list = properties.map(({ identifier, value, at }) => ({
				Identifier: identifier,
				Value: JSON.stringify(value),
				Time: String(at),
			}));
			return { Data: { List: { PropertyStatusInfo: list } } };
		},
	}),
	operation<"QueryDeviceSubscriptions">({
		name: "QueryDeviceSubscriptions",
		summary: "Ours: the topics that a device has subscribed, as the console lists them.",
		parameters: DEVICE_FIELDS,
		required: [],
		answer: { Data: object({ Topic: list(text("A topic filter.")) }) },
		async run(request, context) {
			const device = await findDevice(request, context);
			return { Data: { Topic: await context.store.subscriptions.list(device.iotId) } };
		},
	}),
];
