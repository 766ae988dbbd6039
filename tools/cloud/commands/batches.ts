import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { type Command, Option } from "commander";
import { wholeNumber } from "../../lib/command-line";
import type { InvalidDetailItem } from "../admin/identity-actions";
import type { CloudClient } from "../client";
import { CloudError } from "../errors";
import { readTable } from "../x509/batch-names";
import { type CommonOptions, clientOf, optionsOf, print, table } from "./output";
import { writeSecret } from "./secret-file";

/** How often a batch that is being made is looked after, ms. */
const LOOK = 200;

type KeyType = "RSA2048" | "EC256";

interface MakeOptions extends CommonOptions {
	count?: number;
	file?: string;
	key?: KeyType;
	csv?: string;
}

/** Asks for a batch; answers its number. Throws `invalid` naming the refused rows. */
async function ask(client: CloudClient, productKey: string, { count, file, key }: MakeOptions): Promise<number> {
	const request = { ProductKey: productKey, ...(key && { KeyType: key }) };
	if (file === undefined) {
		const { Data } = await client.call("BatchRegisterDevice", { ...request, Count: count ?? 0 });
		return Data.ApplyId;
	}
	const rows = readTable(read(file));
	const { Data } = await client.call("BatchCheckDeviceNames", {
		...request,
		DeviceNameList: rows.map(({ deviceName, nickname }) => ({ DeviceName: deviceName, DeviceNickname: nickname })),
	});
	const invalid = Data.InvalidDetailList.InvalidDetailItem;
	if (invalid.length > 0)
		throw new CloudError(
			"invalid",
			`none was made, as of ${rows.length} rows ${invalid.length} are refused:\n${lines(invalid)}`,
		);
	await client.call("BatchRegisterDeviceWithApplyId", { ProductKey: productKey, ApplyId: Data.ApplyId });
	return Data.ApplyId;
}

function read(file: string): Uint8Array {
	try {
		return readFileSync(file);
	} catch (cause) {
		throw new CloudError("invalid", `${file} cannot be read`, { cause });
	}
}

function lines(items: readonly InvalidDetailItem[]): string {
	return items.map((one) => `${one.DeviceName}: ${one.ErrorMsg}`).join("\n");
}

async function statusOf(client: CloudClient, ProductKey: string, ApplyId: number, csv: string | undefined) {
	let { Data } = await client.call("QueryBatchRegisterDeviceStatus", { ProductKey, ApplyId });
	while (Data.Status === "CREATE") {
		await wait(LOOK);
		({ Data } = await client.call("QueryBatchRegisterDeviceStatus", { ProductKey, ApplyId }));
	}
	const { Total } = await client.call("QueryPageByApplyId", { ApplyId, PageSize: 1 });
	if (csv !== undefined) writeSecret(csv, (await client.call("QueryBatchCsv", { ProductKey, ApplyId })).Data.Csv);
	const failed = Data.InvalidDetailList.InvalidDetailItem;
	return { ApplyId, Status: Data.Status, Total, Failed: failed, ...(csv !== undefined && { Csv: csv }) };
}

function show({ ApplyId, Status, Total, Failed, Csv }: Awaited<ReturnType<typeof statusOf>>): string {
	const table = Csv === undefined ? [] : [`table    ${Csv}`];
	return [
		`batch    ${ApplyId} ${Status}`,
		`devices  ${Total}`,
		...table,
		...(Failed.length > 0 ? [lines(Failed)] : []),
	].join("\n");
}

/** `linkxs cloud create-devices | batches | batch`. */
export function registerBatches(cloud: Command): void {
	const csv = "write the devices' identities (and CertUrls, which count for 30 days) into this table";
	cloud
		.command("create-devices <productKey>")
		.description("make many devices at once, by count or with the names of a table (DeviceName,Nickname)")
		.option("--count <number>", "how many, with names of the cloud's choice", wholeNumber(1))
		.option("--file <csv>", "the table, of at most 1,000 devices")
		.addOption(new Option("--key <kind>", "kind of key of X.509 devices").choices(["RSA2048", "EC256"]))
		.option("--csv <file>", csv)
		.action(async (productKey: string, _options: unknown, command: Command) => {
			const options = optionsOf<MakeOptions>(command);
			if ((options.count === undefined) === (options.file === undefined)) command.error("give --count or --file");
			const client = clientOf(options);
			const result = await statusOf(client, productKey, await ask(client, productKey, options), options.csv);
			print(options, result, () => show(result));
			if (result.Failed.length > 0) process.exitCode = 1;
		});
	cloud
		.command("batches <productKey>")
		.description("list a product's batches of devices")
		.action(async (productKey: string, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			const answer = await clientOf(options).call("QueryBatchList", { ProductKey: productKey });
			const rows = answer.Data.BatchInfo.map((one) => [
				String(one.ApplyId),
				one.Status,
				one.UtcCreate,
				one.UtcFinished,
			]);
			print(options, answer, () => table(["BATCH", "STATE", "CREATED", "FINISHED"], rows, "no batches yet"));
		});
	cloud
		.command("batch <productKey>")
		.argument("<applyId>", "the batch's number", wholeNumber(1))
		.description("tell how a batch went, and what of it failed")
		.option("--csv <file>", csv)
		.action(async (productKey: string, applyId: number, _options: unknown, command: Command) => {
			const options = optionsOf<CommonOptions & { csv?: string }>(command);
			const result = await statusOf(clientOf(options), productKey, applyId, options.csv);
			print(options, result, () => show(result));
		});
}
