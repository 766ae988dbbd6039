// MQTT on the device against aedes.
import TCP from "embedded:io/socket/tcp";
import config from "mc/config";
import { peer } from "test/peer";
import { brokerSuite } from "./broker-suite";

brokerSuite("aedes", { io: TCP, host: "localhost", address: peer, port: Number(config["port"]) });
