// Tests on the emulated chip: skipped, by name and with the reason, where a machine can't have the emulator or compiler.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe } from "vitest";
import type { ChipMachine } from "../../tools/build/native";

/** What a machine's tests run, and the variable by which the set-up tells that it can't be had. */
const machines: Readonly<Record<ChipMachine, { readonly variable: string; readonly programs: readonly string[] }>> = {
	"sifive-u": { variable: "LINKXS_CHIP", programs: ["qemu-system-riscv32", "riscv64-unknown-elf-gcc"] },
	"mps2-an386": { variable: "LINKXS_MPS2", programs: ["qemu-system-arm", "arm-none-eabi-gcc"] },
};

const isOnPath = (program: string) =>
	(process.env["PATH"] ?? "").split(delimiter).some((folder) => folder && existsSync(join(folder, program)));

/** Why there can be no tests on this machine; undefined: there can. */
export function chipMissing(machine: ChipMachine = "sifive-u"): string | undefined {
	const { variable, programs } = machines[machine];
	const told = /^unavailable:(.*)$/s.exec(process.env[variable] ?? "")?.[1];
	if (told !== undefined) return told;
	const absent = programs.filter((program) => !isOnPath(program));
	return absent.length > 0 ? `no ${absent.join(" and no ")}` : undefined;
}

/** A `describe` for tests on the emulated chip. */
export function describeChip(name: string, tests: () => void, machine: ChipMachine = "sifive-u"): void {
	const missing = chipMissing(machine);
	if (missing === undefined) describe(name, tests);
	else describe.skip(`${name} (${machine}: ${missing})`, tests);
}
