import TCP from "embedded:io/socket/tcp";
import { restart } from "hal/system";
import config from "mc/config";

/** Sends 152 bytes (a publish) and waits for the answer, `count` times; then it resets itself. */
export default function () {
	const { port, count } = config as { port: number; count: number };
	const message = new Uint8Array(152);
	const into = new Uint8Array(256);
	let left = count;
	new TCP({
		address: "127.0.0.1",
		port,
		nodelay: true,
		onWritable() {
			if (left === count) this.write(message);
		},
		onReadable() {
			this.read(into);
			if (--left > 0) this.write(message);
			else restart("done");
		},
		onError(error) {
			console.log(`error ${error?.code}`);
		},
	});
}
