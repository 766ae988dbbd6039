// The reference firmware on the chip, as it lies in its NOR: started by the loader, who it is out of its vault, over TLS with
// a verified chain, against brokers that aren't ours: mosquitto, and one that stalls, dies and comes back.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { createSecureContext, TLSSocket } from "node:tls";
import { generate, type IPublishPacket, type Packet, parser } from "mqtt-packet";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildImage } from "../../tools/build/build";
import { buildChip, buildCompiler } from "../../tools/build/native";
import { ROOT } from "../../tools/build/places";
import { Emulator } from "../../tools/chip/emulator";
import { Key } from "../../tools/lib/crypto";
import { createFlash } from "../../tools/lib/flash-image";
import { openVault } from "../../tools/lib/vault";
import { Authority } from "../lib/certificates";
import { describeChip } from "../lib/chip";
import { type Behaviour, FailingBroker, type Peer } from "../lib/failing-broker";
import { startMosquitto } from "../lib/mosquitto";
import { noteSecret } from "../lib/transcript";

const BOARD = "chip-c3";
const product = "a1BrokerTest";
const name = "chip-1";
const posted = `/sys/${product}/${name}/thing/event/property/post`;
const settled = `/sys/${product}/${name}/thing/service/property/set`;

/** What the platform says to a report: the firmware waits for it. */
const reply = ({ payload }: IPublishPacket): Packet => ({
	...{ cmd: "publish", topic: `${posted}_reply`, qos: 0, dup: false, retain: false },
	payload: JSON.stringify({ id: idOf(payload), code: 200, data: {} }),
});
const idOf = (payload: string | Buffer) => (JSON.parse(String(payload)) as { id: string }).id;

describeChip("the reference firmware on the chip", () => {
	let folder = "";
	let image = "";
	const running: Emulator[] = [];

	beforeAll(async () => {
		const parent = join(ROOT, "build", "chip-tests");
		mkdirSync(parent, { recursive: true });
		folder = mkdtempSync(join(parent, "broker-"));
		await buildCompiler();
		await buildChip("sifive-u");
		const out = join(folder, "image");
		image = (await buildImage({ manifest: ROOT, board: BOARD, check: false, out })).image;
	}, 600_000);
	afterAll(async () => {
		await Promise.all(running.map((it) => it.kill()));
		rmSync(folder, { recursive: true, force: true });
	});

	/** A chip with its firmware in the first slot, and in its vault who it is and where its broker. */
	function boot(file: string, port: number, root: string): Emulator {
		const flash = join(folder, file);
		createFlash({ board: BOARD, image, path: flash });
		const secret = `secret of ${file} for this test`;
		noteSecret(`device of ${file}`, secret);
		const vault = openVault(flash);
		vault.write({
			"identity/productKey": product,
			"identity/deviceName": name,
			"identity/deviceSecret": Key.from(Buffer.from(secret)),
			"link/host": "localhost",
			"link/address": "10.0.2.2",
			"link/port": String(port),
			"link/root": new Uint8Array(Buffer.from(root)),
		});
		vault.close();
		const device = new Emulator({ flash, straps: ["wait=0", "clock"] });
		running.push(device);
		return device;
	}

	test("reports to mosquitto, and not to one whose chain leads elsewhere", { timeout: 120_000 }, async () => {
		const mosquitto = await startMosquitto();
		const platform = await answering(mosquitto.plain);
		try {
			const device = boot("mosquitto", mosquitto.tls, mosquitto.root);
			await device.line("report 1 acknowledged", 60_000);
			expect(device.lines.some((line) => line.includes(`${name} of ${product} at localhost:${mosquitto.tls}`))).toBe(
				true,
			);
			expect(device.lines.some((line) => line.startsWith("# loader: ota_0: starting"))).toBe(true);
			expect(device.events.filter(({ event }) => event === "reset")).toEqual([]);
			await device.stop();

			const stranger = boot("stranger", mosquitto.tls, mosquitto.client.pem);
			await stranger.line(/offline: tls: /, 60_000);
			expect(stranger.lines.join("\n")).not.toContain("acknowledged");
			await stranger.stop();
		} finally {
			platform.stop();
			mosquitto.stop();
		}
	});

	test("goes on when the broker stalls, dies, and is gone for a while", { timeout: 240_000 }, async () => {
		const connections: string[] = [];
		let wasGone = false;
		const behaviour: Behaviour = {
			onConnection: ({ number }) => void connections.push(`connection ${number}`),
			onPacket(peer, packet) {
				// Ten seconds between two reports are long for a test.
				if (packet.cmd === "subscribe") hurry(peer);
				if (packet.cmd !== "publish" || packet.topic !== posted) return true;
				peer.count++;
				if (peer.number === 0 && peer.count === 2) {
					connections.push("stalls");
					peer.socket.pause();
					return false;
				}
				if (peer.number === 1 && peer.count === 2) {
					connections.push("dies");
					peer.socket.resetAndDestroy();
					return false;
				}
				if (peer.number === 2 && peer.count === 2) {
					connections.push("is gone");
					broker.vanish();
					setTimeout(() => {
						wasGone = true;
						void broker.listen(port);
					}, 3_000);
					return false;
				}
				peer.send({ cmd: "puback", messageId: packet.messageId ?? 0 });
				peer.send(reply(packet));
				return false;
			},
		};
		const broker = await FailingBroker.start(behaviour);
		const { port } = broker;
		const secure = await overTls(Authority.root(join(folder, "ca"), { name: "Test Root" }), port);
		try {
			const device = boot("failing", secure.port, secure.root);
			await device.line(/offline: acknowledge-timeout/, 90_000);
			await until(() => wasGone, 90_000, device);
			const before = device.lines.length;
			await until(
				() => device.lines.slice(before).some((line) => /report \d+ acknowledged/.test(line)),
				90_000,
				device,
			);
			expect(connections.filter((it) => !it.startsWith("connection"))).toEqual(["stalls", "dies", "is gone"]);
			expect(device.lines.filter((line) => /link online/.test(line)).length).toBeGreaterThanOrEqual(4);
			expect(device.events.filter(({ event }) => event === "reset")).toEqual([]);
			expect(broker.notes).toEqual([]);
			await device.stop();
		} finally {
			secure.stop();
			broker.stop();
		}
	});
});

function hurry(peer: Peer): void {
	const payload = JSON.stringify({
		id: "1",
		version: "1.0",
		params: { interval: 1 },
		method: "thing.service.property.set",
	});
	peer.send({ cmd: "publish", topic: settled, payload, qos: 0, dup: false, retain: false });
}

async function until(condition: () => boolean, ms: number, device: Emulator): Promise<void> {
	const end = Date.now() + ms;
	while (!condition()) {
		if (Date.now() > end) throw new Error(`not within ${ms} ms:\n${device.lines.slice(-30).join("\n")}`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}

/** A client of mosquitto that answers reports as the platform does. */
async function answering(port: number) {
	const socket = connect(port, "127.0.0.1");
	const reader = parser();
	socket.on("error", () => {});
	socket.on("data", (data) => reader.parse(data));
	const send = (packet: Packet) => socket.write(generate(packet));
	await new Promise<void>((resolve) => {
		reader.on("packet", (packet) => {
			if (packet.cmd === "connack")
				send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: posted, qos: 0 }] });
			if (packet.cmd === "suback") resolve();
			if (packet.cmd === "publish") send(reply(packet));
		});
		send({ cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clientId: "platform", clean: true, keepalive: 0 });
	});
	return { stop: () => socket.destroy() };
}

/** TLS in front of a broker that has none. What ends with an error there is a reset here, too. */
async function overTls(authority: Authority, port: number) {
	const { pem, key } = authority.issue({ name: "localhost" });
	const secureContext = createSecureContext({ cert: pem, key });
	const server = createServer((raw) => {
		const device = new TLSSocket(raw, { isServer: true, secureContext });
		const broker = connect(port, "127.0.0.1");
		let isBroken = false;
		for (const it of [raw, device]) it.on("error", () => {});
		broker.on("error", () => {
			isBroken = true;
		});
		device.on("close", () => broker.destroy());
		broker.on("close", () => (isBroken ? raw.resetAndDestroy() : device.destroy()));
		device.pipe(broker).pipe(device);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		port: (server.address() as AddressInfo).port,
		root: authority.certificate.pem,
		stop: () => server.close(),
	};
}
