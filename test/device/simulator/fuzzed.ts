import Listener from "embedded:io/socket/listener";
import TCP from "embedded:io/socket/tcp";
import UDP from "embedded:io/socket/udp";
import { memory } from "hal/system";
import { encode } from "hal/text";

const question = encode("memory");

/** Byte by byte: what else comes need not be text. */
function isQuestion(packet: ArrayBuffer): boolean {
	const bytes = new Uint8Array(packet);
	return bytes.byteLength === question.byteLength && question.every((byte, at) => bytes[at] === byte);
}

/** Takes connections and echoes, and answers the packet "memory": what a network that is up to no good is let loose on. */
export default function () {
	const connections = new Set<TCP>();
	new Listener({
		port: 7,
		onReadable(count) {
			for (; count > 0; count--) {
				const from = this.read();
				if (!from) return;
				const socket = new TCP({
					from,
					format: "buffer",
					onReadable() {
						const data = this.read();
						if (data instanceof ArrayBuffer) this.write(data);
					},
					onError() {
						connections.delete(this);
						this.close();
					},
				});
				connections.add(socket);
			}
		},
	});
	new UDP({
		port: 9,
		onReadable() {
			for (let packet = this.read(); packet; packet = this.read()) {
				if (!isQuestion(packet)) continue;
				const { slots, chunks, native } = memory(true);
				this.write(
					encode(JSON.stringify({ slots, chunks, native, connections: connections.size })),
					packet.address,
					packet.port,
				);
			}
		},
	});
	console.log("ready");
}
