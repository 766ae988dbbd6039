import { hex, random } from "hal/crypto";
import { identifyLogin } from "identity/login";
import type { SigningCrypto } from "identity/sign";
import type { Certified, ProductIdentity } from "identity/way";
import type { StreamClass } from "mqtt/client";
import { type Grant, readAnswered, readNames, readPushed } from "registration/answer";
import type { Keeper } from "registration/commit";
import Errand from "registration/errand";
import { RegistrationError } from "registration/error";
import { registerByHttps } from "registration/https-road";
import { type Kind, type RequestOptions, registrationForm, registrationLogin } from "registration/request";
import { httpsSocket, mqttSocket, type Settings } from "./settings";

/** What one attempt to learn who this device is works with. */
export interface Workshop {
	readonly keeper: Keeper;
	readonly settings: Settings;
	readonly tls: StreamClass;
	readonly crypto: SigningCrypto;
	/** A registration was granted. @throws {RegistrationError} when that isn't kept: then it's the attempt's outcome. */
	readonly onGrant: (grant: Grant) => void;
	/** The attempt may cost one of the platform's places from now on. */
	readonly onSpent: () => void;
	/** Told once, with the answer in the vault already. Not after the attempt was given up. */
	readonly onDone: (error?: RegistrationError) => void;
}

/** What asking whom a certificate names works with. */
export type Inquiry = Pick<Workshop, "keeper" | "settings" | "tls" | "onDone">;

/** How to give an attempt up. */
export type GiveUp = () => void;

/** Random digits in each attempt. */
const RANDOM_LENGTH = 12;

function checkSecure({ place }: Settings): void {
	if (place.security === "tcp") throw new RegistrationError("not-secure", "a secret is not asked for over plain TCP");
}

/**
 * One registration with a product's secret.
 *
 * @throws {RegistrationError} `not-secure`: nothing was sent. @throws {RangeError | TypeError} what can't be right.
 */
export function register(
	kind: Kind,
	road: "mqtt" | "https",
	product: ProductIdentity,
	{ keeper, settings, tls, crypto, onGrant, onSpent, onDone }: Workshop,
): GiveUp {
	checkSecure(settings);
	const { securemode, instanceId } = settings;
	const request: RequestOptions = { kind, product, random: hex(random(RANDOM_LENGTH)), securemode, instanceId };
	const asked = { kind, productKey: product.productKey, deviceName: product.deviceName };
	if (road === "https") {
		return registerByHttps({
			socket: httpsSocket(tls, settings),
			form: registrationForm(request, crypto),
			onAnswer: (bytes) => onGrant(readAnswered(bytes, asked)),
			onDone,
		});
	}
	registrationLogin(request, crypto); // what is wrong with it is said now
	const errand = new Errand({
		socket: mqttSocket(tls, settings, product.productKey),
		login() {
			if (kind === "regnwl") {
				keeper.makeRoom();
				onSpent();
			}
			return registrationLogin(request, crypto);
		},
		topics: ["/ext/register", "/ext/regnwl"],
		onAnswer: (bytes) => onGrant(readPushed(bytes, asked)),
		onDone,
	});
	return () => errand.close();
}

/** One connection by certificate, to be told the names that belong to it. As `register`. */
export function identify(certified: Certified, { keeper, settings, tls, onDone }: Inquiry): GiveUp {
	checkSecure(settings);
	const { certificate, privateKey, clientId = hex(random(RANDOM_LENGTH)) } = certified;
	const errand = new Errand({
		socket: mqttSocket(tls, settings, "", { certificate, key: privateKey }),
		login: () => identifyLogin(clientId),
		topics: ["/ext/auth/identity/response"],
		onAnswer: (bytes) => keeper.keepNames(readNames(bytes)),
		onDone(error) {
			// Who proves itself by a certificate alone is refused for that.
			const refused = error?.code === "refused";
			onDone(refused ? new RegistrationError("certificate-refused", error.detail, error.cause) : error);
		},
	});
	return () => errand.close();
}
