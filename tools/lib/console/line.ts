import { execFile } from "node:child_process";
import { constants, openSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { ReadStream } from "node:tty";
import { promisify } from "node:util";
import { ConsoleError } from "./error";

/** A serial line, or what stands for one. */
export interface Line {
	/** As the user named it. */
	readonly name: string;
	send(bytes: Uint8Array): void;
	/** Told what comes, and at the end once why there's no more. */
	listen(onBytes: (bytes: Uint8Array) => void, onEnd: (error: ConsoleError) => void): void;
	close(): void;
}

export const BAUD = 115_200;

/**
 * Opens `tcp:HOST:PORT`, or a serial device or pty by its path.
 *
 * @throws {ConsoleError} `port`
 */
export async function openLine(port: string, baud = BAUD): Promise<Line> {
	const [, host, number] = /^tcp:(.+):(\d+)$/.exec(port) ?? [];
	return host ? openTcp(port, host, Number(number)) : openSerial(port, baud);
}

function openTcp(name: string, host: string, port: number): Promise<Line> {
	return new Promise((resolve, reject) => {
		const socket = connect({ port, host: host.replace(/^\[(.*)\]$/, "$1"), noDelay: true });
		socket.once("connect", () => {
			socket.removeAllListeners("error");
			resolve(lineOf(name, socket));
		});
		socket.once("error", (cause) => reject(new ConsoleError("port", `${name}: ${cause.message}`, { cause })));
	});
}

const run = promisify(execFile);

/**
 * `stty` of coreutils sets the line up, so that no native package is needed: raw, 8N1, no flow control, and no hang-up at
 * the end, as DTR resets many boards.
 */
async function openSerial(path: string, baud: number): Promise<Line> {
	const fail = (reason: string, cause?: unknown): never => {
		throw new ConsoleError("port", `${path}: ${reason}`, { cause });
	};
	const found = statSync(path, { throwIfNoEntry: false });
	if (!found) return fail("no such port; a serial device (/dev/ttyUSB0), a pty's path, or tcp:HOST:PORT");
	if (!found.isCharacterDevice()) return fail("not a serial device");
	const file = process.platform === "darwin" ? "-f" : "-F";
	const modes = [
		"raw",
		"-echo",
		"-echoe",
		"-echok",
		"cs8",
		"-parenb",
		"-cstopb",
		"-crtscts",
		"clocal",
		"cread",
		"-hupcl",
	];
	await run("stty", [file, path, String(baud), ...modes]).catch((cause: { stderr?: string; message: string }) => {
		const reason = /Permission denied/.test(cause.stderr ?? "")
			? "permission denied (Debian: add yourself to the group dialout)"
			: (cause.stderr ?? cause.message)
					.trim()
					.replace(/^stty: /, "")
					.replace(`${path}: `, "");
		fail(reason, cause);
	});
	try {
		const fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
		return lineOf(path, new ReadStream(fd));
	} catch (cause) {
		return fail((cause as Error).message, cause);
	}
}

/** A terminal's stream is a socket to Node: it writes as well. */
function lineOf(name: string, stream: Socket): Line {
	return {
		name,
		send: (bytes) => void stream.write(bytes),
		listen(onBytes, onEnd) {
			let over = false;
			const end = (cause?: Error) => {
				if (over) return;
				over = true;
				onEnd(
					new ConsoleError("closed", `${name}: the line was closed${cause ? `: ${cause.message}` : ""}`, { cause }),
				);
			};
			stream.on("data", (bytes: Buffer) => onBytes(bytes));
			stream.on("error", end);
			stream.on("end", () => end());
			stream.on("close", () => end());
		},
		close: () => void stream.destroy(),
	};
}
