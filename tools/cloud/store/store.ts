import type { Kysely } from "kysely";
import type { Clock } from "../clock";
import { LIMITS, type Limits } from "../limits";
import { Batches } from "./batches";
import { Carriers } from "./carriers";
import { Certificates } from "./certificates";
import { Devices } from "./devices";
import { Messages } from "./messages";
import { PendingMessages } from "./pending";
import { Products } from "./products";
import { Properties } from "./properties";
import { Room } from "./room";
import type { Schema } from "./schema";
import { Subscriptions } from "./subscriptions";
import { Tokens } from "./tokens";
import { TopicClasses } from "./topic-classes";
import { Topology } from "./topology";

/** All that the cloud remembers, over one database connection. */
export class Store {
	readonly products: Products;
	readonly devices: Devices;
	readonly topicClasses: TopicClasses;
	readonly subscriptions: Subscriptions;
	readonly pending: PendingMessages;
	readonly messages: Messages;
	readonly properties: Properties;
	readonly tokens: Tokens;
	readonly topology: Topology;
	readonly certificates: Certificates;
	readonly batches: Batches;
	readonly carriers: Carriers;
	readonly #db: Kysely<Schema>;

	constructor(
		db: Kysely<Schema>,
		clock: Clock,
		onError: (error: unknown) => void,
		limits: Pick<Limits, "devices"> = LIMITS,
	) {
		const room = new Room(limits.devices);
		const now = () => clock.now();
		this.#db = db;
		this.products = new Products(db, now);
		this.devices = new Devices(db, now, room);
		this.topicClasses = new TopicClasses(db);
		this.subscriptions = new Subscriptions(db, now);
		this.pending = new PendingMessages(db, now);
		this.messages = new Messages(db, clock, onError);
		this.properties = new Properties(db, clock, onError);
		this.tokens = new Tokens(db, now);
		this.topology = new Topology(db, now);
		this.certificates = new Certificates(db, now);
		this.batches = new Batches(db, now, room);
		this.carriers = new Carriers(db, now, room);
	}

	/** Writes what waits and closes the database. */
	async close(): Promise<void> {
		await Promise.all([this.messages.flush(), this.properties.flush()]);
		await this.#db.destroy();
	}
}
