import Serial from "embedded:io/serial";
import { uniqueId } from "hal/system";
import Log from "log/log";
import Provisioning from "provisioning/provisioning";
import { FakeRecords } from "test/fake-records";

/** A device that listens on its second UART, with records that a reset forgets. */
export default function () {
	const log = new Log("console");
	const records = new FakeRecords();
	new Provisioning({
		serial: { io: Serial },
		records,
		info: { firmware: "test", version: "1.0", board: "sim", uniqueId: uniqueId() },
		log,
		onWritten: () => log.info(`holds ${records.names().join(" ")}`),
		onProvisioned: () => log.info("goes on"),
	});
	log.info("ready");
}
