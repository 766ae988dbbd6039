import { CloudError } from "../errors";

/** What a device may do on the topics of a class. */
export type Operation = "PUB" | "SUB" | "ALL";

/** A custom topic class of a product. */
export interface TopicClass {
	id: number;
	/** Full pattern with the device's place kept open: /a1…/${deviceName}/user/update. */
	pattern: string;
	operation: Operation;
	description: string;
}

/** The open place in a pattern. */
export const DEVICE_NAME = `\${deviceName}`;

/** The classes that each new product has, as the console makes them. */
export const DEFAULT_CLASSES: readonly { short: string; operation: Operation }[] = Object.freeze([
	{ short: "update", operation: "PUB" },
	{ short: "update/error", operation: "PUB" },
	{ short: "get", operation: "SUB" },
]);

/** The full pattern of a class that the console shows by its short name, below `user/`. */
export function userPattern(productKey: string, short: string): string {
	return `/${productKey}/${DEVICE_NAME}/user/${short}`;
}

/** A class's pattern for one device. */
export function forDevice(pattern: string, deviceName: string): string {
	return pattern.replace(DEVICE_NAME, () => deviceName);
}

/**
 * The console's rules (device-access.txt 953–1035): starts with the product and the device; levels of letters, digits
 * and `_`, none empty; `+` and `#` only with the right "subscribe", `#` last.
 */
export function checkTopicClass(productKey: string, pattern: string, operation: Operation): void {
	const start = `/${productKey}/${DEVICE_NAME}/`;
	if (!pattern.startsWith(start)) throw invalid(`a topic class of this product starts with ${start}`);
	const levels = pattern.slice(start.length).split("/");
	levels.forEach((level, i) => {
		if (level === "") throw invalid("a level of a topic class is not empty");
		const wildcard = level === "+" || level === "#";
		if (!wildcard && !/^[A-Za-z0-9_]+$/.test(level))
			throw invalid("a level of a topic class has letters, digits and _ only");
		if (wildcard && operation !== "SUB") throw invalid("+ and # are allowed with the right SUB only");
		if (level === "#" && i !== levels.length - 1) throw invalid("# stands in the last level only");
	});
}

function invalid(message: string): CloudError {
	return new CloudError("invalid", message, { detail: "iot.prod.InvalidTopic" });
}
