import { CloudError } from "../errors";
import { checkDeviceName, checkNickname } from "../names";
import type { NewItem } from "../store/batches";

/** The console's limits for a table of devices (DA 205). */
export const BATCH_ROWS_MAX = 1000;
export const BATCH_FILE_MAX = 2 * 1024 * 1024;

/** A row of such a table. */
export interface BatchRow {
	deviceName: string;
	nickname: string;
}

/** Says of each row what is wrong with it; a name may stand there once, and in the product not yet. */
export function checkRows(rows: readonly BatchRow[], taken: ReadonlySet<string>): NewItem[] {
	const seen = new Set<string>();
	return rows.map((row) => {
		const failure = faultOf(row, taken, seen);
		seen.add(row.deviceName);
		return { ...row, failure };
	});
}

function faultOf({ deviceName, nickname }: BatchRow, taken: ReadonlySet<string>, seen: ReadonlySet<string>): string {
	try {
		checkDeviceName(deviceName);
		if (nickname !== "") checkNickname(nickname);
	} catch (error) {
		if (error instanceof CloudError) return error.message;
		throw error;
	}
	if (seen.has(deviceName)) return "the name stands in the list twice";
	return taken.has(deviceName) ? "the product already has a device of that name" : "";
}

/**
 * Reads the console's table: a heading `DeviceName,Nickname`, a row for each device. Cells may be in quotes. Throws
 * `invalid` for a file that is none; what is wrong with a row's texts is the cloud's to say.
 */
export function readTable(bytes: Uint8Array): BatchRow[] {
	const fail = (message: string, detail: string) => new CloudError("invalid", message, { detail });
	if (bytes.length > BATCH_FILE_MAX)
		throw fail("a table of devices has at most 2 MB", "iot.device.DevicesFileTooLarge");
	// A spreadsheet writes a byte order mark; the decoder takes it off.
	const lines = new TextDecoder().decode(bytes).split(/\r?\n/).map(cells);
	const [heading, ...rest] = lines.filter((line) => line.some((cell) => cell !== ""));
	const columns = (heading ?? []).map((cell) => cell.toLowerCase());
	if (columns[0] !== "devicename" || columns.length > 2 || (columns[1] ?? "nickname") !== "nickname")
		throw fail("the first line is DeviceName,Nickname", "iot.device.InvalidFormattedFile");
	if (rest.length > BATCH_ROWS_MAX)
		throw fail(`a table has at most ${BATCH_ROWS_MAX} devices, this one ${rest.length}`, "iot.device.TooManyDevices");
	return rest.map(([deviceName = "", nickname = ""]) => ({ deviceName, nickname }));
}

/** The cells of a line. No cell of such a table goes over several lines: no name has one. */
function cells(line: string): string[] {
	return line.split(",").map((cell) => {
		const text = cell.trim();
		return /^".*"$/.test(text) ? text.slice(1, -1).replaceAll('""', '"').trim() : text;
	});
}
