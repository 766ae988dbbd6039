import TCP from "embedded:io/socket/tcp";
import Timer from "hal/timer";
import config from "mc/config";

/** Sends a line to `address` and tells what comes back; while there's no way to there yet it tries again. */
export default function dial() {
	const { address, port } = config as { address: string; port: number };
	new TCP({
		address,
		port,
		onWritable() {
			this.write(ArrayBuffer.fromString("hello over IPv6\n"));
		},
		onReadable(bytes) {
			console.log(`from ${this.remoteAddress}: ${String.fromArrayBuffer(this.read(bytes) as ArrayBuffer).trim()}`);
			this.close();
		},
		onError(error) {
			this.close();
			if (error?.code === "unreachable") Timer.set(dial, 200);
			else console.log(`error ${error?.code}`);
		},
	});
}
