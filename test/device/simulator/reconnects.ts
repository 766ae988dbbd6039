// Connects over TLS, sends a line, has it back, closes: again and again. Tells of its memory now and then.
import TLSSocket from "embedded:io/socket/tcp/tls";
import { memory } from "hal/system";
import { encode } from "hal/text";
import Timer from "hal/timer";
import config from "mc/config";

const { port, address, root, count, step } = config as unknown as {
	port: number;
	address: string;
	root: string;
	count: number;
	step: number;
};

function once(done: () => void): void {
	let isSent = false;
	new TLSSocket({
		host: "localhost",
		address,
		port,
		secure: { roots: [root] },
		onWritable() {
			if (!isSent) this.write(encode("hello"));
			isSent = true;
		},
		onReadable() {
			this.read();
			this.close();
			done();
		},
		onError(error) {
			throw new Error(`the connection ended: ${error.code}`);
		},
	});
}

export default function run(): void {
	let connections = 0;
	const next = (): void => {
		connections++;
		// Later, when what was closed has gone.
		if (connections % step === 0) Timer.set(tell, 100);
		else Timer.set(() => once(next), 0);
	};
	const tell = (): void => {
		const { heapFree, heapLargest, slots, chunks } = memory(true);
		console.log(`@figures ${JSON.stringify({ connections, heapFree, heapLargest, slots, chunks })}`);
		if (connections < count) once(next);
		else console.log(`done ${count}`);
	};
	once(next);
}
