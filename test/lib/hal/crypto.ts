// hal/crypto for modules under vitest.
export * from "../../../tools/lib/crypto";
