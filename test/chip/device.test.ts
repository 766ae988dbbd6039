// The device's tests on the emulated chip: some in `npm test`, every one in `npm run test:all`. A choice by hand:
// LINKXS_VARIANT=chip LINKXS_DEVICE=hal/tcp npx vitest run test/device
import { test } from "vitest";
import { chipMissing } from "../lib/chip";
import { findDeviceTests } from "../lib/device-tests";
import { tellDeviceTests } from "../lib/tell-device-tests";

/** The HAL whole, and one of each that stands on it: what they need of a chip is what the others need. */
const FEW = [
	/^test\/device\/hal\//,
	/^test\/device\/mqtt\/(cloud|mosquitto)\.ts$/,
	/^test\/device\/(identity\/mutual-tls|network\/clock|vault\/vault)\.ts$/,
];

const missing = chipMissing();
const paths = findDeviceTests().filter((path) => process.env["LINKXS_ALL"] || FEW.some((it) => it.test(path)));
if (missing === undefined) await tellDeviceTests(paths, "chip");
else test.skip.each(paths)(`%s (${missing})`, () => {});
