// QEMU's command line for the options of an emulated chip.
import { expect, test } from "vitest";
import { qemuArguments } from "../../../tools/chip/qemu";

/** The values of one of QEMU's options. */
function valuesOf(name: string, args: readonly string[]): string[] {
	return args.filter((_, index) => args[index - 1] === name);
}

test("paths and straps may have commas", () => {
	const args = qemuArguments({ flash: "/a,b/f", loader: "/l,1", straps: ["wait=1,2"], cutPowerAt: "3:after" });
	expect(valuesOf("-drive", args)).toEqual(["if=mtd,format=raw,file=/a,,b/f", "if=pflash,format=raw,file=/a,,b/f.otp"]);
	expect(valuesOf("-device", args)).toEqual(["loader,file=/l,,1,addr=0x20000000,force-raw=on"]);
	expect(valuesOf("-semihosting-config", args)).toEqual([
		"enable=on,target=native,arg=firmware,arg=wait=1,,2,arg=cut=3:after",
	]);
});

test("a machine without flash and fuses is told their files, which it opens itself", () => {
	const args = qemuArguments({ machine: "mps2-an386", flash: "/a,b/f", loader: "/l", straps: ["wait=1"] });
	expect(valuesOf("-drive", args)).toEqual([]);
	expect(valuesOf("-device", args)).toEqual(["loader,file=/l,addr=0x0,force-raw=on"]);
	expect(valuesOf("-semihosting-config", args)).toEqual([
		"enable=on,target=native,arg=firmware,arg=flash=/a,,b/f,arg=otp=/a,,b/f.otp,arg=wait=1",
	]);
	// Its words are parted by blanks.
	expect(() => qemuArguments({ machine: "mps2-an386", flash: "/a b" })).toThrow(/blank/);
});

test.each([
	[{}, "null,id=second"],
	[{ serial: "pty" }, "pty,id=second"],
	[{ serial: "tcp:0" }, "socket,id=second,host=127.0.0.1,port=0,server=on,wait=off,nodelay=on"],
	[{ xsbug: "localhost:5002" }, "socket,id=second,host=localhost,port=5002,server=off,nodelay=on"],
])("the second UART of %j", (options, device) => {
	const args = qemuArguments({ flash: "f", loader: "l", ...options });
	expect(valuesOf("-chardev", args)).toContain(device);
});

test("a debugger takes the second UART from the start, which another line can't have then", () => {
	const args = qemuArguments({ flash: "f", loader: "l", xsbug: "localhost:5002" });
	expect(valuesOf("-semihosting-config", args)[0]).toMatch(/,arg=xsbug$/);
	expect(() => qemuArguments({ flash: "f", loader: "l", xsbug: "localhost:5002", serial: "pty" })).toThrow(
		/one second/,
	);
});

test("ports are forwarded from the loopback alone", () => {
	const args = qemuArguments({ flash: "f", loader: "l", forward: ["tcp:8080-:80", "udp:5683-:5683"] });
	expect(valuesOf("-nic", args)).toEqual([
		"user,ipv4=on,ipv6=on,hostfwd=tcp:127.0.0.1:8080-:80,hostfwd=udp:127.0.0.1:5683-:5683",
	]);
});

test("-no-reboot and -icount are there when they're asked for", () => {
	expect(qemuArguments({ flash: "f", loader: "l" })).not.toContain("-no-reboot");
	const args = qemuArguments({ flash: "f", loader: "l", noReboot: true, icount: "shift=3,sleep=on" });
	expect(args).toContain("-no-reboot");
	expect(valuesOf("-icount", args)).toEqual(["shift=3,sleep=on"]);
});
