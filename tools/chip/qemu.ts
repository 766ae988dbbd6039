import { existsSync } from "node:fs";
import type { ChipMachine } from "../build/native";
import { loaderPath } from "../build/places";
import { escaped, machines } from "./machines";

export interface EmulatorOptions {
	/** Default: sifive-u; the Emulator's that of the board that the flash says it is. */
	readonly machine?: ChipMachine;
	/** The NOR flash, a file of 32 MB; the device writes to it. One device a file. */
	readonly flash: string;
	/** Default: the loader that hal/chip builds, which starts what the flash holds. */
	readonly loader?: string;
	/** The second UART: "pty", or "tcp:PORT" (0: a free one); the event "serial" tells which. */
	readonly serial?: string;
	/** Where Moddable's debugger listens, HOST:PORT, at the second UART (debug firmware). */
	readonly xsbug?: string;
	/** The MAC address, in hexadecimal (default: made from the flash file's path). */
	readonly id?: string;
	/** Cut the power at the n-th flash operation: N, N:before, N:after or N:torn (default). The device then boots again. */
	readonly cutPowerAt?: string;
	/** More words of the laboratory to the firmware (hal/chip/straps.h), such as `wait=5000`. */
	readonly straps?: readonly string[];
	/** End at the device's first reset instead of booting again. */
	readonly noReboot?: boolean;
	/** Ports of 127.0.0.1 that lead to the device: "tcp:8080-:80". */
	readonly forward?: readonly string[];
	/** What is at the other end of the cable (QEMU's -nic) instead of the user network. */
	readonly nic?: string;
	/** Count instructions (QEMU's -icount): "shift=3,sleep=on". */
	readonly icount?: string;
	/** Further arguments of QEMU. */
	readonly more?: readonly string[];
}

const loaderOf = ({ machine = "sifive-u", loader = loaderPath(machine) }: EmulatorOptions) => loader;

/** The `-chardev` of the second UART. */
function second({ serial, xsbug }: EmulatorOptions): string {
	const at = /^(.*):(\d+)$/.exec(xsbug ?? "");
	if (at) return `socket,id=second,host=${escaped(at[1] || "127.0.0.1")},port=${at[2]},server=off,nodelay=on`;
	const port = /^tcp:(\d+)$/.exec(serial ?? "")?.[1];
	if (port !== undefined) return `socket,id=second,host=127.0.0.1,port=${port},server=on,wait=off,nodelay=on`;
	return serial === "pty" ? "pty,id=second" : "null,id=second";
}

/**
 * The arguments of the machine's QEMU. Its fuses are in `<flash>.otp`, QMP is at descriptor 3.
 *
 * @throws {Error} for options that don't go together
 */
export function qemuArguments(options: EmulatorOptions): string[] {
	const { machine = "sifive-u", flash, serial, xsbug, cutPowerAt, straps = [], forward = [] } = options;
	if (serial && xsbug) throw new Error("the chip has one second UART: --serial and --xsbug both want it");
	const { board, loaderAt, memories } = machines[machine];
	const { args, straps: files } = memories(flash, `${flash}.otp`);
	const blank = files.find((it) => it.includes(" "));
	if (blank) throw new Error(`${blank}: ${machine} takes no path with a blank in it`);
	const words = [...files, ...straps, ...(cutPowerAt ? [`cut=${cutPowerAt}`] : []), ...(xsbug ? ["xsbug"] : [])];
	const network = [
		"user",
		"ipv4=on",
		"ipv6=on",
		...forward.map((it) => `hostfwd=${it.replace(/^(tcp|udp):/, "$1:127.0.0.1:")}`),
	];
	return [
		"-nodefaults",
		...board,
		...["-display", "none", "-monitor", "none"],
		...args,
		...["-device", `loader,file=${escaped(loaderOf(options))},addr=0x${loaderAt.toString(16)},force-raw=on`],
		...[
			"-semihosting-config",
			["enable=on,target=native,arg=firmware", ...words.map((it) => `arg=${escaped(it)}`)].join(),
		],
		...["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"],
		...["-chardev", second(options), "-serial", "chardev:second"],
		...["-chardev", "socket,id=qmp,fd=3", "-mon", "chardev=qmp,mode=control"],
		...["-nic", options.nic ?? network.join()],
		...(options.noReboot ? ["-no-reboot"] : []),
		...(options.icount ? ["-icount", options.icount] : []),
		...(options.more ?? []),
	];
}

/** Why QEMU can't be started with these; undefined: it can. */
export function missingFile(options: EmulatorOptions): string | undefined {
	const { flash } = options;
	const loader = loaderOf(options);
	if (!existsSync(flash)) return `there is no flash file ${flash}`;
	return existsSync(loader)
		? undefined
		: `there is no boot loader ${loader}: npx linkxs build --board chip-c3 makes it`;
}
