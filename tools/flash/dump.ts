// What was read out of a device: a whole flash with its partition table, or one partition alone. Nothing here writes to it.
import { readFileSync } from "node:fs";
import type { NvsFlash } from "../../modules/nvs/format";
import type { VaultFlash } from "../../modules/vault/types";
import { type Partition, PartitionError, readPartitionTable, TABLE_OFFSET, TABLE_SIZE } from "../lib/partitions";

const BLOCK = 4096;

/** A partition in memory. What a reader settles there (an interrupted write) stays in memory. */
export class DumpFlash implements VaultFlash, NvsFlash {
	readonly #bytes: Buffer;

	constructor(bytes: Uint8Array) {
		this.#bytes = Buffer.from(bytes);
	}

	status() {
		const size = this.#bytes.length;
		return { size, blockLength: BLOCK, blocks: size / BLOCK, writeAlign: 4, eraseValue: 255 };
	}

	read(into: Uint8Array, offset: number): number {
		into.set(this.#bytes.subarray(offset, offset + into.length));
		return into.length;
	}

	write(bytes: Uint8Array, offset: number): void {
		for (const [i, byte] of bytes.entries()) this.#bytes[offset + i] = (this.#bytes[offset + i] as number) & byte;
	}

	eraseBlock(start: number, end = start + 1): void {
		this.#bytes.fill(255, start * BLOCK, end * BLOCK);
	}
}

export interface DumpPartition extends Pick<Partition, "name" | "offset" | "size"> {
	readonly bytes: Buffer;
}

/**
 * The partitions of a dump. A file without a table is one partition, named `alone`.
 *
 * @throws {PartitionError} when it isn't whole blocks of flash.
 */
export function readDump(path: string, alone = "vault"): DumpPartition[] {
	const bytes = readFileSync(path);
	if (bytes.length === 0 || bytes.length % BLOCK) throw new PartitionError("flash", `${path} is no dump of a flash`);
	const table = partitionsOf(bytes);
	if (!table) return [{ name: alone, offset: 0, size: bytes.length, bytes }];
	return table.map(({ name, offset, size }) => ({ name, offset, size, bytes: bytes.subarray(offset, offset + size) }));
}

function partitionsOf(bytes: Buffer): Partition[] | undefined {
	if (bytes.length < TABLE_OFFSET + TABLE_SIZE) return undefined;
	try {
		const table = readPartitionTable(bytes.subarray(TABLE_OFFSET, TABLE_OFFSET + TABLE_SIZE));
		return table.length > 0 ? table : undefined;
	} catch (error) {
		if (error instanceof PartitionError) return undefined;
		throw error;
	}
}
