import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { filesBelow, root } from "../lib/files";

// The C that only the SDK builds, compiled without it: it leans on hal/xs, which others change.
const xs = "node_modules/@agoric/xsnap/moddable/xs";
const flags = [
	...["-std=gnu11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Werror=implicit-function-declaration"],
	// XS's own headers.
	...["-Wno-unused-parameter", "-Wno-unknown-pragmas", "-Wno-sign-compare"],
	...["-DINCLUDE_XSPLATFORM", '-DXSPLATFORM="platform.h"', "-D_GNU_SOURCE"],
	...["-Ihal/xs", `-I${xs}/includes`, `-I${xs}/platforms`, `-isystem${xs}/sources`, "-isystemtest/lib/esp-idf"],
];

test.each([...filesBelow("hal/moddable", ".c"), ...filesBelow("hal/esp32", ".c")])("%s compiles", (path) => {
	const { status, stderr } = spawnSync("gcc", [...flags, path], { cwd: root, encoding: "utf8" });
	expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

// The ESP32 has no HMAC peripheral; the others have one. A laboratory's build makes a key up.
test.each([
	[],
	["-DSOC_HMAC_SUPPORTED=1"],
	["-DMODDEF_LINKXS_LABKEY=1"],
	["-DSOC_HMAC_SUPPORTED=1", "-DMODDEF_LINKXS_LABKEY=1"],
])("hal/esp32/efuse-key.c compiles with %s %s", (...defines) => {
	const path = "hal/esp32/efuse-key.c";
	const { status, stderr } = spawnSync("gcc", [...flags, ...defines, path], { cwd: root, encoding: "utf8" });
	expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
