import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { wholeNumber } from "../../lib/command-line";
import { CloudError } from "../errors";
import type { WhiteList } from "../store/carriers";
import { type CommonOptions, clientOf, confirm, deviceFields, optionsOf, print, table } from "./output";
import { writeSecret } from "./secret-file";

const HEADING = "Id2,Key";
const WHITE_LISTS: readonly string[] = ["off", "devices", "carriers"] satisfies WhiteList[];

const count = wholeNumber(1, 1_000_000);

/** A table of carriers as create-carrier writes it. Throws `invalid`, without what the lines say. */
function readCarriers(file: string): { Id2: string; Key: string }[] {
	let text: string;
	try {
		text = readFileSync(file, "utf8");
	} catch (cause) {
		throw new CloudError("invalid", `${file} cannot be read`, { cause });
	}
	const [heading, ...rows] = text.split(/\r?\n/).filter((line) => line !== "");
	if (heading !== HEADING) throw new CloudError("invalid", `the first line of ${file} is not ${HEADING}`);
	return rows.map((row, at) => {
		const [Id2 = "", Key = "", ...more] = row.split(",");
		if (!/^[0-9a-fA-F]{64}$/.test(Key) || more.length > 0)
			throw new CloudError("invalid", `line ${at + 2} of ${file} is no carrier with a key of 64 hex digits`);
		return { Id2, Key };
	});
}

/** `linkxs cloud id2 | assign-licences | white-list | …-carrier(s)`. */
export function registerId2(cloud: Command): void {
	registerProducts(cloud);
	registerCarriers(cloud);
}

function registerProducts(cloud: Command): void {
	cloud
		.command("id2 <productKey>")
		.description("tell an ID² product's licences and white list")
		.action(async (productKey: string, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			const answer = await clientOf(options).call("QueryId2Product", { ProductKey: productKey });
			const { Licences, Used, WhiteList } = answer.Data;
			print(options, answer, () => `licences    ${Used} of ${Licences} used\nwhite list  ${WhiteList}`);
		});
	cloud
		.command("assign-licences <productKey>")
		.argument("<number>", "how many more", count)
		.description("give an ID² product more licences: each new carrier uses one")
		.action(async (productKey: string, number: number, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			const request = { ProductKey: productKey, Count: number };
			const answer = await clientOf(options).call("AssignId2Licences", request);
			print(options, answer, () => `${answer.Data.Licences} licences, ${answer.Data.Used} used`);
		});
	cloud
		.command("white-list <productKey> <off|devices|carriers>")
		.description("say who comes in by ID²: anybody, registered devices, or those alone whose carrier is bound, too")
		.action(async (productKey: string, mode: string, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			if (!WHITE_LISTS.includes(mode)) command.error(`a white list is one of ${WHITE_LISTS.join(", ")}`);
			const request = { ProductKey: productKey, WhiteList: mode as WhiteList };
			const answer = await clientOf(options).call("SetId2WhiteList", request);
			print(options, answer, () => `white list of ${productKey}: ${mode}`);
		});
}

function registerCarriers(cloud: Command): void {
	cloud
		.command("carriers")
		.description("list the ID² carriers that the cloud knows")
		.action(async (_options: unknown, command: Command) => {
			const options = optionsOf(command);
			const answer = await clientOf(options).call("QueryId2CarrierList", { PageSize: 1000 });
			const rows = answer.Data.CarrierInfo.map((one) => [one.Id2, one.ProductKey, one.IotId, one.UtcUsed]);
			print(options, answer, () => table(["ID2", "PRODUCT", "IOTID", "SINCE"], rows, "no carriers yet"));
		});
	cloud
		.command("create-carrier")
		.description(`make software carriers; their keys go into a table (${HEADING}) and can't be had again`)
		.option("--count <number>", "how many", count, 1)
		.requiredOption("--out <file>", "the table")
		.action(async (_options: unknown, command: Command) => {
			const options = optionsOf<CommonOptions & { count: number; out: string }>(command);
			const { Data } = await clientOf(options).call("CreateId2Carrier", { Count: options.count });
			writeSecret(options.out, `${[HEADING, ...Data.Carrier.map((one) => `${one.Id2},${one.Key}`)].join("\n")}\n`);
			const made = { Id2: Data.Carrier.map((one) => one.Id2), File: options.out };
			print(options, made, () => [...made.Id2, `keys in ${options.out}`].join("\n"));
		});
	cloud
		.command("import-carriers <file>")
		.description(`make the carriers of a table (${HEADING}) known`)
		.action(async (file: string, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			const answer = await clientOf(options).call("ImportId2Carriers", { Carrier: readCarriers(file) });
			print(options, answer, () => `${answer.Data.Count} carriers added`);
		});
	cloud
		.command("bind-carrier <productKey/deviceName> <id2>")
		.description("name the carrier of a registered device before it comes")
		.action(async (device: string, id2: string, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			const answer = await clientOf(options).call("BindId2Carrier", { ...deviceFields(device), Id2: id2 });
			print(options, answer, () => `${device} has ${id2}`);
		});
	cloud
		.command("delete-carrier <id2>")
		.description("forget a carrier: nobody comes in with it again")
		.action(async (id2: string, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			await confirm(options, `Forget carrier ${id2}? Its key can't be had again.`);
			const answer = await clientOf(options).call("DeleteId2Carrier", { Id2: id2 });
			print(options, answer, () => `carrier ${id2} removed`);
		});
}
