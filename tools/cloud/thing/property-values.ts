import type { Property } from "../store/properties";
import { isObject } from "./alink";

/**
 * The values in a property report's params: `{"a":1}` or `{"a":{"value":1,"time":1524448722000}}` (ms since 1970), and
 * for a batch `{"properties":{"a":[{"value","time"},…]}}`, of which the newest counts. At most `most` are taken.
 */
export function propertyValues(params: unknown, now: number, most = 500): Property[] {
	if (!isObject(params)) return [];
	const source =
		isObject(params["properties"]) && Object.keys(params).every((key) => key === "properties" || key === "events")
			? params["properties"]
			: params;
	return Object.entries(source)
		.slice(0, most)
		.map(([identifier, given]) =>
			one(identifier, Array.isArray(given) && given.every(isTimed) ? newest(given) : given, now),
		);
}

function isTimed(value: unknown): value is { value: unknown; time?: unknown } {
	return isObject(value) && Object.hasOwn(value, "value");
}

function newest(values: readonly { value: unknown; time?: unknown }[]): unknown {
	return [...values].sort((a, b) => Number(a.time ?? 0) - Number(b.time ?? 0)).at(-1) ?? values;
}

function one(identifier: string, given: unknown, now: number): Property {
	if (!isTimed(given) || Object.keys(given).some((key) => key !== "value" && key !== "time"))
		return { identifier, value: given, at: now };
	const at = Number(given.time);
	return { identifier, value: given.value, at: Number.isSafeInteger(at) && at > 0 ? at : now };
}
