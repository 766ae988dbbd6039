import { createHash, X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { rootPem, roots } from "../../tools/lib/roots";
import { root } from "../lib/files";

interface Entry {
	readonly name: string;
	readonly file: string;
	readonly subject: string;
	readonly sha256: string;
	readonly from: string;
	readonly to: string;
	readonly bytes: number;
	readonly source: string;
}

const folder = `${root}/hal/certificates`;
const index: readonly Entry[] = JSON.parse(readFileSync(`${folder}/index.json`, "utf8"));
const year = 365 * 24 * 3600 * 1000;

/** Debian's names of the same roots. */
const debian: Readonly<Record<string, string>> = {
	"globalsign-r1": "GlobalSign_Root_CA.crt",
	"globalsign-r6": "GlobalSign_Root_CA_-_R6.crt",
	"globalsign-r46": "GlobalSign_Root_R46.crt",
	"globalsign-e46": "GlobalSign_Root_E46.crt",
};

test("every certificate is in the index", () => {
	expect(
		readdirSync(folder)
			.filter((name) => name.endsWith(".der"))
			.sort(),
	).toEqual(index.map(({ file }) => file).sort());
});

test("the platform's own root is the file whose MD5 its documentation gives", () => {
	const pem = new X509Certificate(readFileSync(`${folder}/aliyun-iot.der`)).toString();
	expect(createHash("md5").update(`${pem}\n`).digest("hex")).toBe("c7a6afb466713832af778a7bcb6d1aef");
});

describe.each(index)("$name", (entry) => {
	const bytes = readFileSync(`${folder}/${entry.file}`);
	const certificate = new X509Certificate(bytes);

	test("has the fingerprint, the dates and the subject of the index", () => {
		expect(createHash("sha256").update(bytes).digest("hex")).toBe(entry.sha256);
		expect(bytes.length).toBe(entry.bytes);
		expect(new Date(certificate.validFrom).getTime()).toBe(Date.parse(entry.from));
		expect(new Date(certificate.validTo).getTime()).toBe(Date.parse(entry.to));
		expect(certificate.subject.split("\n").sort()).toEqual(entry.subject.split(",").sort());
	});

	test("is a root: an authority that signed itself", () => {
		expect(certificate.ca).toBe(true);
		expect(certificate.checkIssued(certificate)).toBe(true);
		expect(certificate.verify(certificate.publicKey)).toBe(true);
	});

	test("hasn't expired", () => {
		const left = Date.parse(entry.to) - Date.now();
		if (left < year) console.warn(`${entry.file} expires on ${entry.to.slice(0, 10)}: ship its successor before`);
		expect(left).toBeGreaterThan(0);
	});

	const ofDebian = `/usr/share/ca-certificates/mozilla/${debian[entry.name]}`;
	test.skipIf(!existsSync(ofDebian))("is what Debian's ca-certificates has", () => {
		expect(new X509Certificate(readFileSync(ofDebian)).raw).toEqual(certificate.raw);
	});
});

describe("rootPem", () => {
	test("knows the names of the index, and files in PEM or DER", () => {
		const pem = rootPem("globalsign-r6");
		expect(pem).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
		expect(rootPem(`${folder}/globalsign-r6.der`)).toBe(pem);
	});

	test("names what there is instead of what isn't there", () => {
		expect(() => rootPem("globalsign-r2")).toThrow(
			roots()
				.map(({ name }) => name)
				.join(", "),
		);
		expect(() => rootPem(`${folder}/index.json`)).toThrow("no certificate");
	});
});
