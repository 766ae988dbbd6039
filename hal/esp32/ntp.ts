import UDP from "embedded:io/socket/udp";
import { equal, random } from "hal/crypto";
import { ticks } from "hal/system";
import Timer from "hal/timer";
// biome-ignore lint/style/useNodejsImportProtocol: the SDK's module, not Node's.
import Net from "net";

const ntpPort = 123;
const packetSize = 48;
const attempts = 3;
/** Between two attempts, ms. */
const patience = 3000;
/** Seconds from NTP's epoch (1900) to 1970; its 32-bit counter wraps in 2036 (RFC 5905, 6). */
const epoch = 2_208_988_800;
const era = 4_294_967_296;

/** Milliseconds since 1970 of the NTP timestamp at `offset`. Its upper half began in 1968: less than that is after 2036. */
export function timestampAt(packet: DataView, offset: number): number {
	const seconds = packet.getUint32(offset);
	const fraction = packet.getUint32(offset + 4) / era;
	return ((seconds < era / 2 ? seconds + era : seconds) - epoch + fraction) * 1000;
}

/** Whether `packet` is a synchronised server's answer to the question that carried `cookie` (RFC 5905, 7.3 and 8). */
export function isAnswer(packet: ArrayBuffer, cookie: Uint8Array): boolean {
	if (packet.byteLength < packetSize) return false;
	const [first, stratum] = new Uint8Array(packet, 0, 2);
	if (first === undefined || stratum === undefined) return false;
	const unsynchronised = first >> 6 === 3;
	return (
		(first & 7) === 4 && !unsynchronised && stratum > 0 && stratum < 16 && equal(new Uint8Array(packet, 24, 8), cookie)
	);
}

/**
 * Ask one time server (SNTP, RFC 5905 14), three times at most, 9 s in all.
 *
 * @param done gets milliseconds since 1970, or `undefined` when nothing usable came.
 * @returns a function that gives it up: `done` isn't called any more.
 */
export function queryTime(server: string, done: (time: number | undefined) => void): () => void {
	let socket: UDP | undefined;
	let timer: Timer | undefined;
	let open = true;

	const end = () => {
		open = false;
		Timer.clear(timer);
		socket?.close();
	};
	const finish = (time: number | undefined) => {
		end();
		done(time);
	};

	const ask = (address: string) => {
		// The cookie is our transmit timestamp: random, so that nobody who doesn't see the question can answer it.
		const cookie = random(8);
		const question = new Uint8Array(packetSize);
		question[0] = 0x23;
		question.set(cookie, 40);
		const asked = ticks();
		let left = attempts;
		socket = new UDP({
			onReadable() {
				for (let packet = this.read(); packet; packet = this.read())
					if (open && packet.address === address && packet.port === ntpPort && isAnswer(packet, cookie)) {
						const delay = ticks() - asked;
						finish(timestampAt(new DataView(packet), 40) + (delay < patience ? delay / 2 : 0));
						return;
					}
			},
		});
		timer = Timer.repeat(() => {
			if (left-- > 0) socket?.write(question, address, ntpPort);
			else finish(undefined);
		}, patience);
		left--;
		socket.write(question, address, ntpPort);
	};

	Net.resolve(server, (_name, address) => {
		if (!open) return;
		try {
			if (address === undefined) finish(undefined);
			else ask(address);
		} catch {
			finish(undefined);
		}
	});
	return end;
}
