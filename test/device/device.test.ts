// Every test that runs on XS, told one by one.
//
//   LINKXS_VARIANT=asan   which build of the simulator (debug, release, m32, asan), or the emulated chip (chip, chip-debug)
//   LINKXS_DEVICE=hal/tcp only files whose path has this in it
import { type DeviceVariant, VARIANTS } from "../lib/device-target";
import { findDeviceTests } from "../lib/device-tests";
import { tellDeviceTests } from "../lib/tell-device-tests";

const variant = (process.env.LINKXS_VARIANT ?? "debug") as DeviceVariant;
if (!VARIANTS.includes(variant)) throw new Error(`LINKXS_VARIANT is one of ${VARIANTS.join(", ")}`);

await tellDeviceTests(
	findDeviceTests().filter((path) => path.includes(process.env.LINKXS_DEVICE ?? "")),
	variant,
);
