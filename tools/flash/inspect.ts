// What a flash holds, and what of it may be shown: a secret's name and size, its value only when that is asked for.
import { existsSync, readFileSync } from "node:fs";
import { NvsError } from "../../modules/nvs/error";
import { Nvs } from "../../modules/nvs/nvs";
import { VaultError } from "../../modules/vault/error";
import { type BlockHeader, decodeHeader } from "../../modules/vault/header";
import { plain } from "../../modules/vault/lab/plain";
import Vault, { type VaultStatus } from "../../modules/vault/vault";
import { type ImageHeader, readHeader, readSections } from "../build/image";
import * as crypto from "../lib/crypto";
import { type Bytes, Key } from "../lib/crypto";
import { DumpFlash, type DumpPartition, readDump } from "./dump";

export interface RecordReport {
	readonly name: string;
	/** Bytes; undefined when the record can't be read. */
	readonly size: number | undefined;
	readonly secret: boolean;
	/** The value, of public records and with `reveal`; bytes that are no text are in hex. */
	readonly text?: string;
	readonly hex?: string;
	/** Why it can't be read. */
	readonly error?: string;
}

export interface VaultReport {
	readonly mode: "encrypted" | "plain" | "empty";
	/** Why no record can be shown: another device's key, no vault, … */
	readonly error?: string;
	readonly records: readonly RecordReport[];
	/** Of each block, as its header says; -1 where none is legible. */
	readonly wear: readonly number[];
	readonly erases: number;
	readonly status?: Omit<VaultStatus, "wear" | "erases">;
	readonly damaged: boolean;
}

export interface PartitionReport {
	readonly name: string;
	readonly offset: number;
	readonly size: number;
	/** Bytes up to the last that isn't erased. */
	readonly used: number;
	/** The image at its start: its header, and bytes by section. */
	readonly image?: ImageHeader & { readonly sections: Readonly<Record<string, number>> };
	/** Namespaces of NVS in it, and their keys. */
	readonly nvs?: Readonly<Record<string, readonly string[]>>;
	readonly error?: string;
}

export interface FlashReport {
	readonly file: string;
	readonly partitions: readonly PartitionReport[];
	readonly vault?: VaultReport;
}

export interface InspectOptions {
	/** The chip's secret of 32 bytes; default the file `<file>.key`. */
	readonly key?: string;
	/** With the secrets' values. */
	readonly reveal?: boolean;
}

/** @throws {Error} when the file, or a key file that was named, can't be read. */
export function inspect(file: string, options: InspectOptions = {}): FlashReport {
	const partitions = readDump(file);
	const vault = partitions.find(({ name }) => name === "vault");
	return {
		file,
		partitions: partitions.map(reportOf),
		...(vault && { vault: inspectVault(vault, secretOf(file, options.key), options.reveal ?? false) }),
	};
}

function secretOf(file: string, named: string | undefined): Buffer | undefined {
	const path = named ?? `${file}.key`;
	if (named === undefined && !existsSync(path)) return undefined;
	const secret = readFileSync(path);
	if (secret.length !== 32) throw new Error(`${path} is no key file: it has ${secret.length} bytes, not 32`);
	return secret;
}

function reportOf({ name, offset, size, bytes }: DumpPartition): PartitionReport {
	let used = bytes.length;
	while (used > 0 && bytes[used - 1] === 0xff) used--;
	const report = { name, offset, size, used, ...imageOf(bytes) };
	if (used === 0 || (name !== "nvs" && name !== "factory")) return report;
	try {
		const nvs = new Nvs({ flash: new DumpFlash(bytes) });
		const { namespaces } = nvs;
		if (namespaces.length === 0) return report;
		return { ...report, nvs: Object.fromEntries(namespaces.map((it) => [it, nvs.open(it)?.keys ?? []])) };
	} catch (error) {
		if (error instanceof NvsError) return { ...report, error: error.message };
		throw error;
	}
}

function imageOf(bytes: Buffer): Pick<PartitionReport, "image"> {
	const header = readHeader(bytes);
	if (!header) return {};
	const whole = header.size <= bytes.length;
	const sections = whole ? [...readSections(bytes)].map(([tag, { size }]) => [tag.trim(), size] as const) : [];
	return { image: { ...header, sections: Object.fromEntries(sections) } };
}

function inspectVault({ bytes }: DumpPartition, secret: Buffer | undefined, reveal: boolean): VaultReport {
	const headers = headersOf(bytes);
	const found = headers.filter((it) => it !== undefined);
	const about = {
		wear: headers.map((it) => it?.erases ?? -1),
		erases: Math.max(0, ...found.map(({ total }) => total)),
	};
	const nothing = { ...about, records: [], damaged: false };
	if (bytes.every((byte) => byte === 0xff)) return { ...nothing, mode: "empty" };
	const isPlain = found.some((it) => it.plain);
	const mode = isPlain ? "plain" : "encrypted";
	if (!isPlain && !secret && found.length > 0)
		return { ...nothing, mode, error: "the chip's secret is needed: --key FILE (a simulator has it in <FILE>.key)" };
	try {
		const deriveKey = (info: Bytes) => Key.fromHmac("SHA256", secret ?? new Uint8Array(32), [info]);
		const vault = new Vault({ flash: new DumpFlash(bytes), crypto, deriveKey, ...(isPlain && { plain }) });
		const records = vault.names().map((name) => recordOf(vault, name, reveal));
		const { wear, erases, ...status } = vault.status();
		vault.close();
		const damaged = status.damaged || records.some(({ error }) => error !== undefined);
		return { mode, records, wear: [...wear], erases, status, damaged };
	} catch (error) {
		if (!(error instanceof VaultError)) throw error;
		return { ...nothing, mode, error: inWords(error), damaged: error.code === "damaged" };
	}
}

function inWords(error: VaultError): string {
	switch (error.code) {
		case "wrong-key":
			return "it's the vault of a device with another secret than this key file's";
		case "not-a-vault":
			return "something else than a vault lies there";
		default:
			return error.message;
	}
}

/** The first legible copy of each block's header: what it says needs no key. */
function headersOf(bytes: Buffer): (BlockHeader | undefined)[] {
	const blocks = Array.from({ length: bytes.length / 4096 }, (_, i) => bytes.subarray(i * 4096, i * 4096 + 128));
	return blocks.map((block) => decodeHeader(block) ?? decodeHeader(block.subarray(64)));
}

function recordOf(vault: Vault, name: string, reveal: boolean): RecordReport {
	try {
		const bytes = publicBytes(vault, name);
		if (bytes) return { name, size: bytes.length, secret: false, ...shown(bytes) };
		const key = vault.key(name);
		if (!key) return { name, size: undefined, secret: true, error: "it can't be read" };
		const value = new Uint8Array(key.byteLength);
		if (reveal) key.copyTo(value);
		key.close();
		return { name, size: value.length, secret: true, ...(reveal && shown(value)) };
	} catch (error) {
		if (!(error instanceof VaultError)) throw error;
		return { name, size: undefined, secret: false, error: error.message };
	}
}

/** Undefined for a secret. */
function publicBytes(vault: Vault, name: string): Uint8Array | undefined {
	try {
		return vault.bytes(name);
	} catch (error) {
		if (error instanceof VaultError && error.code === "secret") return undefined;
		throw error;
	}
}

function shown(bytes: Uint8Array): { text: string } | { hex: string } {
	try {
		const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
		// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal would obey
		if (!/[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(text.replaceAll("\r\n", "\n"))) return { text };
	} catch {
		// Not UTF-8.
	}
	return { hex: Buffer.from(bytes).toString("hex") };
}
