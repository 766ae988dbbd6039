// Whether the chip's tests are skipped is told by the set-up, or by the PATH where there was none.
import { afterEach, expect, test, vi } from "vitest";
import { chipMissing } from "../../lib/chip";

afterEach(() => vi.unstubAllEnvs());

test("the set-up's reason is the reason", () => {
	vi.stubEnv("LINKXS_CHIP", "unavailable:not installed: qemu-system-misc");
	vi.stubEnv("LINKXS_MPS2", "");
	vi.stubEnv("PATH", "");
	expect(chipMissing()).toBe("not installed: qemu-system-misc");
	expect(chipMissing("mps2-an386")).toBe("no qemu-system-arm and no arm-none-eabi-gcc");
});
