import type { Options } from "embedded:io/socket/tcp";
import { beforeEach, describe, expect, test, vi } from "vitest";

// The SDK's socket and resolver, as far as hal/moddable/tcp.ts sees them: C that is called by name, and a callback.
interface Inner extends Record<string, unknown> {
	onReadable(bytes: number): void;
	onWritable(bytes: number): void;
}
const world = vi.hoisted(() => ({
	calls: [] as string[],
	inner: undefined as Inner | undefined,
	input: new Uint8Array(0),
	resolved: [] as ((name: string, address?: string) => void)[],
	refuse: false,
}));

vi.mock("net", () => ({
	default: {
		resolve: (_name: string, callback: (name: string, address?: string) => void) => world.resolved.push(callback),
	},
}));

const natives: Record<string, (...args: never[]) => unknown> = {
	xs_tcp_constructor: (options?: Inner) => {
		if (world.refuse) throw new Error("no socket");
		world.calls.push(`open ${String(options?.["address"])}`);
		world.inner = options;
	},
	xs_tcp_close: () => world.calls.push("close"),
	xs_tcp_read: (what?: number | Uint8Array) => {
		const wanted = what instanceof Uint8Array ? what.length : (what ?? world.input.length);
		// As the SDK's C does it.
		if (wanted <= 0 || wanted > world.input.length) throw new Error("invalid");
		const part = world.input.slice(0, wanted);
		world.input = world.input.slice(wanted);
		if (!(what instanceof Uint8Array)) return part.buffer;
		what.set(part);
		return wanted;
	},
	xs_tcp_write: (bytes: Uint8Array) => 100 - bytes.length,
	xs_tcp_get_remoteAddress: () => "10.0.0.1",
	xs_tcp_set_format: () => {},
};
vi.stubGlobal("native", (name: string) => natives[name]);
vi.stubGlobal("Native", () => class {});

const { default: TCP } = await import("../../../hal/moddable/tcp");

function arrive(...bytes: number[]): void {
	world.input = Uint8Array.from([...world.input, ...bytes]);
	world.inner?.onReadable(world.input.length);
}

const bytesOf = (value: unknown) => (value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value);

beforeEach(() =>
	Object.assign(world, { calls: [], inner: undefined, input: new Uint8Array(0), resolved: [], refuse: false }),
);

describe("a name", () => {
	test("is resolved first; then the socket opens, and what was asked of it before is refused", () => {
		const socket = new TCP({ host: "cloud.example", port: 1883 });
		expect(world.calls).toEqual([]);
		expect(() => socket.write(Uint8Array.of(1))).toThrow("resolving");
		expect(socket.read()).toBeUndefined();
		expect(socket.remoteAddress).toBeUndefined();
		world.resolved[0]?.("cloud.example", "10.0.0.1");
		expect(world.calls).toEqual(["open 10.0.0.1"]);
		expect(() => socket.write(Uint8Array.of(1))).toThrow("connecting");
		world.inner?.onWritable(100);
		expect(socket.write(Uint8Array.of(1))).toBe(99);
		expect(socket.remoteAddress).toBe("10.0.0.1");
	});

	test("without an address is an error with a code", () => {
		const onError = vi.fn();
		const socket = new TCP({ host: "nowhere.example", port: 1, onError });
		world.resolved[0]?.("nowhere.example");
		expect(onError.mock.calls).toMatchObject([
			[{ name: "TCPError", code: "resolve", retry: "later", detail: "nowhere.example" }],
		]);
		expect(() => socket.write(Uint8Array.of(1))).toThrow("failed");
		socket.close();
		expect(world.calls).toEqual([]);
	});

	test("whose socket can't be made is one, too: an exception out of the resolver would end the machine", () => {
		const onError = vi.fn();
		new TCP({ host: "cloud.example", port: 1, onError });
		world.refuse = true;
		world.resolved[0]?.("cloud.example", "10.0.0.1");
		expect(onError.mock.calls).toMatchObject([[{ code: "system", detail: "Error: no socket" }]]);
	});

	test("says nothing after close()", () => {
		const onError = vi.fn();
		const socket = new TCP({ host: "cloud.example", port: 1, onError });
		socket.close();
		world.resolved[0]?.("cloud.example");
		world.resolved[0]?.("cloud.example", "10.0.0.1");
		expect(onError).not.toHaveBeenCalled();
		expect(world.calls).toEqual([]);
	});
});

test.each([
	[{ address: "10.0.0.2", host: "x" }, "10.0.0.2"],
	[{ host: "192.168.1.1" }, "192.168.1.1"],
	[{ host: "fe80::1" }, "fe80::1"],
	[{ host: "localhost" }, "127.0.0.1"],
])("%j needs no resolver", (where, opened) => {
	new TCP({ port: 1, ...where } as Options);
	expect(world.resolved).toEqual([]);
	expect(world.calls).toEqual([`open ${opened}`]);
});

test("takes a connected one over", () => {
	new TCP({ from: new TCP() });
	expect(world.calls).toEqual(["open undefined", "open undefined"]);
});

test.each([
	undefined,
	{ port: 0, host: "a" },
	{ port: 1 },
	{ port: 1, host: "" },
	{ port: 1, address: "localhost" },
	{ port: 1, address: "1.2.3.256" },
	{ port: 1, host: "a", onError: 1 },
	{ port: 1, host: "a", format: "text" },
	{ from: {} },
])("%j is refused", (options) => {
	expect(() => new TCP(options as unknown as Options)).toThrow();
	expect(world.calls).toEqual([]);
});

test("the SDK's Listener makes one without options", () => {
	new TCP();
	expect(world.calls).toEqual(["open undefined"]);
});

describe("reading", () => {
	function open() {
		const told: number[] = [];
		const socket = new TCP({ address: "10.0.0.1", port: 1, onReadable: (bytes) => told.push(bytes) });
		world.inner?.onWritable(100);
		return { socket, told };
	}

	test("gives all of it, then undefined", () => {
		const { socket, told } = open();
		expect(socket.read()).toBeUndefined();
		arrive(1, 2, 3);
		expect(told).toEqual([3]);
		expect(bytesOf(socket.read())).toEqual([1, 2, 3]);
		expect(socket.read()).toBeUndefined();
	});

	test("gives a part, never more than there is", () => {
		const { socket } = open();
		arrive(1, 2, 3, 4);
		expect(bytesOf(socket.read(2))).toEqual([1, 2]);
		expect(bytesOf(socket.read(0))).toEqual([]);
		expect(() => socket.read(-1)).toThrow(RangeError);
		arrive(5);
		expect(bytesOf(socket.read(99))).toEqual([3, 4, 5]);
	});

	test("fills a buffer, or a view, as far as it goes", () => {
		const { socket } = open();
		arrive(1, 2, 3);
		const view = new Uint8Array(8).subarray(2, 4);
		expect(socket.read(view)).toBe(2);
		expect([...view]).toEqual([1, 2]);
		const buffer = new ArrayBuffer(4);
		expect(socket.read(buffer)).toBe(1);
		expect([...new Uint8Array(buffer)]).toEqual([3, 0, 0, 0]);
		expect(socket.read(buffer)).toBeUndefined();
	});
});

test("close() is harmless twice, and use after it is refused", () => {
	const socket = new TCP({ address: "10.0.0.1", port: 1 });
	socket.close();
	socket.close();
	expect(world.calls).toEqual(["open 10.0.0.1", "close"]);
	expect(() => socket.write(Uint8Array.of(1))).toThrow("closed");
	expect(() => {
		socket.format = "text" as "buffer";
	}).toThrow(RangeError);
});
