import type { FlashReport, PartitionReport, RecordReport, VaultReport } from "./inspect";

/** How much of a value fits into a line. */
const WIDTH = 60;

const hexadecimal = (value: number) => `0x${value.toString(16).padStart(6, "0")}`;

function columns(rows: readonly (readonly string[])[]): string[] {
	const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
	return rows.map((row) =>
		row
			.map((cell, i) => cell.padEnd(widths[i] ?? 0))
			.join("  ")
			.trimEnd(),
	);
}

function contentOf({ used, size, image, nvs, error }: PartitionReport): string {
	if (error) return error;
	if (used === 0) return "erased";
	if (image) {
		const { kind, version, board, debug, sections } = image;
		const parts = Object.entries(sections).map(([tag, bytes]) => `${tag} ${bytes}`);
		const about = `${kind} ${version} for ${board}${debug ? ", with lines" : ""}, ${image.size} bytes`;
		return parts.length ? `${about}: ${parts.join(", ")}` : about;
	}
	if (nvs)
		return `NVS: ${Object.entries(nvs)
			.map(([name, keys]) => `${name} (${keys.join(", ")})`)
			.join("; ")}`;
	return `used up to ${Math.ceil((100 * used) / size)} %`;
}

function shownOf({ text, hex, secret, error }: RecordReport, whole: boolean): string {
	if (error !== undefined) return `! ${error}`;
	if (text === undefined && hex === undefined) return secret ? "secret" : "";
	const value = text === undefined ? `0x${hex}` : text;
	if (whole && secret) return value;
	const line = value.split("\n", 1)[0] ?? "";
	return line.length < value.length || line.length > WIDTH ? `${line.slice(0, WIDTH)}…` : line;
}

function vaultLines(vault: VaultReport): string[] {
	const worn = vault.wear.filter((it) => it >= 0);
	const range = worn.length ? `, ${Math.min(...worn)} to ${Math.max(...worn)} a block` : "";
	const known = worn.length < vault.wear.length ? ` (${worn.length} of ${vault.wear.length} blocks tell)` : "";
	const lines = [
		`vault: ${vault.mode}${vault.error ? `; ${vault.error}` : ""}`,
		`  wear: ${vault.erases} erases${range}${known}`,
	];
	if (vault.status) {
		const { records, live, capacity, sequence } = vault.status;
		lines.push(`  room: ${records} records take ${live} of ${capacity} bytes; the next one is number ${sequence}`);
	}
	if (vault.damaged) lines.push("  damaged: some of what was written can't be read any more");
	const rows = vault.records.map((record) => [`  ${record.name}`, String(record.size ?? "?"), shownOf(record, true)]);
	return [...lines, ...columns(rows)];
}

/** What `linkxs flash inspect` prints. */
export function textOf({ file, partitions, vault }: FlashReport): string {
	const rows = partitions.map((it) => [it.name, hexadecimal(it.offset), hexadecimal(it.size), contentOf(it)]);
	return [file, ...columns(rows), ...(vault ? ["", ...vaultLines(vault)] : [])].join("\n");
}
