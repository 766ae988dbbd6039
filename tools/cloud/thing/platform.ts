import type { Clock } from "../clock";
import type { Events } from "../events";
import type { Session } from "../mqtt/session";
import type { Switchboard } from "../mqtt/switchboard";
import type { Uplink } from "../mqtt/traffic";
import type { Store } from "../store/store";
import { matches } from "../topics/match";
import { type AlinkRequest, Code, isObject, readObject, readRequest, reply } from "./alink";
import { propertyValues } from "./property-values";
import { answererFor, methodOf } from "./replies";
import type { SubDevices } from "./sub-devices";
import type { Waiting } from "./waiting";

export interface PlatformOptions {
	store: Store;
	events: Events;
	clock: Clock;
	switchboard: Switchboard;
	waiting: Waiting;
	subDevices: SubDevices;
}

/** What the platform does with a device's messages: answers the topics it serves, keeps what they report. */
export class Platform {
	readonly #options: PlatformOptions;

	constructor(options: PlatformOptions) {
		this.#options = options;
	}

	/** Takes one message. Nothing in it can make this throw. */
	receive(uplink: Uplink): void {
		const { session, topic, payload } = uplink;
		const { productKey, deviceName } = session;
		const system = `/sys/${productKey}/${deviceName}/`;
		if (topic.startsWith(system)) this.#thing(uplink, topic.slice(system.length));
		else if (topic === `/ext/ntp/${productKey}/${deviceName}/request`) this.#time(uplink);
		else if (topic === `/ota/device/inform/${productKey}/${deviceName}`) this.#inform(uplink);
		else if (topic === `/shadow/update/${productKey}/${deviceName}`) this.#shadow(uplink);
		else if (topic.startsWith("/ext/rrpc/"))
			this.#options.waiting.answer(`rrpc:${session.device.iotId}:${topic.split("/")[3]}`, payload);
		else if (topic.startsWith(`/${productKey}/`)) this.#echo(uplink);
	}

	#thing({ session, topic, payload }: Uplink, path: string): void {
		const { switchboard, waiting } = this.#options;
		const rrpc = /^rrpc\/(?:response|request)\/([^/]+)$/.exec(path);
		if (rrpc) return void waiting.answer(`rrpc:${session.device.iotId}:${rrpc[1]}`, payload);
		if (path.endsWith("_reply")) {
			const request = readRequest(payload);
			if (request) waiting.answer(`reply:${session.device.iotId}:${request.id}`, payload);
			return;
		}
		const { subDevices } = this.#options;
		const answerer = answererFor(path);
		if (!answerer && !subDevices.serves(path)) return;
		const request = readRequest(payload);
		if (request && subDevices.serves(path)) return void this.#subDevices(session, topic, path, request);
		if (!request) {
			const { productKey, deviceName } = session;
			this.#options.events.emit({
				type: "device.notice",
				productKey,
				deviceName,
				reason: `the message on ${topic} is not a JSON object`,
			});
		}
		const answer =
			request && answerer
				? answerer(request.params)
				: { code: Code.parameters, data: {}, message: "not a JSON object" };
		if (request && answer.code === Code.success) this.#keep(session.device.iotId, path, request.params);
		if (request?.ack === false) return;
		switchboard.reply(session, {
			topic: `${topic}_reply`,
			payload: reply(request?.id ?? "", answer.code, answer.data, methodOf(path), answer.message),
		});
	}

	/** Sub-devices' answers need the database. */
	async #subDevices(session: Session, topic: string, path: string, { id, params, ack }: AlinkRequest): Promise<void> {
		const { subDevices, switchboard, events } = this.#options;
		const answer = await subDevices.answer(session, path, params).catch((error: unknown) => {
			events.emit({ type: "error", where: "database", reason: String(error) });
			return { code: Code.failure, data: {}, message: "the cloud failed" };
		});
		if (!ack) return;
		const payload = reply(id, answer.code, answer.data, methodOf(path), answer.message);
		switchboard.reply(session, { topic: `${topic}_reply`, payload });
	}

	#keep(iotId: string, path: string, params: unknown): void {
		if (path !== "thing/event/property/post" && path !== "thing/event/property/batch/post") return;
		const { store, clock } = this.#options;
		store.properties.report(iotId, propertyValues(params, clock.now()));
	}

	/** The clock service (FACTS.md, NTP): the device computes its time from the three stamps. */
	#time({ session, payload }: Uplink): void {
		const received = String(this.#options.clock.now());
		const deviceSendTime = readObject(payload)?.["deviceSendTime"];
		const body = {
			deviceSendTime: deviceSendTime === undefined ? "" : String(deviceSendTime),
			serverRecvTime: received,
			serverSendTime: String(this.#options.clock.now()),
		};
		this.#options.switchboard.reply(session, {
			topic: `/ext/ntp/${session.productKey}/${session.deviceName}/response`,
			payload: Buffer.from(JSON.stringify(body)),
		});
	}

	#inform({ session, payload }: Uplink): void {
		const params = readObject(payload)?.["params"];
		const version = isObject(params) ? params["version"] : undefined;
		const module = isObject(params) ? params["module"] : undefined;
		if (typeof version !== "string" || (module !== undefined && module !== "default")) return;
		const { store, events } = this.#options;
		store.devices
			.setFirmwareVersion(session.device.iotId, version.slice(0, 64))
			.catch((error) => events.emit({ type: "error", where: "database", reason: String(error) }));
	}

	/** The shadow is a later part of this cloud: until then every request gets the platform's error form. */
	#shadow({ session }: Uplink): void {
		const content = { errorcode: "500", errormessage: "the shadow is not served by this cloud yet" };
		const body = {
			method: "reply",
			payload: { status: "error", content },
			timestamp: Math.floor(this.#options.clock.now() / 1000),
		};
		this.#options.switchboard.reply(session, {
			topic: `/shadow/get/${session.productKey}/${session.deviceName}`,
			payload: Buffer.from(JSON.stringify(body)),
		});
	}

	/** A custom topic with both rights: the device hears its own message if it subscribed, as on any broker. */
	#echo({ session, topic, payload, qos, messageId }: Uplink): void {
		if (![...session.subscriptions].some((filter) => matches(filter, topic))) return;
		const { switchboard, events } = this.#options;
		switchboard
			.deliver(session.device, { topic, payload, qos, messageId })
			.catch((error) => events.emit({ type: "error", where: "router", reason: String(error) }));
	}
}
