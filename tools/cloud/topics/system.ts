/**
 * The topics that the platform serves itself, with the direction a device may use them in (FACTS.md, "Topics that the
 * platform serves"; STOCK-CLIENTS.md for what the SDKs add). `P` and `D` stand for the device's own ProductKey and
 * DeviceName. "up": the device may publish; "down": it may subscribe; "both".
 */
export type Direction = "up" | "down" | "both";

/** A request of the device below /sys/P/D/, answered on the same topic with `_reply`. */
const REQUESTS = [
	"thing/event/property/post",
	"thing/event/property/batch/post",
	"thing/event/property/history/post",
	"thing/event/+/post",
	"thing/property/desired/get",
	"thing/property/desired/delete",
	"thing/dynamicTsl/get",
	"thing/dsltemplate/get",
	"thing/deviceinfo/update",
	"thing/deviceinfo/delete",
	"thing/deviceinfo/get",
	"thing/config/get",
	"thing/config/log/get",
	"thing/log/post",
	"thing/ota/firmware/get",
	"thing/file/download",
	"thing/model/up_raw",
	"thing/job/get",
	"thing/job/update",
	"thing/reset",
	"thing/sub/register",
	"thing/sub/unregister",
	"thing/topo/add",
	"thing/topo/delete",
	"thing/topo/get",
	"thing/list/found",
	"thing/proxy/provisioning/product_register",
];

/** A request of the platform below /sys/P/D/, answered by the device on the same topic with `_reply`. */
const COMMANDS = [
	"thing/service/property/set",
	"thing/service/property/get",
	"thing/model/down_raw",
	"thing/config/push",
	"thing/config/log/push",
	"thing/job/notify",
	"thing/disable",
	"thing/enable",
	"thing/delete",
	"thing/topo/change",
	"thing/topo/add/notify",
	"thing/gateway/permit",
];

const SESSION = ["login", "logout", "batch_login", "batch_logout"];

/** Patterns and directions, as the table above explains. */
export const SYSTEM_TOPICS: readonly (readonly [pattern: string, direction: Direction])[] = Object.freeze([
	...REQUESTS.flatMap((topic) => [[`/sys/P/D/${topic}`, "up"] as const, [`/sys/P/D/${topic}_reply`, "down"] as const]),
	...COMMANDS.flatMap((topic) => [[`/sys/P/D/${topic}`, "down"] as const, [`/sys/P/D/${topic}_reply`, "up"] as const]),
	// The Node SDK subscribes to the answer that it is itself to give: granted, it never carries anything.
	["/sys/P/D/thing/config/push_reply", "down"],
	["/sys/P/D/thing/service/*_reply", "up"],
	["/sys/P/D/thing/service/+", "down"],
	["/sys/P/D/rrpc/request/+", "down"],
	["/sys/P/D/rrpc/response/+", "up"],
	// The C SDK's demo answers an RRPC on the request's own topic.
	["/sys/P/D/rrpc/request/+", "up"],
	["/sys/P/D/broadcast/request/+", "down"],
	["/ext/rrpc/+/sys/P/D/#", "both"],
	["/ext/rrpc/+/P/D/#", "both"],
	["/broadcast/P/#", "down"],
	["/ext/ntp/P/D/request", "up"],
	["/ext/ntp/P/D/response", "down"],
	["/shadow/update/P/D", "up"],
	["/shadow/get/P/D", "down"],
	["/ota/device/inform/P/D", "up"],
	["/ota/device/progress/P/D", "up"],
	["/ota/device/request/P/D", "both"],
	["/ota/device/upgrade/P/D", "down"],
	...SESSION.flatMap((action) => [
		[`/ext/session/P/D/combine/${action}`, "up"] as const,
		[`/ext/session/P/D/combine/${action}_reply`, "down"] as const,
	]),
	["/ext/error", "down"],
	["/ext/error/P/D", "down"],
	["/ext/register", "down"],
	["/ext/regnwl", "down"],
	["/ext/auth/identity/response", "down"],
] as (readonly [string, Direction])[]);

/** Topics that reach every client without SUBSCRIBE. */
const ALWAYS = new Set(["/ext/register", "/ext/regnwl", "/ext/auth/identity/response", "/ext/error"]);

/** Whether a message on this topic reaches a client that never subscribed to it, whatever it asked for. */
export function isAlwaysDelivered(topic: string): boolean {
	return ALWAYS.has(topic);
}

/** Whether a pattern of the table lets a device use it in that direction. */
export function allows(direction: Direction, use: "up" | "down"): boolean {
	return direction === "both" || direction === use;
}

/** A table pattern for one device. */
export function ownPattern(pattern: string, productKey: string, deviceName: string): string {
	return pattern
		.split("/")
		.map((level) => (level === "P" ? productKey : level === "D" ? deviceName : level))
		.join("/");
}

/** First levels that belong to the platform: no custom class lies below them. */
const ROOTS = new Set(["sys", "ext", "ota", "shadow", "broadcast"]);

/** Whether a topic lies in the platform's own part. */
export function isSystemTopic(topic: string): boolean {
	return ROOTS.has(topic.split("/")[1] ?? "");
}
