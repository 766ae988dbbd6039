// A gateway by Alibaba's Node SDK: registers a sub-device, adds it to its topology with the sub-device's signature, asks
// for the topology, takes it out again. Its input: JSON for iot.gateway() and `sub`, the sub-device's names. Prints a
// JSON line for each thing that happens, and no secret.
const iot = require("alibabacloud-iot-device-sdk");

const say = (what, value) => process.stdout.write(`${JSON.stringify({ what, value })}\n`);
const { sub, ...config } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const gateway = iot.gateway(config);

gateway.on("error", (error) => say("error", error.message));
gateway.on("connect", () => {
	say("connect");
	gateway.regiestSubDevice([sub], (registered) => {
		say("registered", registered.code);
		if (registered.code !== 200) return gateway.end(false, {}, () => process.exit(0));
		const { iotId: _, ...device } = registered.data[0];
		gateway.addTopo([device], (added) => {
			say("added", [added.code, added.data]);
			gateway.getTopo((topology) => {
				say("topology", topology.data);
				gateway.removeTopo([sub], (removed) => {
					say("removed", removed.code);
					gateway.end(false, {}, () => process.exit(0));
				});
			});
		});
	});
});
