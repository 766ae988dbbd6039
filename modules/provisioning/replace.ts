// What a commit writes (PROTOCOL.md 4.5): a new identity takes the place of the whole old one, and so does a new place of
// the cloud; networks do unless they are added. No HAL here: the host writes a flash file by the same rules.

import { type Domain, domainOf, networkOf, recordNames } from "./catalogue";
import { ProvisioningError } from "./error";

/** How a device proves who it is, by the records that it holds. */
export type IdentityKind = "device-secret" | "product" | "product-nwl" | "x509" | "id2" | "token";

/** What a vault tells about what it holds. */
export interface Stored {
	has(name: string): boolean;
	/** Of a record that is no secret. */
	text(name: string): string | undefined;
}

/** Records to be written. `V` is what the vault takes. */
export interface Incoming<V> extends Stored {
	names(): readonly string[];
	value(name: string): V;
}

export interface Replacing {
	/** Networks that aren't named stay. */
	readonly addNetworks: boolean;
	/** What the device obtained by itself for the same identity is forgotten, too. */
	readonly fresh: boolean;
}

interface Shape {
	readonly kind: IdentityKind;
	readonly needed: readonly string[];
	readonly more: readonly string[];
}

const shape = (kind: IdentityKind, needed: readonly string[], more: readonly string[]): Shape =>
	Object.freeze({ kind, needed: Object.freeze(needed), more: Object.freeze(more) });

/** By what an identity that is written has to hold, and may. Of two that fit what a vault holds the first is meant. */
const shapes: readonly Shape[] = Object.freeze([
	shape("x509", ["certificate", "privateKey"], ["productKey", "deviceName", "productSecret"]),
	// The carrier's key may be in a carrier of the board's own.
	shape("id2", ["productKey", "deviceName", "productSecret", "id2"], ["carrierKey"]),
	shape("product", ["productKey", "deviceName", "productSecret"], ["registration", "road"]),
	shape("token", ["productKey", "deviceName", "clientId", "deviceToken"], []),
	shape("device-secret", ["productKey", "deviceName", "deviceSecret"], []),
]);

/** What any identity may have. */
const common: readonly string[] = Object.freeze(["clientId", "signMethod", "timestamp"]);

/** What a device that was given its product's secret obtains by itself. */
const obtained: readonly string[] = Object.freeze(["deviceSecret", "clientId", "deviceToken"]);

const inIdentity = (field: string): string => `identity/${field}`;

function kindIn(shape: Shape, stored: Stored): IdentityKind {
	if (shape.kind !== "product") return shape.kind;
	return textIn(stored, "identity/registration") === "regnwl" ? "product-nwl" : "product";
}

/** The kind of identity that a vault holds; `undefined` when it's none. */
export function storedKind(stored: Stored): IdentityKind | undefined {
	const shape = shapes.find(({ needed }) => needed.every((field) => stored.has(inIdentity(field))));
	return shape && kindIn(shape, stored);
}

/** The kind of a new identity: it holds all that this kind needs, and nothing that belongs to another. */
function incomingKind(incoming: Stored, names: readonly string[]): IdentityKind {
	const shape = shapes.find(({ needed, more }) => {
		const allowed = [...needed, ...more, ...common].map(inIdentity);
		return needed.every((field) => incoming.has(inIdentity(field))) && names.every((name) => allowed.includes(name));
	});
	if (!shape) throw new ProvisioningError("incomplete", "no identity has just these records");
	return kindIn(shape, incoming);
}

/** One that can't be read any more is not what is written now. */
function textIn(stored: Stored, name: string): string | undefined {
	try {
		return stored.text(name);
	} catch {
		return undefined;
	}
}

/** The same device of the same product, which registers by its product's secret now as before. */
function isSameProductDevice(incoming: Stored, stored: Stored): boolean {
	const same = (name: string): boolean => incoming.has(name) && incoming.text(name) === textIn(stored, name);
	return (
		stored.has("identity/productSecret") &&
		same("identity/productKey") &&
		same("identity/deviceName") &&
		incoming.text("identity/registration") === textIn(stored, "identity/registration")
	);
}

/** Where a device goes that registers there by its product's secret, what another cloud gave it is worth nothing. */
function isOtherCloud(incoming: Stored, stored: Stored): boolean {
	return ["link/host", "link/region"].some((name) => incoming.text(name) !== textIn(stored, name));
}

/**
 * What has to be written, all or nothing: names with their values, or `undefined` for what goes.
 *
 * @throws {ProvisioningError} `incomplete` when the records make no whole.
 */
export function changesOf<V>(
	incoming: Incoming<V>,
	stored: Stored,
	{ addNetworks, fresh }: Replacing,
): { changes: Record<string, V | undefined>; kind: IdentityKind | undefined } {
	const changes: Record<string, V | undefined> = {};
	const of = (domain: Domain): string[] => incoming.names().filter((name) => domainOf(name) === domain);
	const remove = (name: string): void => {
		if (!incoming.has(name) && stored.has(name)) changes[name] = undefined;
	};
	if (incoming.names().length === 0) throw new ProvisioningError("incomplete", "no record was written");
	for (const name of incoming.names()) changes[name] = incoming.value(name);

	const [identity, link, network] = [of("identity"), of("link"), of("network")];
	let kind: IdentityKind | undefined;
	if (identity.length > 0) {
		kind = incomingKind(incoming, identity);
		const moves = link.length > 0 && isOtherCloud(incoming, stored);
		const keeps = !fresh && !moves && kind.startsWith("product") && isSameProductDevice(incoming, stored);
		for (const name of recordNames())
			if (domainOf(name) === "identity" && !(keeps && obtained.some((field) => inIdentity(field) === name)))
				remove(name);
	}
	if (link.length > 0) {
		if (incoming.has("link/region") && incoming.has("link/host"))
			throw new ProvisioningError("incomplete", "link/region and link/host exclude each other");
		for (const name of recordNames()) if (domainOf(name) === "link") remove(name);
		const registers = stored.has("identity/productSecret") && !stored.has("identity/id2");
		if (registers && identity.length === 0 && isOtherCloud(incoming, stored))
			for (const field of obtained) remove(inIdentity(field));
	}
	// What registration kept room with, for the one that has gone.
	if (identity.length > 0) remove("identity/room");
	// A TLS session belongs to who the device was, and where.
	if (identity.length > 0 || link.length > 0) remove("session/tls");
	if (network.length > 0) {
		const numbers = network.map(networkOf);
		for (const number of numbers)
			if (number !== undefined && !incoming.has(`network/${number}/ssid`))
				throw new ProvisioningError("incomplete", `network/${number}/ssid is missing`);
		for (const name of recordNames())
			if (domainOf(name) === "network" && (!addNetworks || (networkOf(name) && numbers.includes(networkOf(name)))))
				remove(name);
	}
	return { changes, kind };
}
