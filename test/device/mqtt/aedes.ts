// MQTT on the device against aedes.
import TCP from "embedded:io/socket/tcp";
import config from "mc/config";
import { brokerSuite } from "./broker-suite";

brokerSuite("aedes", { io: TCP, host: "localhost", address: "127.0.0.1", port: Number(config["port"]) });
