import { createPrivateKey, X509Certificate } from "node:crypto";
import {
	existsSync,
	linkSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	type WriteFileOptions,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Authority } from "../../tools/cloud/listener/authority";
import { Seal } from "../../tools/cloud/store/seal";
import { makeFile, replaceFile } from "../../tools/lib/durable-file";

/** The call to the disk, counted from now, at which the process ends: all from there on fail. */
const power = vi.hoisted(() => ({ left: Number.POSITIVE_INFINITY }));

vi.mock("node:fs", async (original) => {
	const fs = await original<typeof import("node:fs")>();
	const cut =
		<A extends unknown[], R>(work: (...parameters: A) => R) =>
		(...parameters: A): R => {
			if (--power.left < 0) throw new Error("power cut");
			return work(...parameters);
		};
	return {
		...fs,
		writeFileSync: (file: number | string, content: string | Uint8Array, options?: WriteFileOptions) => {
			if (power.left === 0) fs.writeFileSync(file, content.slice(0, content.length / 2), options);
			cut(fs.writeFileSync)(file, content, options);
		},
		fsyncSync: cut(fs.fsyncSync),
		renameSync: cut(fs.renameSync),
		linkSync: cut(fs.linkSync),
		rmSync: cut(fs.rmSync),
	};
});

/** Keys take a while: authorities are made before, and handed out in turn. */
const made = vi.hoisted(() => ({
	pool: [] as { certificate: string; key: string }[],
	real: (_at: number): Promise<{ certificate: string; key: string }> => Promise.reject(new Error("none")),
}));

vi.mock("../../tools/cloud/listener/certificates", async (original) => {
	const certificates = await original<typeof import("../../tools/cloud/listener/certificates")>();
	made.real = (at) => certificates.makeAuthority("CN=test", { from: at - DAY, to: at + 3650 * DAY });
	const makeAuthority = async () => {
		const next = made.pool.shift();
		if (!next) throw new Error("no authority left");
		made.pool.push(next);
		return next;
	};
	return { ...certificates, makeAuthority };
});

const DAY = 24 * 3600 * 1000;
let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "linkxs-first-"));
});
afterEach(() => {
	power.left = Number.POSITIVE_INFINITY;
	rmSync(folder, { recursive: true, force: true });
});

/** Does the work with the power cut at every call to the disk in turn, and looks after each; answers how many there were. */
async function everyCut(work: () => unknown, look: () => unknown): Promise<number> {
	for (let at = 0; ; at++) {
		power.left = at;
		const done = await Promise.resolve()
			.then(work)
			.then(
				() => true,
				() => false,
			);
		power.left = Number.POSITIVE_INFINITY;
		await look();
		if (done) return at;
	}
}

describe("a file that is there whole or not at all", () => {
	it("is never written where it lies", () => {
		const file = join(folder, "file");
		writeFileSync(file, "old", { mode: 0o644 });
		linkSync(file, join(folder, "same"));
		replaceFile(file, "new", 0o600);
		expect([readFileSync(file, "utf8"), readFileSync(join(folder, "same"), "utf8")]).toEqual(["new", "old"]);
		expect(statSync(file).mode & 0o777).toBe(0o600);
		makeFile(file, "newer", 0o600);
		expect(readFileSync(file, "utf8")).toBe("new");
		expect(readdirSync(folder)).toEqual(["file", "same"]);
	});

	it("is the old or the new one, wherever the power is cut", async () => {
		const file = join(folder, "file");
		writeFileSync(file, "old");
		const cuts = await everyCut(
			() => replaceFile(file, "new", 0o600),
			() => expect(["old", "new"]).toContain(readFileSync(file, "utf8")),
		);
		expect(cuts).toBe(4);
	});
});

it("the seal's key is 32 bytes or none, and once told the same for ever", async () => {
	const file = join(folder, "seal.key");
	const seals: Seal[] = [];
	await everyCut(
		() => seals.push(Seal.open(file)),
		() => expect(existsSync(file) ? readFileSync(file).length : 32).toBe(32),
	);
	expect(statSync(file).mode & 0o777).toBe(0o600);
	expect(
		Seal.open(file)
			.open("x", seals[0]?.close("x", Buffer.from("secret")) ?? "")
			.toString(),
	).toBe("secret");
});

it("the authority can be used wherever its making, or its making again, is cut off", async () => {
	const now = Date.now();
	await import("../../tools/cloud/listener/certificates");
	for (const at of [now, now + 3640 * DAY]) {
		made.pool = [await made.real(at), await made.real(at)];
		const before = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
		const reset = () => {
			for (const name of readdirSync(folder)) rmSync(join(folder, name));
			for (const [name, content] of before) writeFileSync(join(folder, name), content);
		};
		const root = () => new Authority(folder, () => at).root();
		const cuts = await everyCut(root, async () => {
			const { certificate, key } = await root();
			expect(new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))).toBe(true);
			expect(await root()).toEqual({ certificate, key });
			reset();
		});
		expect(cuts).toBeGreaterThan(10);
		await root();
	}
}, 60_000);
