import type { Command } from "commander";
import { wholeNumber } from "../../lib/command-line";
import type { Operation } from "../topics/class";
import { clientOf, optionsOf, print, table } from "./output";

/** `linkxs cloud topics | create-topic | delete-topic`. */
export function registerTopics(cloud: Command): void {
	cloud
		.command("topics <productKey>")
		.description("list a product's custom topic classes")
		.action(async (productKey: string, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			const answer = await clientOf(options).call("QueryProductTopic", { ProductKey: productKey });
			const rows = answer.Data.ProductTopicInfo.map((one) => [one.Id, one.Operation, one.TopicShortName, one.Desc]);
			print(options, answer, () => table(["ID", "RIGHT", "TOPIC CLASS", "DESCRIPTION"], rows, "no topic classes"));
		});
	cloud
		.command("create-topic <productKey> <class> <right>")
		.description(
			`add a topic class; <class> lies below user/, or is a whole pattern with \${deviceName}; <right> is PUB, SUB or ALL`,
		)
		.action(async (productKey: string, pattern: string, right: string, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			const place = pattern.startsWith("/") ? { TopicFullName: pattern } : { TopicShortName: pattern };
			// The cloud says in words when the right is none of the three.
			const request = { ProductKey: productKey, ...place, Operation: right.toUpperCase() as Operation };
			const answer = await clientOf(options).call("CreateProductTopic", request);
			print(options, answer, () => `topic class ${answer.TopicId} added`);
		});
	cloud
		.command("delete-topic")
		.argument("<id>", "its number", wholeNumber(1))
		.description("remove a topic class")
		.action(async (id: number, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			const answer = await clientOf(options).call("DeleteProductTopic", { TopicId: id });
			print(options, answer, () => `topic class ${id} removed`);
		});
}
