// A chip that connects over TLS again and again: what is left of its memory, and of that in one piece, stays the same.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createServer, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildImage } from "../../tools/build/build";
import { Compiler } from "../../tools/build/compiler";
import { buildCompiler } from "../../tools/build/native";
import { ROOT } from "../../tools/build/places";
import { Authority } from "../lib/certificates";
import { describeChip } from "../lib/chip";
import { deviceTarget } from "../lib/device-target";

const count = process.env["LINKXS_ALL"] ? 1000 : 30;
/** Figures are told every so many connections; the first ones make what stays for good. */
const step = count / 10;

interface Figures {
	readonly connections: number;
	readonly heapFree: number;
	readonly heapLargest: number;
	readonly slots: number;
	readonly chunks: number;
}

describeChip("TLS reconnects on the chip", () => {
	let folder = "";
	let compiler: Compiler;
	const target = deviceTarget("chip");

	beforeAll(async () => {
		const parent = join(ROOT, "build", "chip-tests");
		mkdirSync(parent, { recursive: true });
		folder = mkdtempSync(join(parent, "reconnects-"));
		compiler = new Compiler(await buildCompiler());
		await target.make();
	}, 600_000);
	afterAll(() => {
		compiler.close();
		rmSync(folder, { recursive: true, force: true });
	});

	/** A server that sends back what comes, and counts handshakes. */
	async function echo(authority: Authority) {
		const { pem, key } = authority.issue({ name: "localhost" });
		const open = new Set<TLSSocket>();
		let handshakes = 0;
		const server = createServer({ cert: pem, key, maxVersion: "TLSv1.2" }, (socket) => {
			handshakes++;
			open.add(socket);
			socket.on("error", () => {});
			socket.on("close", () => open.delete(socket));
			socket.pipe(socket);
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		return {
			port: (server.address() as AddressInfo).port,
			handshakes: () => handshakes,
			stop() {
				server.close();
				for (const socket of open) socket.destroy();
			},
		};
	}

	test(`${count} of them: free heap, its largest block, slots and chunks flat`, {
		timeout: 60_000 + count * 3_000,
	}, async () => {
		const authority = Authority.root(join(folder, "ca"), { name: "Test Root" });
		const server = await echo(authority);
		const main = join(folder, "main.ts");
		writeFileSync(main, 'import run from "test/device/simulator/reconnects";\n\nrun();\n');
		const manifest = join(folder, "manifest.json");
		writeFileSync(manifest, JSON.stringify({ include: [join(ROOT, "hal", "manifest.json")] }));
		const program = "test/device/simulator/reconnects";
		const { image } = await buildImage({
			...target.build,
			manifest,
			main: "test/main",
			modules: { "test/main": main, [program]: join(ROOT, `${program}.ts`) },
			reachableOnly: true,
			check: false, // `npm run typecheck` sees it
			config: { port: server.port, address: target.peer, root: authority.certificate.pem, count, step },
			compiler,
			out: join(folder, "image"),
		});
		const device = target.install(image, folder).start({}, 0);
		const figures: Figures[] = [];
		try {
			device.on("line", (line: string) => {
				if (line.startsWith("@figures ")) figures.push(JSON.parse(line.slice(9)) as Figures);
			});
			await device.line(/^done|^# (exception|memory|stack|watchdog|unknown)/, 30_000 + count * 3_000);
		} finally {
			await device.stop();
			server.stop();
		}
		expect(device.lines.filter((line) => line.startsWith("# ") && !line.startsWith("# boot"))).toEqual([]);
		expect(device.lines).toContain(`done ${count}`);
		expect(server.handshakes()).toBe(count);
		expect(figures.length).toBe(10);
		// What the first ones have made stays.
		const [, first, ...later] = figures as [Figures, Figures, ...Figures[]];
		console.log(`${count} connections: ${JSON.stringify(first)} … ${JSON.stringify(later.at(-1))}`);
		for (const it of later) {
			expect(Math.abs(it.heapFree - first.heapFree)).toBeLessThan(512);
			expect(first.heapLargest - it.heapLargest).toBeLessThan(1024);
			expect(Math.abs(it.slots - first.slots)).toBeLessThan(1024);
			expect(Math.abs(it.chunks - first.chunks)).toBeLessThan(1024);
		}
	});
});
