import { CloudError } from "../errors";
import type { Carrier } from "../store/carriers";
import type { Product } from "../store/products";
import { findDevice, times } from "./device-ref";
import type { CarrierInfo } from "./identity-actions";
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
	UTC,
} from "./operation";
import { pageFields, pageNumbers, pageParameters } from "./paging";

const PRODUCT_KEY = text("ProductKey of an ID² product.", 64);
const LICENCES = integer("Licences that the product has.");
const USED = integer("How many of them are used.");
const WHITE_LIST = choice(
	"Who may come in: everybody with a carrier, devices that were registered, or those alone whose carrier was named too.",
	"off",
	"devices",
	"carriers",
);
const ID2 = text("The carrier's ID².", 64);
/** Carriers that one request makes or takes. */
const CARRIERS_MAX = 1000;

async function id2Product(productKey: string, { store }: Context): Promise<Product> {
	const product = await store.products.get(productKey);
	if (product.authType === "id2") return product;
	throw new CloudError("refused", `devices of product ${productKey} prove themselves by ${product.authType}`, {
		detail: "id2.NotId2Product",
	});
}

function info({ id2, productKey, iotId, createdAt, usedAt }: Carrier): CarrierInfo {
	return {
		Id2: id2,
		ProductKey: productKey ?? "",
		IotId: iotId ?? "",
		UtcCreate: times(createdAt).utc,
		UtcUsed: times(usedAt).utc,
	};
}

/** Actions on ID²: licences, white lists and carriers. Ours: Alibaba has another console for it. */
export const id2Operations: readonly AnyOperation[] = [
	operation<"QueryId2Product">({
		name: "QueryId2Product",
		summary: "Ours: a product's licences and white list.",
		parameters: { ProductKey: PRODUCT_KEY },
		required: ["ProductKey"],
		answer: { Data: object({ Licences: LICENCES, Used: USED, WhiteList: WHITE_LIST }) },
		async run({ ProductKey }, context) {
			await id2Product(ProductKey, context);
			const { licences, used, whiteList } = await context.store.carriers.settings(ProductKey);
			return { Data: { Licences: licences, Used: used, WhiteList: whiteList } };
		},
	}),
	operation<"AssignId2Licences">({
		name: "AssignId2Licences",
		summary: "Ours: gives a product more licences. Each carrier that comes in for the first time uses one.",
		parameters: { ProductKey: PRODUCT_KEY, Count: integer("How many more.", 1, 1_000_000) },
		required: ["ProductKey", "Count"],
		answer: { Data: object({ Licences: LICENCES, Used: USED }) },
		async run({ ProductKey, Count }, context) {
			await id2Product(ProductKey, context);
			await context.store.carriers.addLicences(ProductKey, Count);
			const { licences, used } = await context.store.carriers.settings(ProductKey);
			context.events.emit({ type: "product.changed", productKey: ProductKey, what: `${licences} ID² licences` });
			return { Data: { Licences: licences, Used: used } };
		},
	}),
	operation<"SetId2WhiteList">({
		name: "SetId2WhiteList",
		summary: "Ours: the console's switch of the white list.",
		parameters: { ProductKey: PRODUCT_KEY, WhiteList: WHITE_LIST },
		required: ["ProductKey", "WhiteList"],
		answer: {},
		async run({ ProductKey, WhiteList }, context) {
			await id2Product(ProductKey, context);
			await context.store.carriers.setWhiteList(ProductKey, WhiteList);
			context.events.emit({ type: "product.changed", productKey: ProductKey, what: `ID² white list: ${WhiteList}` });
			return {};
		},
	}),
	operation<"CreateId2Carrier">({
		name: "CreateId2Carrier",
		summary: "Ours: makes carriers. This answer alone has their keys: burn them, or lose them.",
		parameters: { Count: integer("How many, 1 if not given.", 1, CARRIERS_MAX) },
		required: [],
		answer: { Data: object({ Carrier: list(object({ Id2: ID2, Key: text("32 bytes, hex.") })) }) },
		async run({ Count = 1 }, { carriers }) {
			const made = [];
			for (let i = 0; i < Count; i++) {
				const { id2, key } = await carriers.make();
				made.push({ Id2: id2, Key: key.toString("hex") });
			}
			return { Data: { Carrier: made } };
		},
	}),
	operation<"ImportId2Carriers">({
		name: "ImportId2Carriers",
		summary: "Ours: makes the carriers of a batch of chips known. Stops at the first that can't be.",
		parameters: {
			Carrier: {
				...list(object({ Id2: ID2, Key: text("32 bytes, hex.", 64) })),
				description: `At most ${CARRIERS_MAX}.`,
			},
		},
		required: ["Carrier"],
		answer: { Data: object({ Count: integer("How many were taken.") }) },
		async run({ Carrier }, { carriers }) {
			if (Carrier.length > CARRIERS_MAX)
				throw new CloudError("invalid", `at most ${CARRIERS_MAX} carriers at once`, { detail: "id2.TooManyCarriers" });
			for (const { Id2, Key } of Carrier) await carriers.add({ id2: Id2, key: Buffer.from(Key, "hex") });
			return { Data: { Count: Carrier.length } };
		},
	}),
	operation<"QueryId2CarrierList">({
		name: "QueryId2CarrierList",
		summary: "Ours: the carriers that the cloud knows, newest first, without their keys.",
		parameters: {
			...pageParameters("Carriers"),
		},
		required: [],
		answer: {
			...pageFields("Carriers", "How many carriers there are."),
			Data: object({
				CarrierInfo: list(
					object({
						Id2: ID2,
						ProductKey: text("The product one of whose licences it uses, or empty."),
						IotId: text("The device that it is, or empty."),
						UtcCreate: UTC,
						UtcUsed: UTC,
					}),
				),
			}),
		},
		async run({ CurrentPage = 1, PageSize = 50 }, { store }) {
			const found = await store.carriers.list(CurrentPage, PageSize);
			return {
				...pageNumbers(found),
				Data: { CarrierInfo: found.rows.map(info) },
			};
		},
	}),
	operation<"BindId2Carrier">({
		name: "BindId2Carrier",
		summary: "Ours: names the carrier of a registered device before it comes, as the white list `carriers` asks.",
		parameters: { ...DEVICE_FIELDS, Id2: ID2 },
		required: ["Id2"],
		answer: {},
		async run(request, context) {
			const device = await findDevice(request, context);
			await id2Product(device.productKey, context);
			await context.store.carriers.bind(request.Id2, device);
			return {};
		},
	}),
	operation<"DeleteId2Carrier">({
		name: "DeleteId2Carrier",
		summary: "Ours: forgets a carrier: nobody comes in with it again, and who is in goes. Its licence stays used.",
		parameters: { Id2: ID2 },
		required: ["Id2"],
		answer: {},
		async run({ Id2 }, { store, events, switchboard }) {
			const { iotId } = await store.carriers.remove(Id2);
			events.emit({ type: "id2.carrier", id2: Id2, what: "removed" });
			if (iotId !== undefined) switchboard.throwOff(iotId, "its ID² carrier was removed");
			return {};
		},
	}),
];
