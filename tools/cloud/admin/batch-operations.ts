import { CloudError } from "../errors";
import type { BatchItem } from "../store/batches";
import { BATCH_ROWS_MAX } from "../x509/batch-names";
import { times } from "./device-ref";
import type { InvalidDetailItem } from "./identity-actions";
import { KEY_TYPE } from "./key-type";
import { type AnyOperation, choice, integer, list, object, operation, text } from "./operation";
import { pageFields, pageNumbers } from "./paging";

const PRODUCT_KEY = text("ProductKey of the product.", 64);
const APPLY_ID = integer("The batch's number.", 1);
const STATUS = choice(
	"Names checked, being made, or done: FAILED when some could not be.",
	"CHECK_SUCCESS",
	"CHECK_FAILED",
	"CREATE",
	"CREATE_SUCCESS",
	"CREATE_FAILED",
);
const INVALID_DETAILS = object({
	InvalidDetailItem: list(object({ DeviceName: text("The name."), ErrorMsg: text("What is wrong, in words.") })),
});
const NAMES = object({ Name: list(text("A name.")) });
/** Pages of a batch, as the platform bounds them. */
const PAGE_SIZE = 10;
const PAGE_SIZE_MAX = 50;

function invalid(items: readonly BatchItem[]): InvalidDetailItem[] {
	return items
		.filter((one) => one.failure !== "")
		.map(({ deviceName, failure }) => ({ DeviceName: deviceName, ErrorMsg: failure }));
}

/** Actions on devices that are made together. */
export const batchOperations: readonly AnyOperation[] = [
	operation<"BatchRegisterDevice">({
		name: "BatchRegisterDevice",
		summary: "Makes devices with names of the cloud's choice. They are made after the answer: see the batch's status.",
		parameters: {
			ProductKey: PRODUCT_KEY,
			Count: integer("How many.", 1, BATCH_ROWS_MAX),
			KeyType: KEY_TYPE,
		},
		required: ["ProductKey", "Count"],
		answer: { Data: object({ ApplyId: APPLY_ID }) },
		async run({ ProductKey, Count, KeyType }, { batches }) {
			const { applyId } = await batches.createNameless(ProductKey, Count, KeyType ?? "RSA2048");
			return { Data: { ApplyId: applyId } };
		},
	}),
	operation<"BatchCheckDeviceNames">({
		name: "BatchCheckDeviceNames",
		summary: `Checks the names of a batch, at most ${BATCH_ROWS_MAX}, and keeps them.`,
		parameters: {
			ProductKey: PRODUCT_KEY,
			DeviceName: { ...list(text("A name.", 64)), description: "Names; not looked at beside DeviceNameList." },
			DeviceNameList: {
				...list(
					object({ DeviceName: text("A name.", 64), DeviceNickname: text("A nickname.", 128) }, ["DeviceNickname"]),
				),
				description: "Names with nicknames.",
			},
			KeyType: KEY_TYPE,
		},
		required: ["ProductKey"],
		answer: {
			Data: object({
				ApplyId: APPLY_ID,
				InvalidDeviceNameList: object({ InvalidDeviceName: list(text("A name that is not good.")) }),
				InvalidDetailList: INVALID_DETAILS,
			}),
		},
		async run(request, { batches, store }) {
			const named = request.DeviceNameList?.map((one) => ({
				deviceName: one.DeviceName,
				nickname: one.DeviceNickname ?? "",
			}));
			const rows = named ?? (request.DeviceName ?? []).map((deviceName) => ({ deviceName, nickname: "" }));
			const { applyId } = await batches.check(request.ProductKey, rows, request.KeyType ?? "RSA2048");
			const details = invalid(await store.batches.items(applyId));
			return {
				Data: {
					ApplyId: applyId,
					InvalidDeviceNameList: { InvalidDeviceName: details.map((one) => one.DeviceName) },
					InvalidDetailList: { InvalidDetailItem: details },
				},
			};
		},
	}),
	operation<"BatchRegisterDeviceWithApplyId">({
		name: "BatchRegisterDeviceWithApplyId",
		summary: "Makes the devices of a batch whose names are all good.",
		parameters: { ProductKey: PRODUCT_KEY, ApplyId: APPLY_ID },
		required: ["ProductKey", "ApplyId"],
		answer: { Data: object({ ApplyId: APPLY_ID }) },
		async run({ ProductKey, ApplyId }, { batches }) {
			await batches.start(ProductKey, ApplyId);
			return { Data: { ApplyId } };
		},
	}),
	operation<"QueryBatchRegisterDeviceStatus">({
		name: "QueryBatchRegisterDeviceStatus",
		summary: "How far a batch is, and what of it failed.",
		parameters: { ProductKey: PRODUCT_KEY, ApplyId: APPLY_ID },
		required: ["ProductKey", "ApplyId"],
		answer: {
			Data: object({ Status: STATUS, ValidList: NAMES, InvalidList: NAMES, InvalidDetailList: INVALID_DETAILS }),
		},
		async run({ ProductKey, ApplyId }, { batches, store }) {
			const { status } = await batches.get(ProductKey, ApplyId);
			const items = await store.batches.items(ApplyId);
			const details = invalid(items);
			// As on the platform: the good ones are listed beside bad ones only.
			const valid = details.length === 0 ? [] : items.filter((one) => one.failure === "").map((one) => one.deviceName);
			return {
				Data: {
					Status: status,
					ValidList: { Name: valid },
					InvalidList: { Name: details.map((one) => one.DeviceName) },
					InvalidDetailList: { InvalidDetailItem: details },
				},
			};
		},
	}),
	operation<"QueryPageByApplyId">({
		name: "QueryPageByApplyId",
		summary: "The devices that a batch made, by pages.",
		parameters: {
			ApplyId: APPLY_ID,
			CurrentPage: integer("Page, from 1.", 1),
			PageSize: integer(`Devices a page, ${PAGE_SIZE} if not given.`, 1, PAGE_SIZE_MAX),
		},
		required: ["ApplyId"],
		answer: {
			...pageFields("Devices", "How many devices the batch made."),
			ApplyDeviceList: object({
				ApplyDeviceInfo: list(
					object({
						IotId: text("The platform's key of the device."),
						DeviceName: text("Its name."),
						DeviceSecret: text("Its secret."),
					}),
				),
			}),
		},
		async run(request, { store }) {
			const { applyId } = await store.batches.get(request.ApplyId);
			const page = await store.batches.devices(applyId, request.CurrentPage ?? 1, request.PageSize ?? PAGE_SIZE);
			const devices = page.rows.map(({ device: { iotId, deviceName, deviceSecret } }) => ({
				IotId: iotId,
				DeviceName: deviceName,
				DeviceSecret: deviceSecret,
			}));
			return {
				...pageNumbers(page),
				ApplyDeviceList: { ApplyDeviceInfo: devices },
			};
		},
	}),
	operation<"QueryCertUrlByApplyId">({
		name: "QueryCertUrlByApplyId",
		summary: "Where the batch's certificates and keys can be downloaded (ZIP) for 30 days.",
		parameters: { ApplyId: APPLY_ID },
		required: ["ApplyId"],
		answer: { CertUrl: text("An address that counts for 30 days from when the batch was finished.") },
		async run({ ApplyId }, { store, certUrls }) {
			const batch = await store.batches.get(ApplyId);
			const { authType } = await store.products.get(batch.productKey);
			if (authType !== "x509")
				throw new CloudError("refused", `devices of product ${batch.productKey} have no certificates`, {
					detail: "iot.device.NotX509Device",
				});
			return { CertUrl: certUrls.of(batch, "all") };
		},
	}),
	operation<"QueryBatchList">({
		name: "QueryBatchList",
		summary: "Ours: a product's batches, newest first, as the console lists them.",
		parameters: { ProductKey: PRODUCT_KEY },
		required: ["ProductKey"],
		answer: {
			Data: object({
				BatchInfo: list(
					object({
						ApplyId: APPLY_ID,
						Status: STATUS,
						UtcCreate: text("UTC, ISO 8601."),
						UtcFinished: text("UTC, or empty while it is being made."),
					}),
				),
			}),
		},
		async run({ ProductKey }, { store }) {
			await store.products.get(ProductKey);
			const batches = (await store.batches.list(ProductKey)).map((one) => ({
				ApplyId: one.applyId,
				Status: one.status,
				UtcCreate: times(one.createdAt).utc,
				UtcFinished: times(one.finishedAt).utc,
			}));
			return { Data: { BatchInfo: batches } };
		},
	}),
	operation<"QueryBatchCsv">({
		name: "QueryBatchCsv",
		summary:
			"Ours: the table that the console's button downloads: the identities to burn, with a CertUrl each for X.509.",
		parameters: { ProductKey: PRODUCT_KEY, ApplyId: APPLY_ID },
		required: ["ProductKey", "ApplyId"],
		answer: { Data: object({ Csv: text("DeviceName,DeviceSecret,ProductKey, and CertUrl for X.509.") }) },
		async run({ ProductKey, ApplyId }, { batches, certUrls }) {
			return { Data: { Csv: await certUrls.table(await batches.get(ProductKey, ApplyId)) } };
		},
	}),
];
