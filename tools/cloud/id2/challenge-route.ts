import type { Events } from "../events";
import { jsonOf } from "../http/body";
import type { HttpAnswer, HttpRequest, Router } from "../http/router";
import { isSignMethod, sameSignature, sign } from "../mqtt/signature";
import { ID2_FAULTS, type Id2Claim, type Id2Fault } from "../store/carriers";
import type { Seal } from "../store/seal";
import type { Store } from "../store/store";
import type { Challenges } from "./challenges";

const PATH = "/auth/id2/challenge";
const RANDOM_BYTES = 16;

/** Codes of the answer. They are ours: the platform's own conversation is closed. */
const CODES: Readonly<Record<Id2Fault | "parameters" | "sign" | "product", number>> = Object.freeze({
	parameters: 400,
	name: 400,
	sign: 403,
	product: 404,
	unknown: 460,
	"white-list": 460,
	licences: 461,
	"other-carrier": 462,
	"other-device": 462,
	disabled: 463,
	// Told of nobody yet who only asks: it is found when the device is made.
	devices: 461,
});

export interface ChallengeRouteOptions {
	store: Pick<Store, "carriers" | "products">;
	events: Events;
	challenges: Challenges;
	seal: Seal;
}

interface Asked extends Id2Claim {
	random: Buffer;
	signmethod: string;
	sign: string;
}

/** `POST /auth/id2/challenge`: the one round trip before a device's TLS connection by ID². Nothing in it is secret. */
export function serveChallenges(router: Router, options: ChallengeRouteOptions): void {
	router.on("POST", PATH, (request) => answer(request, options));
}

async function answer(
	request: HttpRequest,
	{ store, events, challenges, seal }: ChallengeRouteOptions,
): Promise<HttpAnswer> {
	const asked = read(jsonOf(request));
	const refuse = (fault: keyof typeof CODES, reason: string): HttpAnswer => {
		const code = CODES[fault];
		const names = asked && { productKey: asked.productKey, deviceName: asked.deviceName };
		events.emit({ type: "id2.refused", remote: request.remote, code, reason, ...names });
		return { json: { code, message: reason } };
	};
	if (!asked) return refuse("parameters", "a field is missing or malformed");
	const product = await store.products.find(asked.productKey);
	if (product?.authType !== "id2") return refuse("product", "there is no such ID² product");
	const { productKey, deviceName, id2, random } = asked;
	const right = sign(asked.signmethod, product.productSecret, {
		deviceName,
		id2,
		productKey,
		random: random.toString("hex"),
	});
	if (!sameSignature(asked.sign, right)) return refuse("sign", "the signature is wrong");
	const fault = await store.carriers.check(asked);
	const carrier = fault === undefined ? await store.carriers.find(id2) : undefined;
	if (!carrier) return refuse(fault ?? "unknown", ID2_FAULTS[fault ?? "unknown"]);
	const key = seal.open(`carrier ${id2}`, carrier.sealedKey);
	const data = challenges.make(asked, random, key);
	key.fill(0);
	return { json: { code: 200, data, message: "success" } };
}

/** The fields of a request, all of them texts of the right form. */
function read(body: Record<string, unknown> | undefined): Asked | undefined {
	if (!body) return undefined;
	const { productKey, deviceName, id2, random, signmethod = "hmacsha256", sign } = body;
	const isName = (value: unknown): value is string => typeof value === "string" && /^[\w\-@.:]{1,64}$/.test(value);
	if (!isName(productKey) || !isName(deviceName) || !isName(id2) || !isName(signmethod)) return undefined;
	if (typeof random !== "string" || !/^[0-9a-f]{32}$/i.test(random)) return undefined;
	if (typeof sign !== "string" || sign.length > 128 || !isSignMethod(signmethod)) return undefined;
	return {
		productKey,
		deviceName,
		id2,
		random: Buffer.from(random, "hex").subarray(0, RANDOM_BYTES),
		signmethod,
		sign,
	};
}
