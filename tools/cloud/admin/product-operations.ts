import { CloudError } from "../errors";
import type { Product } from "../store/products";
import { DEFAULT_CLASSES, userPattern } from "../topics/class";
import type { ProductInfo } from "./actions";
import { type AnyOperation, boolean, choice, integer, list, object, operation, text } from "./operation";

const PRODUCT_INFO = Object.freeze({
	ProductKey: text("The platform's key of the product."),
	ProductName: text("Its name."),
	NodeType: choice("0 direct device, 1 gateway, 2 sub-device of a gateway.", 0, 1, 2),
	DataFormat: choice("0 raw bytes, 1 the platform's JSON.", 0, 1),
	AuthType: choice("How its devices prove who they are.", "secret", "x509", "id2"),
	NetType: text("How its devices reach the network."),
	Description: text("A description."),
	DynamicRegistration: boolean("Ours: whether devices may register by the product's secret."),
	GmtCreate: integer("When it was made, ms since 1970."),
});
const SECRET = text("The ProductSecret.");
const COUNT = integer("How many devices it has.");
const PRODUCT_KEY = text("ProductKey of the product.", 64);

function info(product: Product): ProductInfo {
	return {
		ProductKey: product.productKey,
		ProductName: product.name,
		NodeType: product.nodeType,
		DataFormat: product.dataFormat,
		AuthType: product.authType,
		NetType: product.netType,
		Description: product.description,
		DynamicRegistration: product.dynamicRegistration,
		GmtCreate: product.createdAt,
	};
}

/** Actions on products. */
export const productOperations: readonly AnyOperation[] = [
	operation<"CreateProduct">({
		name: "CreateProduct",
		summary: "Makes a product with the topic classes that every product has. Its kinds are fixed from then on.",
		parameters: {
			ProductName: text("4 to 30 characters of CJK (counting 2), letters, digits, _-@(); unique.", 64),
			NodeType: PRODUCT_INFO.NodeType,
			DataFormat: PRODUCT_INFO.DataFormat,
			AuthType: PRODUCT_INFO.AuthType,
			NetType: choice("How its devices reach the network.", "WIFI", "CELLULAR", "ETHERNET", "LORA", "OTHER"),
			Description: text("At most 100 characters.", 400),
			ProductKey: text("Ours: a ProductKey of one's own choice (letters and digits), to move a product here.", 64),
			DynamicRegistration: PRODUCT_INFO.DynamicRegistration,
		},
		required: ["ProductName"],
		answer: { ProductKey: PRODUCT_KEY, Data: object({ ...PRODUCT_INFO, ProductSecret: SECRET }) },
		async run(request, { store, events }) {
			if (request.NetType === "LORA" && (request.AuthType ?? "secret") !== "secret")
				throw new CloudError("refused", `LoRaWAN products know no ${request.AuthType}`, {
					detail: "iot.prod.InvalidAuthType",
				});
			if (request.ProductKey !== undefined) {
				if (!/^[A-Za-z0-9]{4,20}$/.test(request.ProductKey))
					throw new CloudError("invalid", "a ProductKey has 4 to 20 letters and digits", {
						detail: "InvalidProductKey",
					});
				if (await store.products.find(request.ProductKey))
					throw new CloudError("exists", `there is already a product ${request.ProductKey}`, {
						detail: "iot.prod.AlreadyExistedProductKey",
					});
			}
			const product = await store.products.create({
				name: request.ProductName,
				productKey: request.ProductKey,
				nodeType: request.NodeType,
				dataFormat: request.DataFormat,
				authType: request.AuthType,
				netType: request.NetType,
				description: request.Description,
				dynamicRegistration: request.DynamicRegistration,
			});
			for (const { short, operation } of DEFAULT_CLASSES) {
				await store.topicClasses.create(product.productKey, userPattern(product.productKey, short), operation);
			}
			events.emit({ type: "product.created", productKey: product.productKey });
			return { ProductKey: product.productKey, Data: { ...info(product), ProductSecret: product.productSecret } };
		},
	}),
	operation<"QueryProduct">({
		name: "QueryProduct",
		summary: "A product with its secret.",
		parameters: { ProductKey: PRODUCT_KEY },
		required: ["ProductKey"],
		answer: { Data: object({ ...PRODUCT_INFO, ProductSecret: SECRET, DeviceCount: COUNT }) },
		async run(request, { store }) {
			const product = await store.products.get(request.ProductKey);
			const { total } = await store.devices.list(request.ProductKey, 1, 1);
			return { Data: { ...info(product), ProductSecret: product.productSecret, DeviceCount: total } };
		},
	}),
	operation<"QueryProductList">({
		name: "QueryProductList",
		summary: "Products, newest first, by pages.",
		parameters: {
			CurrentPage: integer("Page, from 1.", 1),
			PageSize: integer("Products a page, 50 if not given.", 1, 200),
		},
		required: [],
		answer: {
			Data: object({
				CurrentPage: integer("This page."),
				PageCount: integer("How many pages there are."),
				PageSize: integer("Products a page."),
				Total: integer("How many products there are."),
				List: object({ ProductInfo: list(object({ ...PRODUCT_INFO, DeviceCount: COUNT })) }),
			}),
		},
		async run(request, { store }) {
			const { page, pageSize, total, rows } = await store.products.list(
				request.CurrentPage ?? 1,
				request.PageSize ?? 50,
			);
			const products = rows.map((row) => ({ ...info(row), DeviceCount: row.devices }));
			return {
				Data: {
					CurrentPage: page,
					PageCount: Math.ceil(total / pageSize),
					PageSize: pageSize,
					Total: total,
					List: { ProductInfo: products },
				},
			};
		},
	}),
	operation<"UpdateProduct">({
		name: "UpdateProduct",
		summary: "Changes a product's name or description; its kinds can't be changed.",
		parameters: {
			ProductKey: PRODUCT_KEY,
			ProductName: text("The new name.", 64),
			Description: text("The new description.", 400),
		},
		required: ["ProductKey"],
		answer: {},
		async run(request, { store, events }) {
			await store.products.update(request.ProductKey, { name: request.ProductName, description: request.Description });
			events.emit({ type: "product.changed", productKey: request.ProductKey });
			return {};
		},
	}),
	operation<"DeleteProduct">({
		name: "DeleteProduct",
		summary: "Removes a product that has no devices.",
		parameters: { ProductKey: PRODUCT_KEY },
		required: ["ProductKey"],
		answer: {},
		async run(request, { store, events }) {
			await store.products.delete(request.ProductKey);
			events.emit({ type: "product.deleted", productKey: request.ProductKey });
			return {};
		},
	}),
];
