import * as halCrypto from "hal/crypto";
import { Key } from "hal/crypto";
import { copyInto } from "hal/text";
import { spansIn, textAt } from "identity/json";
import type { SigningCrypto } from "identity/sign";
import { type SubDevice, topologyEntry } from "identity/sub-device";
import { LinkError } from "./error";
import Requests from "./requests";
import { promised } from "./settle";

/** What this needs of a `Device`, which is the gateway. */
export interface Gateway {
	publish(topic: string, payload: string, qos?: 0 | 1): Promise<void>;
	subscribe(filter: string, handler: (message: { payload: Uint8Array }) => void): Promise<void>;
	takeSecret(topic: string, handler: (bytes: Uint8Array, offset: number, total: number) => void): void;
}

/** Who a sub-device is, before it has a secret. */
export interface SubDeviceName {
	readonly productKey: string;
	readonly deviceName: string;
}

/** Given by the platform; whoever asked keeps it, and closes the key. */
export interface SubDeviceGrant extends SubDeviceName {
	readonly deviceSecret: Key;
}

export interface SubDevicesOptions {
	readonly gateway: Gateway;
	/** The gateway's own names. */
	readonly productKey: string;
	readonly deviceName: string;
	/** Default `hal/crypto`. */
	readonly crypto?: SigningCrypto;
}

/** The most sub-devices in one request: their answer is kept whole until its end. */
export const BATCH_MAX = 8;
const ANSWER_MAX = 3072;

/**
 * What a gateway does for the devices behind it before they can log in: registers them by product key and name
 * (`thing/sub/register`), and adds them to its topology with their own signatures (`thing/topo/add`).
 */
export default class SubDevices {
	#options: Required<SubDevicesOptions>;
	#register: Requests;
	#topology: Requests;
	/** An answer that comes in pieces. */
	#pieces: Uint8Array | undefined;

	constructor(options: SubDevicesOptions) {
		const { gateway, productKey, deviceName, crypto = halCrypto } = options;
		this.#options = { gateway, productKey, deviceName, crypto };
		const send = (topic: string) => (payload: string, done: (error?: never) => void) => {
			gateway.publish(topic, payload, 1).then(
				() => done(),
				(error) => done(error as never),
			);
			return undefined;
		};
		const thing = `/sys/${productKey}/${deviceName}/thing`;
		this.#register = new Requests("thing.sub.register", send(`${thing}/sub/register`));
		this.#topology = new Requests("thing.topo.add", send(`${thing}/topo/add`));
		gateway.takeSecret(`${thing}/sub/register_reply`, (bytes, offset, total) => this.#collect(bytes, offset, total));
		gateway.subscribe(`${thing}/topo/add_reply`, ({ payload }) => void this.#topology.answer(payload)).catch(() => {}); // then no answer comes, which each request tells
	}

	/**
	 * Ask for the secrets of sub-devices whose products have dynamic registration switched on.
	 *
	 * @returns one grant for each that the platform answers for. Rejects with LinkError (`refused`, `no-reply`, `busy`,
	 * `closed`) or MqttError. @throws {RangeError} none, or more than BATCH_MAX.
	 */
	register(subs: readonly SubDeviceName[]): Promise<readonly SubDeviceGrant[]> {
		checkBatch(subs);
		const params = subs.map(({ productKey, deviceName }) => ({ productKey, deviceName }));
		return this.#register.request(params) as Promise<readonly SubDeviceGrant[]>;
	}

	/** Add sub-devices to this gateway's topology. Settled as `register`. @throws {RangeError} names that can't be right. */
	addTopology(subs: readonly SubDevice[], timestamp = "0"): Promise<void> {
		checkBatch(subs);
		const { crypto } = this.#options;
		return promised((settler) => {
			const params = subs.map((sub) => topologyEntry(sub, timestamp, crypto));
			this.#topology.request(params).then(() => settler.resolve(), settler.reject);
		});
	}

	/** Nobody waits any more. */
	close(): void {
		this.#register.close(new LinkError("closed"));
		this.#topology.close(new LinkError("closed"));
		this.#pieces?.fill(0);
		this.#pieces = undefined;
	}

	#collect(bytes: Uint8Array, offset: number, total: number): void {
		if (offset === 0) this.#pieces?.fill(0);
		if (bytes.byteLength === total) {
			this.#answered(bytes);
			return;
		}
		if (total > ANSWER_MAX) return;
		if (offset === 0) this.#pieces = new Uint8Array(total);
		const pieces = this.#pieces;
		if (pieces === undefined || pieces.byteLength !== total) return;
		copyInto(bytes, pieces, offset);
		if (offset + bytes.byteLength < total) return;
		this.#pieces = undefined;
		this.#answered(pieces);
	}

	#answered(bytes: Uint8Array): void {
		let grants: SubDeviceGrant[] = [];
		try {
			const spans = spansIn(bytes);
			const id = textAt(bytes, spans.get("id")) ?? textAt(bytes, spans.get("id"), "number") ?? "";
			const code = textAt(bytes, spans.get("code"), "number") ?? textAt(bytes, spans.get("code"));
			if (code === "200") grants = grantsIn(bytes, spans);
			const message = textAt(bytes, spans.get("message")) ?? "";
			const awaited = this.#register.settle(id, code, message, grants);
			if (!awaited) for (const { deviceSecret } of grants) deviceSecret.close();
		} finally {
			bytes.fill(0);
		}
	}
}

function grantsIn(bytes: Uint8Array, spans: ReturnType<typeof spansIn>): SubDeviceGrant[] {
	const grants: SubDeviceGrant[] = [];
	for (let index = 0; index < BATCH_MAX; index += 1) {
		const productKey = textAt(bytes, spans.get(`data.${index}.productKey`));
		const deviceName = textAt(bytes, spans.get(`data.${index}.deviceName`));
		const secret = spans.get(`data.${index}.deviceSecret`);
		if (productKey === undefined || deviceName === undefined) break;
		if (secret?.kind !== "string" || secret.end === secret.start) continue; // told by its being missing
		grants.push({ productKey, deviceName, deviceSecret: Key.from(bytes.subarray(secret.start, secret.end)) });
	}
	return grants;
}

function checkBatch(subs: readonly unknown[]): void {
	if (subs.length < 1 || subs.length > BATCH_MAX) throw new RangeError(`sub-devices: 1 to ${BATCH_MAX} at once`);
}
