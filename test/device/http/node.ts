// The client against Node's servers, over TCP and TLS, and against one that says what no server should.
import TCP from "embedded:io/socket/tcp";
import TLSSocket from "embedded:io/socket/tcp/tls";
import { memory } from "hal/system";
import { decode, encode } from "hal/text";
import Timer from "hal/timer";
import Client, { type ClientOptions } from "http/client";
import config from "mc/config";
import { describe, expect, test } from "test/expect";
import { peer } from "test/peer";
import { ask, client, EMPTY_SUM, sumOf, told } from "./support";

interface Config {
	readonly plain: number;
	readonly secure: number;
	readonly raw: number;
	readonly deaf: number;
	readonly root: string;
	readonly bad: readonly [name: string, code: string][];
	readonly largeSum: number;
}
const { plain, secure, raw, deaf, root, bad, largeSum } = config as unknown as Config;

const LARGE = 1_048_576;
const UP = 131_072;

const roads: readonly [name: string, make: (options?: Partial<ClientOptions>) => Client][] = [
	["TCP", (options) => client(plain, options)],
	[
		"TLS",
		(options) =>
			new Client({
				socket: { io: TLSSocket, host: "localhost", address: peer, port: secure, secure: { roots: [root] } },
				...options,
			}),
	],
];

for (const [road, make] of roads) {
	describe(road, () => {
		test("bodies both ways, in every framing", async () => {
			const http = make();
			expect(await told(http, "/echo", { method: "POST", body: "hello" })).toBe("200 hello");
			expect(await told(http, "/echo", { method: "PUT", body: encode("h\u00e9") })).toBe("200 h\u00e9");
			expect(await told(http, "/echo", { method: "POST" })).toBe("200 ");
			expect(await told(http, "/chunked")).toBe("200 one two three");
			expect(await told(http, "/trailers")).toBe("200 body");
			expect(await told(http, "/interim")).toBe("200 after all");
			expect(await told(http, "/204")).toBe("204 ");
			expect(await told(http, "/304")).toBe("304 ");
			expect(await told(http, "/none")).toBe("404 no such path");
			expect(await told(http, "/echo", { method: "HEAD" })).toBe("200 ");
			expect(await told(http, "/large", { method: "HEAD" })).toBe("200 ");
			expect(await told(http, "/byte-by-byte")).toBe("200 abcde");
			http.close();
		});

		test("all of that, and more, on one connection", async () => {
			const http = make();
			const before = Number((await ask(http, "/connections")).text);
			for (let i = 0; i < 20; i += 1)
				expect(await told(http, "/echo", { method: "POST", body: `${i}` })).toBe(`200 ${i}`);
			expect(Number((await ask(http, "/connections")).text)).toBe(before);
			http.close();
		});

		test("a body until the connection's end", async () => {
			const http = make();
			expect(await told(http, "/until-close")).toBe("200 until the end");
			expect(await told(http, "/echo", { method: "POST", body: "next" })).toBe("200 next");
			http.close();
		});

		test("a kept connection that the server has closed is made anew", async () => {
			const http = make();
			for (let i = 0; i < 5; i += 1) expect(await told(http, "/close-after")).toBe("200 kept?");
			http.close();
		});

		test("a server that dies in its answer", async () => {
			const http = make({ timeout: 5_000 });
			for (const path of ["/dies", "/resets", "/dies-in-chunk"]) {
				const { status, error, bytes } = await ask(http, path);
				expect([path, status, error?.code, bytes <= 500]).toEqual([path, 200, "truncated", true]);
			}
			http.close();
		});

		test("1 MB down through a buffer of 1 KB, memory bounded", async () => {
			const http = make({ buffer: 1024 });
			await ask(http, "/echo");
			const { chunks, slots } = memory(true);
			let most = { chunks: 0, slots: 0 };
			let pieces = 0;
			let sum = EMPTY_SUM;
			let longest = 0;
			const { error, status } = await ask(http, "/large", {
				limit: LARGE,
				onBody: (data) => {
					sum = sumOf(data, sum);
					longest = Math.max(longest, data.byteLength);
					pieces += 1;
					if (pieces % 200 !== 0) return;
					const now = memory(true);
					most = { chunks: Math.max(most.chunks, now.chunks), slots: Math.max(most.slots, now.slots) };
				},
			});
			expect([error, status, sum, longest <= 1024]).toEqual([undefined, 200, largeSum, true]);
			console.log(
				`http: 1 MB over ${road}: ${pieces} pieces, ${most.chunks - chunks} B, ${most.slots - slots} B of slots more`,
			);
			expect(most.chunks - chunks).toBeLessThan(road === "TLS" ? 12_000 : 4_096);
			expect(most.slots - slots).toBeLessThan(8_192);
			http.close();
		}, 60_000);

		test("128 KB up from a source, with a length and in chunks, memory bounded", async () => {
			for (const length of [UP, undefined]) {
				const http = make({ buffer: 1024 });
				await ask(http, "/echo");
				const { chunks } = memory(true);
				let most = 0;
				let sum = EMPTY_SUM;
				let at = 0;
				let asked = 0;
				const { error, text } = await ask(http, "/sum", {
					method: "PUT",
					body: {
						...(length === undefined ? {} : { length }),
						read(into) {
							if (at === UP) return undefined;
							const count = Math.min(into.byteLength, UP - at);
							for (let i = 0; i < count; i += 1) into[i] = (at + i) & 255;
							sum = sumOf(count === into.byteLength ? into : into.subarray(0, count), sum);
							at += count;
							asked += 1;
							if (asked % 40 === 0) most = Math.max(most, memory(true).chunks - chunks);
							return count;
						},
					},
				});
				expect([error, JSON.parse(text)]).toEqual([undefined, { length: UP, sum }]);
				console.log(`http: 128 KB up over ${road}: ${asked} pieces, ${most} B more`);
				expect(most).toBeLessThan(road === "TLS" ? 12_000 : 6_144);
				http.close();
			}
		}, 60_000);

		test("a consumer slower than the network", async () => {
			const http = make({ buffer: 1024 });
			let held = 0;
			let sum = EMPTY_SUM;
			const { error } = await ask(http, "/large", {
				limit: LARGE,
				onBody: (data) => {
					held += 1;
					if (held % 50 !== 0) {
						sum = sumOf(data, sum);
						return true;
					}
					Timer.set(() => {
						sum = sumOf(data, sum); // still what it was
						http.resume();
					}, 2);
					return false;
				},
			});
			expect([error, sum]).toEqual([undefined, largeSum]);
			http.close();
		}, 60_000);
	});
}

describe("headers", () => {
	test("arrive as they were given", async () => {
		const http = client(plain);
		const { text } = await ask(http, "/headers?x=%20", {
			headers: { "X-A": "a b", Range: "bytes=0-", "If-Range": '"e"' },
		});
		const sent = JSON.parse(text) as Record<string, string>;
		expect(sent).toEqual({ host: `localhost:${plain}`, "x-a": "a b", range: "bytes=0-", "if-range": '"e"' });
		http.close();
	});
	test("Range, ETag and Location pass through; redirects are not followed", async () => {
		const http = client(plain);
		const wanted = ["ETag", "Content-Range", "Content-Length", "Location"];
		const part = await ask(http, "/file", { wanted, headers: { Range: "bytes=100-199", "If-Range": '"v1"' } }, false);
		expect([part.status, part.bytes, part.fields]).toEqual([
			206,
			100,
			['"v1"', "bytes 100-199/1000", "100", undefined],
		]);
		const other = await ask(http, "/file", { wanted, headers: { Range: "bytes=100-", "If-Range": '"v0"' } }, false);
		expect([other.status, other.bytes]).toEqual([200, 1000]);
		const past = await ask(http, "/file", { wanted, headers: { Range: "bytes=1000-" } });
		expect([past.status, past.fields[1]]).toEqual([416, "bytes */1000"]);
		const moved = await ask(http, "/redirect", { wanted });
		expect([moved.status, moved.fields[3], moved.text]).toEqual([302, "http://elsewhere.example/x", "go there"]);
		http.close();
	});
	test("forty that nobody wants, one of them longer than the buffer", async () => {
		const http = client(plain, { buffer: 256 });
		expect(await told(http, "/many-headers")).toBe("200 fine");
		expect(await told(http, "/many-headers", { wanted: ["x-7"] })).toBe("header-too-long");
		http.close();
	});
});

describe("a server that", () => {
	test("isn't there", async () => {
		const http = client(1, { timeout: 5_000 });
		expect(await told(http, "/")).toBe("network: refused");
		http.close();
	});
	test("has a certificate that nobody trusts", async () => {
		const http = new Client({
			socket: { io: TLSSocket, host: "localhost", address: peer, port: plain, secure: { roots: [root] } },
		});
		expect((await ask(http, "/")).error?.code).toBe("tls");
		http.close();
		const other = new Client({
			socket: { io: TLSSocket, host: "other.test", address: peer, port: secure, secure: { roots: [root] } },
		});
		const { error } = await ask(other, "/");
		expect([error?.code, error?.detail, error?.retry]).toEqual(["tls", "wrong-host", "never"]);
		other.close();
	});
	test("stalls, is silent, or doesn't take what is sent", async () => {
		const http = client(plain, { timeout: 150 });
		expect(await told(http, "/stalls")).toBe("timeout: body");
		expect(await told(http, "/silent")).toBe("timeout: answer");
		http.close();
		const up = client(deaf, { timeout: 150 });
		const endless = { read: (into: Uint8Array) => into.byteLength };
		expect(await told(up, "/", { method: "PUT", body: endless })).toBe("timeout: send");
		up.close();
	}, 20_000);
	test(`says one of ${bad.length} wrong things and half closes: each its typed error`, async () => {
		const http = client(raw, { timeout: 5_000, buffer: 256 });
		const wrong: string[] = [];
		for (const [name, code] of bad) {
			const { error } = await ask(http, "/", { limit: 1_000_000 });
			if (error?.code !== code) wrong.push(`${name}: ${error?.code}`);
		}
		expect(wrong).toEqual([]);
		http.close();
	}, 60_000);
});

test("close() in the middle of anything is silence", async () => {
	let told = 0;
	for (const path of ["/large", "/silent", "/stalls"]) {
		const http = client(plain);
		await new Promise<void>((resolve) => {
			http.request({
				path,
				limit: LARGE,
				onResponse: () => {
					http.close();
					resolve();
				},
				onBody: () => {
					told += 1;
				},
				onDone: () => {
					told += 1;
				},
			});
			if (path === "/silent") Timer.set(() => resolve(), 30);
		});
		http.close();
	}
	await new Promise<void>((resolve) => Timer.set(() => resolve(), 50));
	expect(told).toBe(0);
});

test("a secret can be wiped where it lies", async () => {
	const http = client(plain);
	let view: Uint8Array | undefined;
	await ask(http, "/echo", {
		method: "POST",
		body: encode("the secret"),
		onBody: (data) => {
			expect(decode(data)).toBe("the secret");
			data.fill(0);
			view = data;
		},
	});
	expect(view?.every((byte) => byte === 0)).toBe(true);
	http.close();
});

test("clients leave no memory behind", async () => {
	const used = [0, 0, 0, 0];
	const round = async (count: number, at: number) => {
		for (let i = 0; i < count; i += 1) {
			const http = client(plain);
			await ask(http, "/chunked");
			http.close();
		}
		const { slots, chunks } = memory(true);
		used[at] = slots;
		used[at + 1] = chunks;
	};
	await round(5, 0);
	await round(5, 0);
	await round(50, 2);
	// Less than one slot a round: whatever else lives on the device is not always the same.
	const grown = (used[2] ?? 0) - (used[0] ?? 0) + (used[3] ?? 0) - (used[1] ?? 0);
	expect(grown).toBeLessThan(50 * 16);
	const idle = new Client({ socket: { io: TCP, host: "localhost", port: plain } });
	const { slots, chunks } = memory(true);
	console.log(`http: a client takes ${slots - (used[2] ?? 0)} B of slots, ${chunks - (used[3] ?? 0)} B of chunks`);
	idle.close();
}, 30_000);
