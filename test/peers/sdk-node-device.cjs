// A device by Alibaba's Node SDK, as its users write one. Its input: JSON for iot.device(). Prints a JSON line for each
// thing that happens; ends by itself after the service call.
const iot = require("alibabacloud-iot-device-sdk");

const say = (what, value) => process.stdout.write(`${JSON.stringify({ what, value })}\n`);
const config = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const device = iot.device(config);
const topic = `/${config.productKey}/${config.deviceName}/user/get`;

device.on("error", (error) => say("error", error.message));
device.on("message", (from, payload) => {
	if (from === topic) say("message", payload.toString());
});
device.onProps((request) => say("props", request.params));
device.onService("reboot", (request, reply) => {
	say("service", request.params);
	reply({ id: request.id, code: 200, data: { ok: 1 } });
	setTimeout(() => device.end(false, {}, () => process.exit(0)), 200);
});
device.on("connect", () => {
	say("connect");
	device.subscribe(topic, (error, granted) => say("subscribed", error ? error.message : granted[0].qos));
	device.postProps({ temperature: 21 }, (reply) => say("post", reply.code));
	device.postEvent("alarm", { level: 1 }, (reply) => say("event", reply.code));
	device.postTags([{ attrKey: "room", attrValue: "1" }], (reply) => say("tags", reply.code));
	device.getConfig((reply) => say("config", reply.code));
});
