import type { Client } from "aedes";
import type { DeviceName, Transport } from "../events";
import type { Device } from "../store/devices";
import type { Product } from "../store/products";
import { matches } from "../topics/match";
import type { Rights } from "../topics/rights";
import { isAlwaysDelivered } from "../topics/system";
import type { KeepAlive } from "./keep-alive";

/** What a new session is made of. */
export interface SessionOptions {
	client: Client;
	device: Device;
	product: Product;
	/** The clientId proper of its CONNECT. */
	clientId: string;
	rights: Rights;
	transport: Transport;
	remote: string;
	/** `_ss=1`: system topics come without SUBSCRIBE. */
	autoSubscribe: boolean;
	clean: boolean;
	subscriptions: readonly string[];
}

/** One connected device: who it is, what it may do and what it wants to hear. */
export class Session implements DeviceName {
	readonly client: Client;
	readonly device: Device;
	readonly product: Product;
	readonly clientId: string;
	readonly rights: Rights;
	readonly transport: Transport;
	readonly remote: string;
	readonly autoSubscribe: boolean;
	readonly clean: boolean;
	readonly subscriptions: Set<string>;
	/** Set once CONNACK is out: only then messages may go down. */
	ready = false;
	/**
	 * What was to go down before that, in order: a client may publish as soon as it has read CONNACK, which can be before
	 * aedes tells that it is out.
	 */
	readonly early: (() => void)[] = [];
	/** Why it ended, once it did; the first reason stays. */
	ending: string | undefined;
	keepAlive: KeepAlive | undefined;

	constructor(options: SessionOptions) {
		this.client = options.client;
		this.device = options.device;
		this.product = options.product;
		this.clientId = options.clientId;
		this.rights = options.rights;
		this.transport = options.transport;
		this.remote = options.remote;
		this.autoSubscribe = options.autoSubscribe;
		this.clean = options.clean;
		this.subscriptions = new Set(options.subscriptions);
	}

	get productKey(): string {
		return this.device.productKey;
	}

	get deviceName(): string {
		return this.device.deviceName;
	}

	/** Whether a message on this topic is for this client. */
	wants(topic: string): boolean {
		if (isAlwaysDelivered(topic)) return true;
		if (this.autoSubscribe && this.rights.isSystemDown(topic)) return true;
		for (const filter of this.subscriptions) if (matches(filter, topic)) return true;
		return false;
	}

	/** Ends the connection and remembers why. */
	end(reason: string): void {
		this.ending ??= reason;
		this.keepAlive?.stop();
		this.client.close();
	}
}
