import { forDevice, type TopicClass } from "./class";
import { covers, isFilter, matches } from "./match";
import { allows, isSystemTopic, ownPattern, SYSTEM_TOPICS } from "./system";

/** The answer to "may it": yes, or why not and whether the topic is somebody else's. */
export type Verdict = { ok: true } | { ok: false; reason: string; foreign: boolean };

const YES: Verdict = Object.freeze({ ok: true });

/** What a device may do on which topics: its own only, by the right of the class (device-access.txt 953–1035). */
export class Rights {
	readonly #productKey: string;
	readonly #deviceName: string;
	readonly #classes: () => readonly TopicClass[];
	readonly #up: readonly string[];
	readonly #down: readonly string[];

	/** `classes` is asked each time, so that a class added while the device is connected counts at once. */
	constructor(productKey: string, deviceName: string, classes: () => readonly TopicClass[]) {
		this.#productKey = productKey;
		this.#deviceName = deviceName;
		this.#classes = classes;
		const own = (use: "up" | "down") =>
			SYSTEM_TOPICS.filter(([, direction]) => allows(direction, use)).map(([pattern]) =>
				ownPattern(pattern, productKey, deviceName),
			);
		this.#up = own("up");
		this.#down = own("down");
	}

	/** May the device publish on this topic name? */
	publish(topic: string): Verdict {
		if (/[+#]/.test(topic)) return { ok: false, reason: "nobody publishes to a wildcard topic", foreign: false };
		if (this.#up.some((pattern) => matches(pattern, topic))) return YES;
		const mine = this.#classes().filter((one) => matches(this.#own(one), topic));
		if (mine.some((one) => one.operation !== "SUB")) return YES;
		if (mine.length > 0) return { ok: false, reason: "the topic class has the right SUB only", foreign: false };
		if (this.#down.some((pattern) => matches(pattern, topic)))
			return { ok: false, reason: "devices only subscribe to this topic", foreign: false };
		return this.#none(topic);
	}

	/** May the device subscribe to this topic filter? */
	subscribe(filter: string): Verdict {
		if (!isFilter(filter)) return { ok: false, reason: "not a topic filter", foreign: false };
		if (this.#down.some((pattern) => covers(pattern, filter))) return YES;
		const mine = this.#classes().filter((one) => covers(this.#own(one), filter));
		if (mine.some((one) => one.operation !== "PUB")) return YES;
		if (mine.length > 0) return { ok: false, reason: "the topic class has the right PUB only", foreign: false };
		if (this.#up.some((pattern) => covers(pattern, filter)))
			return { ok: false, reason: "devices only publish on this topic", foreign: false };
		if (/[+#]/.test(filter))
			return {
				ok: false,
				reason: "no topic class with the right SUB covers this wildcard",
				foreign: this.#isForeign(filter),
			};
		return this.#none(filter);
	}

	/** Is this a topic that the platform sends to the device by itself (what `_ss=1` stands for)? */
	isSystemDown(topic: string): boolean {
		return isSystemTopic(topic) && this.#down.some((pattern) => matches(pattern, topic));
	}

	#own(one: TopicClass): string {
		return forDevice(one.pattern, this.#deviceName);
	}

	#none(topic: string): Verdict {
		const foreign = this.#isForeign(topic);
		return {
			ok: false,
			reason: foreign ? "the topic belongs to another device" : "no topic class of the product has this topic",
			foreign,
		};
	}

	/** Somebody else's, or nobody's: this device's pair of names is nowhere in it. */
	#isForeign(topic: string): boolean {
		const levels = topic.split("/").slice(1);
		const pair = `${this.#productKey}/${this.#deviceName}`;
		return !levels.some((_, i) => levels.slice(i, i + 2).join("/") === pair);
	}
}
