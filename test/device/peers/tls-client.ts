// The device's side of test/peers/tls*.test.ts: connects as each case of the image's configuration says, one after the
// other, and tells what became of it, one line of JSON a case.
import TCP from "embedded:io/socket/tcp";
import TLSSocket from "embedded:io/socket/tcp/tls";
import { Key } from "hal/crypto";
import { decode, encode } from "hal/text";
import Timer from "hal/timer";
import { Tls, type TlsError, type TlsOptions } from "hal/tls";
import config from "mc/config";
import { peer } from "test/peer";
import type { TlsCase, TlsOutcome } from "test/tls-cases";

const sessions: { [name: string]: Key | undefined } = {};

export function runCases(): void {
	void all(config.cases as readonly TlsCase[]);
}

async function all(cases: readonly TlsCase[]): Promise<void> {
	for (const it of cases) {
		const outcome = it.clock === undefined ? await connect(it) : await connectByEngine(it, it.clock ?? undefined);
		console.log(`@tls ${JSON.stringify(outcome)}`);
	}
	console.log("@tls done");
}

function secureOf(it: TlsCase): Omit<TlsOptions, "host" | "now"> {
	const { roots, certificate, key, psk, alpn, maxFragmentLength, resume } = it;
	const session = resume === undefined ? undefined : sessions[resume];
	return {
		...(roots && { roots }),
		...(certificate !== undefined && { certificate }),
		...(key !== undefined && { key: Key.from(encode(key)) }),
		...(psk && { psk: { identity: psk.identity, key: Key.from(encode(psk.key)) } }),
		...(alpn && { alpn }),
		...(maxFragmentLength !== undefined && { maxFragmentLength }),
		...(session && { session }),
	};
}

/** What hal/tls is for: any stream, any clock. Ends when the handshake does. */
function connectByEngine(it: TlsCase, now: number | undefined): Promise<TlsOutcome> {
	const outcome: TlsOutcome = { name: it.name, ready: false, received: "", bytes: 0, late: false };
	return new Promise((resolve) => {
		let tls: Tls;
		try {
			tls = new Tls({ ...secureOf(it), host: it.host, now, ...(it.dates && { dates: it.dates }) });
		} catch (error) {
			resolve({ ...outcome, thrown: String(error) });
			return;
		}
		const end = (code: string) => {
			tls.close();
			tcp.close();
			resolve({ ...outcome, code });
		};
		const send = () => {
			const bytes = tls.drain();
			if (bytes) tcp.write(bytes);
		};
		const tcp = new TCP({
			address: peer,
			port: it.port,
			onWritable: send,
			onReadable() {
				try {
					tls.feed(tcp.read() as ArrayBuffer);
					send();
				} catch (error) {
					end((error as TlsError).code);
					return;
				}
				outcome.ready = tls.ready;
				if (outcome.ready) end("enough");
			},
			onError: (error) => end(String(error?.code)),
		});
	});
}

function connect(it: TlsCase): Promise<TlsOutcome> {
	const outcome: TlsOutcome = { name: it.name, ready: false, received: "", bytes: 0, late: false };
	return new Promise((resolve) => {
		let ended = false;
		const started = Date.now();
		const guard = Timer.set(() => end("guard"), 8_000);
		const end = (code: string) => {
			if (ended) return;
			ended = true;
			Timer.clear(guard);
			outcome.code ??= code;
			socket?.close();
			Timer.set(() => resolve(outcome), 10); // what comes after the end is told
		};
		const take = (socket: TLSSocket, bytes: number) => {
			const part = socket.read(Math.min(it.sip ?? bytes, bytes));
			if (!part) return;
			outcome.bytes += part.byteLength;
			if (outcome.received.length < 200) outcome.received += decode(new Uint8Array(part));
			const left = bytes - part.byteLength;
			if (it.until !== undefined && outcome.bytes >= it.until) end("enough");
			else if (left > 0) Timer.set(() => ended || take(socket, left), 1);
		};
		let socket: TLSSocket | undefined;
		try {
			socket = new TLSSocket({
				host: it.host,
				address: peer,
				port: it.port,
				...(it.timeout !== undefined && { timeout: it.timeout }),
				secure: secureOf(it),
				onWritable() {
					outcome.late ||= ended;
					if (!outcome.ready) {
						outcome.ready = true;
						outcome.ms = Date.now() - started;
						outcome.resumed = this.resumed;
						outcome.cipherSuite = this.cipherSuite;
						outcome.protocol = this.protocol;
						sessions[it.name] = this.session();
						if (it.send !== undefined) this.write(encode(it.send));
						if (it.until === 0) end("enough");
					}
					if (it.throws) throw new Error("out of onWritable");
				},
				onReadable(bytes) {
					outcome.late ||= ended;
					if (it.hold === undefined || outcome.bytes > 0) take(this, bytes);
					else Timer.set(() => ended || take(this, bytes), it.hold);
					if (it.throws) throw new Error("out of onReadable");
				},
				onError(error: TlsError) {
					outcome.late ||= ended;
					outcome.code = error.code;
					outcome.detail = error.detail;
					outcome.retry = error.retry;
					if (error.cause !== undefined) outcome.cause = String((error.cause as { code?: unknown }).code);
					end(error.code);
					if (it.throws) throw new Error("out of onError");
				},
			});
		} catch (error) {
			outcome.thrown = String(error);
			end("thrown");
		}
	});
}
