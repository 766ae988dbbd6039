// Where `linkxs burn` writes: to a device that listens on a line, or into the flash file of one that doesn't run.
import type { Command } from "commander";
import { type BurnOptions, type BurnRecord, ConsoleClient, type Identified } from "../lib/console/client";
import { ConsoleError } from "../lib/console/error";
import { checkRegion } from "./records";

export interface Target {
	/** The numbers of the networks that the device knows. */
	networks(): Promise<ReadonlySet<number>>;
	/** Writes and, where a device runs, proves. */
	write(records: readonly BurnRecord[], options: BurnOptions): Promise<Written>;
	close(): void;
}

export interface Written {
	/** For JSON. */
	readonly answer: Readonly<Record<string, unknown>>;
	/** For people. */
	readonly text: string;
}

export interface LineOptions {
	readonly baud?: number;
	/** Restart the device afterwards. */
	readonly restart: boolean;
	readonly say: (text?: string) => void;
}

const networkNumber = (name: string): number => Number(/^network\/(\d)\//.exec(name)?.[1] ?? 0);

export const networksIn = (names: readonly string[]): ReadonlySet<number> =>
	new Set(names.map(networkNumber).filter((number) => number > 0));

/** What `identify` tells, for people. */
export function described({ firmware, firmwareVersion, board, uniqueId }: Identified): string {
	return `${firmware} ${firmwareVersion} on ${board} ${uniqueId}`;
}

export const written = (count: number): string => (count === 1 ? "1 record written" : `${count} records written`);

/** A device on a line. @throws {ConsoleError | RecordError} */
export async function openTarget(port: string, { baud, restart, say }: LineOptions): Promise<Target> {
	const client = await ConsoleClient.open(port, baud === undefined ? {} : { baud });
	return {
		networks: async () => networksIn(await client.list()),
		async write(records, options) {
			say(`${port}: asking who is there`);
			const device = await client.identify();
			if (device.locked) throw new ConsoleError("locked", "the device is locked: it left its factory");
			checkRegion(records, device.kind);
			const onProgress = (sent: number, total: number) => say(`${port}: ${sent} of ${total} bytes`);
			await client.burn(records, { ...options, onProgress });
			for (const [index, record] of records.entries()) {
				say(`${port}: proving record ${index + 1} of ${records.length}`);
				await client.prove(record);
			}
			if (restart) await client.restart();
			return {
				answer: { port, device, records: records.length, proved: records.length, restarted: restart },
				text: `${written(records.length)} and proved by ${described(device)}${restart ? "; it restarts" : ""}`,
			};
		},
		close: () => client.close(),
	};
}

/** A usage error: its message, and exit code 2. */
export function misused(command: Command, message: string): never {
	return command.error(`error: ${message}`, { exitCode: 2 });
}
