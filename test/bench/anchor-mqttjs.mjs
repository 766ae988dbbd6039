// The anchor on Node: MQTT.js doing what every client of the bench does (workload.ts). Plain JavaScript, so that its
// start is not a TypeScript loader's.
//
//   anchor-mqttjs.mjs PORT CA|- COUNT SKIP HOLD CLIENT-ID USER PASSWORD TOPIC PAYLOAD-BYTES [SESSION-FILE]
//
// Prints the same marks as anchor-mosquitto.c. With SESSION-FILE a TLS session is taken from there, and kept there.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import mqtt from "mqtt";

const [port, ca, countText, skipText, hold, clientId, username, password, topic, size, sessionFile] =
	process.argv.slice(2);
const count = Number(countText);
const skip = Number(skipText);
const payload = Buffer.alloc(Number(size), "x");
const mark = (name) => process.stdout.write(`bench:${name}\n`);

const client = mqtt.connect(`${ca === "-" ? "mqtt" : "mqtts"}://localhost:${port}`, {
	clientId,
	username,
	password,
	keepalive: 300,
	clean: true,
	reconnectPeriod: 0,
	protocolVersion: 4,
	...(ca === "-" ? {} : { ca: readFileSync(ca), maxVersion: "TLSv1.2", servername: "localhost" }),
	...(sessionFile && existsSync(sessionFile) ? { session: readFileSync(sessionFile) } : {}),
});
if (sessionFile) client.stream.on("session", (session) => writeFileSync(sessionFile, session));

let done = 0;
function next() {
	if (done < count) client.publish(topic, payload, { qos: 1 }, acknowledged);
	else if (hold !== "1") client.end();
}
function acknowledged(error) {
	if (error) throw error;
	done++;
	if (done === 1) mark("first");
	if (done === skip) mark("begin");
	if (done === count) mark("end");
	next();
}
client.on("connect", () => {
	mark("connected");
	next();
});
client.on("error", (error) => {
	process.stderr.write(`${error.message}\n`);
	process.exit(1);
});
