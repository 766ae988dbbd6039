import { Code } from "./alink";

/** What the platform answers to a thing request. */
export interface Answer {
	code: number;
	data: unknown;
	message?: string;
}

/** An answer for a request's params. */
type Answerer = (params: unknown) => Answer;

const SUCCESS: Answerer = () => ({ code: Code.success, data: {} });
const needsObject: Answerer = (params) =>
	typeof params === "object" && params !== null && !Array.isArray(params)
		? { code: Code.success, data: {} }
		: { code: Code.parameters, data: {}, message: "params is not an object" };
const needsArray: Answerer = (params) =>
	Array.isArray(params)
		? { code: Code.success, data: {} }
		: { code: Code.parameters, data: {}, message: "params is not an array" };
const unavailable =
	(what: string): Answerer =>
	() => ({ code: Code.unavailable, data: {}, message: `${what} is not served by this cloud` });

/** Answers by topic below /sys/P/D/; the reply goes to the same topic with `_reply`. */
const ANSWERS: ReadonlyMap<string, Answerer> = new Map<string, Answerer>([
	["thing/event/property/post", needsObject],
	["thing/event/property/batch/post", needsObject],
	["thing/event/property/history/post", SUCCESS],
	["thing/property/desired/get", SUCCESS],
	["thing/property/desired/delete", SUCCESS],
	["thing/dynamicTsl/get", SUCCESS],
	["thing/dsltemplate/get", SUCCESS],
	["thing/deviceinfo/update", needsArray],
	["thing/deviceinfo/delete", needsArray],
	["thing/deviceinfo/get", SUCCESS],
	["thing/config/get", () => ({ code: Code.noConfiguration, data: {}, message: "no configuration for this product" })],
	["thing/config/log/get", () => ({ code: Code.success, data: { getType: "content", content: { mode: 0 } } })],
	["thing/log/post", SUCCESS],
	["thing/ota/firmware/get", SUCCESS],
	["thing/job/get", SUCCESS],
	["thing/job/update", SUCCESS],
	["thing/reset", SUCCESS],
	["thing/list/found", SUCCESS],
	["thing/file/download", unavailable("a file over MQTT")],
	["thing/sub/unregister", unavailable("a sub-device")],
]);

/** What answers a topic below /sys/P/D/, or undefined when nothing does. */
export function answererFor(path: string): Answerer | undefined {
	return ANSWERS.get(path) ?? (/^thing\/event\/[^/]+\/post$/.test(path) ? needsObject : undefined);
}

/** The method that the platform writes into a reply: the topic with dots. */
export function methodOf(path: string): string {
	return path.replaceAll("/", ".");
}
