import { crc32 } from "../../lib/crc32";

/** 1980-01-01 00:00 as DOS has it: an archive of the same files is the same bytes. */
const DATE = 0x21;
/** Names are UTF-8. */
const FLAGS = 0x800;

/** An archive without compression, as small files of random bytes need none (APPNOTE.TXT 4.3). Less than 65,535 files. */
export function zip(files: readonly { name: string; content: string }[]): Buffer {
	const parts: Buffer[] = [];
	const directory: Buffer[] = [];
	let at = 0;
	for (const { name, content } of files) {
		const bytes = Buffer.from(content);
		const path = Buffer.from(name);
		// What the local and the central header share: version, flags, method, time, date, CRC, sizes, lengths.
		const common = Buffer.alloc(26);
		common.writeUInt16LE(20, 0);
		common.writeUInt16LE(FLAGS, 2);
		common.writeUInt16LE(DATE, 8);
		common.writeUInt32LE(crc32(bytes), 10);
		common.writeUInt32LE(bytes.length, 14);
		common.writeUInt32LE(bytes.length, 18);
		common.writeUInt16LE(path.length, 22);
		const place = Buffer.alloc(14);
		place.writeUInt32LE(at, 10);
		directory.push(Buffer.from("504b01021400", "hex"), common, place, path);
		parts.push(Buffer.from("504b0304", "hex"), common, path, bytes);
		at += 4 + common.length + path.length + bytes.length;
	}
	const central = Buffer.concat(directory);
	const end = Buffer.alloc(18);
	end.writeUInt16LE(files.length, 4);
	end.writeUInt16LE(files.length, 6);
	end.writeUInt32LE(central.length, 8);
	end.writeUInt32LE(at, 12);
	return Buffer.concat([...parts, central, Buffer.from("504b0506", "hex"), end]);
}
