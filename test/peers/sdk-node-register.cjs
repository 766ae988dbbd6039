// A device by Alibaba's Node SDK that has its product's secret alone: it registers over HTTPS, then connects. Its input:
// JSON for iot.register() and `brokerUrl`. Prints a JSON line for each thing that happens, and no secret.
const iot = require("alibabacloud-iot-device-sdk");

const say = (what, value) => process.stdout.write(`${JSON.stringify({ what, value })}\n`);
const { brokerUrl, ...config } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));

iot.register(config, (answer) => {
	say("registered", answer.code === 200 ? 200 : `${answer.code} ${answer.message}`);
	if (answer.code !== 200) process.exit(0);
	const device = iot.device({ ...answer.data, brokerUrl, tls: true });
	device.on("error", (error) => say("error", error.message));
	device.on("connect", () => {
		say("connect");
		device.postProps({ temperature: 21 }, (reply) => {
			say("post", reply.code);
			device.end(false, {}, () => process.exit(0));
		});
	});
});
