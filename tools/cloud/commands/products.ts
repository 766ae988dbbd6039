import type { Command } from "commander";
import type { Actions } from "../admin/actions";
import { type CommonOptions, clientOf, confirm, optionsOf, print, table } from "./output";

const NODE_TYPES = ["device", "gateway", "sub-device"];

/** `linkxs cloud products | create-product | delete-product`. */
export function registerProducts(cloud: Command): void {
	cloud
		.command("products")
		.description("list products")
		.action(async (_options: unknown, command: Command) => {
			const options = optionsOf(command);
			const answer = await clientOf(options).call("QueryProductList", { PageSize: 200 });
			const rows = answer.Data.List.ProductInfo.map((one) => [
				one.ProductKey,
				one.ProductName,
				NODE_TYPES[one.NodeType] ?? "?",
				one.AuthType,
				one.DataFormat === 1 ? "JSON" : "raw",
				String(one.DeviceCount),
			]);
			print(options, answer, () =>
				table(["PRODUCT KEY", "NAME", "KIND", "AUTH", "DATA", "DEVICES"], rows, "no products yet"),
			);
		});
	cloud
		.command("create-product <name>")
		.description("make a product")
		.option("--kind <kind>", "device, gateway or sub-device", "device")
		.option("--auth <kind>", "secret, x509 or id2", "secret")
		.option("--raw", "its devices send bytes, not the platform's JSON")
		.option("--dynamic-registration", "let its devices register by the product's secret")
		.option("--product-key <key>", "a ProductKey of one's own choice")
		.action(async (name: string, _options: unknown, command: Command) => {
			const options = optionsOf<
				CommonOptions & {
					kind: string;
					auth: string;
					raw?: boolean;
					dynamicRegistration?: boolean;
					productKey?: string;
				}
			>(command);
			const nodeType = NODE_TYPES.indexOf(options.kind);
			if (nodeType < 0) command.error(`--kind is one of ${NODE_TYPES.join(", ")}`);
			const answer = await clientOf(options).call("CreateProduct", {
				ProductName: name,
				NodeType: nodeType,
				DataFormat: options.raw ? 0 : 1,
				// The cloud says in words when this is none of the three.
				AuthType: options.auth as NonNullable<Actions["CreateProduct"]["request"]["AuthType"]>,
				DynamicRegistration: options.dynamicRegistration === true,
				...(options.productKey !== undefined && { ProductKey: options.productKey }),
			});
			print(options, answer, () => `productKey     ${answer.ProductKey}\nproductSecret  ${answer.Data.ProductSecret}`);
		});
	cloud
		.command("delete-product <productKey>")
		.description("remove a product without devices")
		.action(async (productKey: string, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			await confirm(options, `Remove product ${productKey}?`);
			const answer = await clientOf(options).call("DeleteProduct", { ProductKey: productKey });
			print(options, answer, () => `product ${productKey} removed`);
		});
}
