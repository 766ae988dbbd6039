import { expect, describe as group, it } from "vitest";
import { describe } from "../../tools/cloud/describe";
import type { CloudEventBody } from "../../tools/cloud/events";
import { isSecretTopic, payloadText } from "../../tools/cloud/payload-text";

group("message bodies as text", () => {
	it.each([
		["text", '{"a":1}', '{"a":1}'],
		["lines become one", "{\r\n\t1,\n 2\n}", "{ 1, 2 }"],
		["nothing", "", ""],
		["other scripts", "温度", "温度"],
	])("%s", (_name, body, text) => expect(payloadText("/x", Buffer.from(body))).toBe(text));

	it("bytes become hex, long bodies are cut, also in the middle of a character", () => {
		expect(payloadText("/x", Buffer.from([0, 255]))).toBe("0x00ff");
		expect(payloadText("/x", Buffer.from([0xff, 0xfe]))).toBe("0xfffe");
		expect(payloadText("/x", Buffer.alloc(500, "a"))).toBe(`${"a".repeat(400)}…`);
		expect(payloadText("/x", Buffer.from("温".repeat(200))).endsWith("…")).toBe(true);
		expect(payloadText("/x", Buffer.alloc(500))).toBe(`0x${"00".repeat(200)}…`);
	});

	it.each([
		"/ext/register",
		"/ext/regnwl",
		"/sys/P/D/thing/sub/register_reply",
		"/sys/P/D/thing/proxy/provisioning/product_register",
	])("%s carries secrets: never shown", (topic) => {
		expect(isSecretTopic(topic)).toBe(true);
		expect(payloadText(topic, Buffer.from('{"deviceSecret":"s3cret"}'))).not.toContain("s3cret");
	});
});

group("every event is one readable line", () => {
	const names = { productKey: "PK", deviceName: "DN" };
	const message = { ...names, topic: "/t", messageId: "7" };
	const bodies: CloudEventBody[] = [
		{ type: "cloud.started", hosts: ["localhost"], port: 1, adminUrl: "http://x", state: "/s" },
		{ type: "cloud.stopped" },
		{ type: "connection.refused", remote: "1.2.3.4:5", reason: "why" },
		{ type: "connection.refused", remote: "1.2.3.4:5", transport: "tls", protocol: "HTTP GET", reason: "why" },
		{ type: "device.refused", remote: "r", transport: "tcp", returnCode: 2, reason: "why" },
		{ type: "device.refused", remote: "r", transport: "tcp", returnCode: 4, reason: "why", ...names },
		{ type: "device.online", remote: "r", transport: "tls", resumed: true, version: "3.1", keepAlive: 60, ...names },
		{ type: "device.offline", reason: "why", ...names },
		{ type: "device.notice", reason: "why", ...names },
		{ type: "device.subscribed", topic: "/t", ...names },
		{ type: "device.unsubscribed", topic: "/t", ...names },
		{ type: "subscribe.refused", topic: "/t", reason: "why", ...names },
		{ type: "publish.refused", topic: "/t", reason: "why", closed: true, ...names },
		{ type: "publish.refused", topic: "/t", reason: "why", closed: false, ...names },
		{ type: "message.up", topic: "/t", qos: 1, size: 3, payload: "abc", ...names },
		{ type: "message.down", qos: 0, size: 3, payload: "abc", ...message },
		{ type: "message.acknowledged", ...message },
		{ type: "message.queued", ...message },
		{ type: "message.dropped", reason: "why", ...message },
		{ type: "product.created", productKey: "PK" },
		{ type: "product.changed", productKey: "PK", what: "what" },
		{ type: "product.deleted", productKey: "PK" },
		{ type: "device.created", ...names },
		{ type: "device.deleted", ...names },
		{ type: "device.enabled", ...names },
		{ type: "device.disabled", ...names },
		{ type: "device.activated", ...names },
		{ type: "device.registered", remote: "r", transport: "tls", way: "regnwl", ...names },
		{ type: "registration.refused", remote: "r", way: "https", code: 403, reason: "why" },
		{ type: "registration.refused", remote: "r", way: "sub-device", code: 6100, reason: "why", ...names },
		{ type: "device.reset", ...names },
		{ type: "device.forbidden", ...names },
		{ type: "device.forbidden", kept: "c", ...names },
		{ type: "topology.added", sub: "PK/sub", ...names },
		{ type: "topology.deleted", sub: "PK/sub", ...names },
		{ type: "admin.refused", remote: "r", reason: "why" },
		{ type: "error", where: "database", reason: "why" },
	];
	it.each(bodies.map((body) => [body.type, body] as const))("%s", (_type, body) => {
		const line = describe({ id: 1, at: 0, ...body });
		expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} [a-z]+ /);
		expect(line).not.toContain("\n");
		expect(line).not.toContain("undefined");
		if ("reason" in body) expect(line).toContain("why");
	});

	it("whatever a peer calls itself", () => {
		const deviceName = "x\r\n00:00:00.000 online    PK/DN\u001b[2J\u009b2J\u2028";
		const line = describe({
			id: 1,
			at: 0,
			type: "registration.refused",
			remote: "r",
			way: "https",
			code: 401,
			reason: "signmethod=\u0007",
			productKey: "PK",
			deviceName,
		});
		expect(line).toMatch(/PK\/x\?\?00:00:00\.000 online {4}PK\/DN\?\[2J\?2J\? from r .*signmethod=\?$/);
	});
});
