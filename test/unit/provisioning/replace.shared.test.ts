import { changesOf, type Incoming, storedKind } from "provisioning/replace";
import { describe, expect, test } from "test/expect";

/** Records of `text`: `name=value`, apart by spaces; what has no `/` is of the identity. */
function records(text: string): Incoming<string> {
	const values = new Map<string, string>();
	for (const one of text.split(" ").filter((it) => it !== "")) {
		const [name = "", value = "x"] = one.split("=");
		values.set(name.includes("/") ? name : `identity/${name}`, value);
	}
	return {
		has: (name) => values.has(name),
		text: (name) => values.get(name),
		names: () => [...values.keys()],
		value: (name) => values.get(name) ?? "",
	};
}

/** What goes, sorted; or the error's code. */
function removed(incoming: string, stored: string, options: { addNetworks?: boolean; fresh?: boolean } = {}): string {
	try {
		const { changes } = changesOf(records(incoming), records(stored), { addNetworks: false, fresh: false, ...options });
		const gone = Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [name] : []));
		return gone
			.map((name) => name.replace("identity/", ""))
			.sort()
			.join(" ");
	} catch (error) {
		return (error as { code: string }).code;
	}
}

const kinds = {
	"device-secret": "productKey deviceName deviceSecret",
	product: "productKey deviceName productSecret",
	"product-nwl": "productKey deviceName productSecret registration=regnwl",
	x509: "certificate privateKey",
	id2: "productKey deviceName productSecret id2 carrierKey",
	token: "productKey deviceName clientId deviceToken",
} as const;
type Kind = keyof typeof kinds;
const names = Object.keys(kinds) as Kind[];

describe("kinds", () => {
	test.each(names)("%s is what its records say", (kind) => {
		expect(changesOf(records(kinds[kind]), records(""), { addNetworks: false, fresh: false }).kind).toBe(kind);
		expect(storedKind(records(kinds[kind]))).toBe(kind);
		expect(removed(`${kinds[kind]} clientId signMethod timestamp`, "")).toBe("");
	});

	test.each(names)("%s lacks nothing", (kind) => {
		const all = kinds[kind].split(" ");
		for (const left of all) {
			const rest = all.filter((it) => it !== left);
			// Without these it's whole as well.
			if (left.startsWith("registration") || left === "carrierKey") continue;
			expect(removed(rest.join(" "), "")).toBe("incomplete");
		}
	});

	test.each(["", "signMethod", "deviceName"])("a vault with %j holds none", (text) => {
		expect(storedKind(records(text))).toBe(undefined);
	});

	test("two at once are none", () => {
		expect(removed("productKey deviceName deviceSecret productSecret", "")).toBe("incomplete");
		expect(removed(`${kinds.x509} deviceSecret`, "")).toBe("incomplete");
	});

	test("what has registered is still of its kind", () => {
		expect(storedKind(records(`${kinds.product} deviceSecret`))).toBe("product");
		expect(storedKind(records(`${kinds["product-nwl"]} clientId deviceToken`))).toBe("product-nwl");
		expect(storedKind(records(`${kinds.x509} productKey deviceName`))).toBe("x509");
	});
});

describe("a new identity", () => {
	const pairs = names.flatMap((old) => names.map((next): [Kind, Kind] => [old, next]));

	test.each(pairs)("takes the place of %s: %s", (old, next) => {
		const [before, after] = [kinds[old].split(" "), kinds[next].split(" ").map((it) => it.split("=")[0])];
		const gone = before.map((it) => it.split("=")[0] ?? "").filter((name) => !after.includes(name));
		expect(removed(kinds[next], `${kinds[old]} session/tls link/host network/1/ssid`)).toBe(
			[...gone, "session/tls"].sort().join(" "),
		);
	});

	test("that is the same product's secret keeps what it brought", () => {
		const held = "deviceSecret clientId deviceToken";
		expect(removed(kinds.product, `${kinds.product} ${held} timestamp`)).toBe("timestamp");
		expect(removed(kinds.product, `${kinds.product} ${held}`, { fresh: true })).toBe(
			"clientId deviceSecret deviceToken",
		);
		expect(removed(`${kinds.product} clientId`, `${kinds.product} ${held}`)).toBe("");
		for (const other of [
			"productKey=y deviceName productSecret",
			"productKey deviceName=y productSecret",
			"productKey deviceName productSecret registration=regnwl",
		])
			expect(removed(other, `${kinds.product} deviceSecret`)).toBe("deviceSecret");
		// A burned device secret is no product's.
		expect(removed(kinds.product, kinds["device-secret"])).toBe("deviceSecret");
	});
});

describe("link and networks", () => {
	test("a link takes the place of the whole old one", () => {
		const old = "link/region link/port link/root link/instanceId session/tls network/1/ssid";
		expect(removed("link/host", old)).toBe("link/instanceId link/port link/region link/root session/tls");
		expect(removed("link/host link/region", old)).toBe("incomplete");
	});

	test("what another cloud gave is worth nothing in a new place, where the device registers anew", () => {
		const registered = `${kinds.product} deviceSecret link/host=old link/port=1883`;
		expect(removed("link/host=new link/port=1883", registered)).toBe("deviceSecret");
		expect(removed("link/host=old link/port=8883", registered)).toBe("");
		expect(removed("link/region=cn-beijing", registered)).toBe("deviceSecret link/host link/port");
		expect(removed("link/host=new", "productKey deviceName deviceSecret link/host=old")).toBe("");
		expect(removed(`${kinds.product} link/host=new`, registered)).toBe("deviceSecret link/port");
		expect(removed(`${kinds.product} link/host=old`, registered)).toBe("link/port");
		expect(removed("link/host=new", `${kinds.id2} link/host=old`)).toBe("");
	});

	test("records that can't be read any more are replaced as others are", () => {
		const damaged = {
			...records(`${kinds.product} link/host=old`),
			text(): never {
				throw new Error("damaged");
			},
		};
		const { changes, kind } = changesOf(records(kinds["device-secret"]), damaged, { addNetworks: false, fresh: false });
		expect(kind).toBe("device-secret");
		expect("identity/productSecret" in changes).toBe(true);
		expect(storedKind(damaged)).toBe("product");
	});

	test("networks do, unless they are added", () => {
		const old =
			"network/1/ssid network/1/key network/2/ssid network/2/key network/2/hidden network/timeServer link/host";
		expect(removed("network/1/ssid", old)).toBe(
			"network/1/key network/2/hidden network/2/key network/2/ssid network/timeServer",
		);
		expect(removed("network/2/ssid network/3/ssid", old, { addNetworks: true })).toBe("network/2/hidden network/2/key");
		expect(removed("network/timeServer", old, { addNetworks: true })).toBe("");
		expect(removed("network/1/key", old)).toBe("incomplete");
	});

	test("nothing is no commit", () => {
		expect(removed("", "link/host")).toBe("incomplete");
	});
});
