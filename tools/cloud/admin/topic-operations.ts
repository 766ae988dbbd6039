import { CloudError } from "../errors";
import { DEVICE_NAME, userPattern } from "../topics/class";
import { type AnyOperation, choice, integer, list, object, operation, text } from "./operation";

const OPERATION = choice("What devices may do on it: publish, subscribe, or both.", "PUB", "SUB", "ALL");

/** Actions on a product's custom topic classes. */
export const topicOperations: readonly AnyOperation[] = [
	operation<"CreateProductTopic">({
		name: "CreateProductTopic",
		summary: "Adds a custom topic class to a product.",
		parameters: {
			ProductKey: text("The product.", 64),
			TopicShortName: text(`The levels below /\${ProductKey}/${DEVICE_NAME}/user/.`, 256),
			TopicFullName: text(
				`Ours: a whole pattern /\${ProductKey}/${DEVICE_NAME}/… in place of TopicShortName, for classes outside user/.`,
				256,
			),
			Operation: OPERATION,
			Desc: text("At most 100 characters.", 400),
		},
		required: ["ProductKey", "Operation"],
		answer: { TopicId: integer("The class's id.") },
		async run(request, { store, events }) {
			await store.products.get(request.ProductKey);
			const { TopicShortName: short, TopicFullName: full } = request;
			if ((short === undefined) === (full === undefined))
				throw new CloudError("invalid", "give either TopicShortName or TopicFullName", {
					detail: "MissingTopicShortName",
				});
			const pattern = full ?? userPattern(request.ProductKey, short ?? "");
			const id = await store.topicClasses.create(request.ProductKey, pattern, request.Operation, request.Desc);
			events.emit({
				type: "product.changed",
				productKey: request.ProductKey,
				what: `topic class ${pattern} (${request.Operation})`,
			});
			return { TopicId: id };
		},
	}),
	operation<"QueryProductTopic">({
		name: "QueryProductTopic",
		summary: "The custom topic classes of a product.",
		parameters: { ProductKey: text("The product.", 64) },
		required: ["ProductKey"],
		answer: {
			Data: object({
				ProductTopicInfo: list(
					object({
						Id: text("The class's id."),
						ProductKey: text("The product."),
						TopicShortName: text("The whole pattern, as the platform answers it too."),
						Operation: OPERATION,
						Desc: text("A description."),
					}),
				),
			}),
		},
		async run(request, { store }) {
			await store.products.get(request.ProductKey);
			const classes = await store.topicClasses.load(request.ProductKey);
			const list = classes.map((one) => ({
				Id: String(one.id),
				ProductKey: request.ProductKey,
				TopicShortName: one.pattern,
				Operation: one.operation,
				Desc: one.description,
			}));
			return { Data: { ProductTopicInfo: list } };
		},
	}),
	operation<"DeleteProductTopic">({
		name: "DeleteProductTopic",
		summary: "Removes a custom topic class.",
		parameters: { TopicId: integer("The class's id.", 1) },
		required: ["TopicId"],
		answer: {},
		async run(request, { store, events }) {
			const { productKey, pattern } = await store.topicClasses.delete(request.TopicId);
			events.emit({ type: "product.changed", productKey, what: `topic class ${pattern} removed` });
			return {};
		},
	}),
];
