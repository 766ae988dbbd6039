// Preloaded by the manifest, which it must not be: a chip's modules are preloaded where there are no native functions.
import { ticks } from "hal/system";

export const started = ticks();
