import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { startChrony } from "../../lib/chrony";
import type { DeviceTestHost } from "../../lib/device-tests";

/** Seconds from NTP's epoch to 1970. */
const EPOCH = 2_208_988_800;

/** A good answer to `question`, at this computer's time and `seconds` more. */
function answer(question: Buffer, seconds = 0): Buffer {
	const packet = Buffer.alloc(48);
	packet.set([0x24, 2]);
	question.copy(packet, 24, 40, 48);
	const now = Math.floor(Date.now() / 1000) + EPOCH + seconds;
	packet.writeUInt32BE(now % 2 ** 32, 32);
	packet.writeUInt32BE(now % 2 ** 32, 40);
	return packet;
}

function changed(packet: Buffer, change: (packet: Buffer) => void): Buffer {
	change(packet);
	return packet;
}

/** What each server sends: a good one, and the bad ones. */
const servers: Record<string, (question: Buffer) => Buffer[]> = {
	honest: (question) => [answer(question)],
	silent: () => [],
	short: (question) => [answer(question).subarray(0, 47), Buffer.alloc(0)],
	stranger: (question) =>
		Array.from({ length: 20 }, () =>
			changed(answer(question, 100_000), (it) => it.writeUInt8(~it.readUInt8(27) & 255, 27)),
		),
	echo: (question) => [question],
	unsynchronised: (question) => [changed(answer(question, 100_000), (it) => it.writeUInt8(0xe4))],
	future: (question) => [answer(question, 64 * 365 * 86_400)],
	liar: (question) => [answer(question, 5 * 365 * 86_400)],
	past: (question) => [answer(question, -10 * 365 * 86_400)],
	deny: (question) => [
		changed(answer(question), (it) => {
			it.writeUInt8(0, 1);
			it.write("DENY", 12);
		}),
	],
};

async function serve(answers: (question: Buffer) => Buffer[]): Promise<Socket> {
	const socket = createSocket("udp4");
	socket.on("message", (question: Buffer, { port, address }: RemoteInfo) => {
		for (const packet of answers(question)) socket.send(packet, port, address);
	});
	socket.bind(0, "127.0.0.1");
	await once(socket, "listening");
	return socket;
}

export const start: DeviceTestHost["start"] = async () => {
	const chrony = await startChrony();
	const sockets: Socket[] = [];
	const ports: Record<string, number> = {};
	for (const [name, answers] of Object.entries(servers)) {
		const socket = await serve(answers);
		sockets.push(socket);
		ports[name] = socket.address().port;
	}
	// The right answer, from another port than the one that was asked.
	const other = createSocket("udp4");
	const relay = createSocket("udp4");
	relay.on("message", (question: Buffer, { port, address }: RemoteInfo) => {
		other.send(answer(question, 100_000), port, address);
	});
	relay.bind(0, "127.0.0.1");
	await once(relay, "listening");
	ports["elsewhere"] = relay.address().port;
	return {
		config: { chrony: chrony.port, servers: ports, now: Date.now() },
		device: { clockUnset: true },
		stop: () => {
			chrony.stop();
			for (const socket of [...sockets, other, relay]) socket.close();
		},
	};
};
