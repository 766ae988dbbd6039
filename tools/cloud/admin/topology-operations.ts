import { findDevice } from "./device-ref";
import { type AnyOperation, DEVICE_FIELDS, integer, list, object, operation, text } from "./operation";

/** Actions on gateways and their sub-devices. */
export const topologyOperations: readonly AnyOperation[] = [
	operation<"GetThingTopo">({
		name: "GetThingTopo",
		summary: "The sub-devices behind a gateway, by pages.",
		parameters: {
			...DEVICE_FIELDS,
			PageNo: integer("Page, from 1.", 1),
			PageSize: integer("Devices a page, 50 if not given.", 1, 1000),
		},
		required: [],
		answer: {
			Data: object({
				CurrentPage: integer("This page."),
				PageSize: integer("Devices a page."),
				PageCount: integer("How many pages there are."),
				Total: integer("How many sub-devices it has."),
				List: object({
					deviceInfo: list(
						object({
							IotId: text("The platform's key of the sub-device."),
							ProductKey: text("Its product."),
							DeviceName: text("Its name."),
						}),
					),
				}),
			}),
		},
		async run({ PageNo, PageSize, ...request }, context) {
			const gateway = await findDevice(request, context);
			const { page, pageSize, total, rows } = await context.store.topology.list(
				gateway.iotId,
				PageNo ?? 1,
				PageSize ?? 50,
			);
			const deviceInfo = rows.map(({ iotId, productKey, deviceName }) => ({
				IotId: iotId,
				ProductKey: productKey,
				DeviceName: deviceName,
			}));
			const PageCount = Math.ceil(total / pageSize);
			return {
				Data: { CurrentPage: page, PageSize: pageSize, PageCount, Total: total, List: { deviceInfo } },
			};
		},
	}),
];
