// A flash in memory that both worlds can have; test/lib/flash-simulator.ts is the strict one, for Node.

export function ascii(text: string): Uint8Array {
	const bytes = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
	return bytes;
}

export function memoryFlash(blocks: number, unit = 4) {
	const blockLength = 4096;
	const cells = new Uint8Array(blocks * blockLength).fill(255);
	return {
		cells,
		read(into: Uint8Array, offset: number): void {
			for (let i = 0; i < into.length; i += 1) into[i] = cells[offset + i] as number;
		},
		write(bytes: Uint8Array, offset: number): void {
			if (offset % unit || bytes.length % unit) throw new RangeError("not in whole units");
			for (let i = 0; i < bytes.length; i += 1) {
				if (~(cells[offset + i] as number) & (bytes[i] as number)) throw new RangeError(`sets a bit at ${offset + i}`);
				cells[offset + i] = bytes[i] as number;
			}
		},
		eraseBlock(block: number): void {
			cells.fill(255, block * blockLength, (block + 1) * blockLength);
		},
		status: () => ({ size: blocks * blockLength, blockLength, blocks, writeAlign: unit, eraseValue: 255 }),
	};
}
