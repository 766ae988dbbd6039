import { checkField, checkMethod, checkNames, clientIdOf } from "identity/identity";
import type { MqttLogin } from "identity/login";
import { type SigningCrypto, signRegistration } from "identity/sign";
import type { ProductIdentity } from "identity/way";

// What a device says that asks for a secret of its own (DA 1158–1285; HTTPS: what the platform's SDKs send).

/** Pre-registered, or not: what is given is a deviceSecret, or a client id with its deviceToken. */
export type Kind = "register" | "regnwl";

export interface RequestOptions {
	readonly kind: Kind;
	readonly product: ProductIdentity;
	/** A random text of this attempt alone. */
	readonly random: string;
	/** Without pre-registration: `"-2"` (the default), or `"2"` as on a public instance (DA 1194–1210). */
	readonly securemode?: "-2" | "2" | undefined;
	/** Of a bought instance; sent without pre-registration only. */
	readonly instanceId?: string | undefined;
}

/** The path of `register` over HTTPS. */
export const REGISTER_PATH = "/auth/register/device";

function checked(options: RequestOptions): RequestOptions {
	checkNames(options.product);
	checkMethod(options.product.signMethod);
	checkField("instanceId", options.instanceId);
	if (!/^[0-9A-Za-z]{1,64}$/.test(options.random)) throw new RangeError("random: letters and digits");
	return options;
}

/** CONNECT's fields. @throws {RangeError} for what can't be right. */
export function registrationLogin(options: RequestOptions, crypto: SigningCrypto): MqttLogin {
	const { kind, product, random, securemode = "-2", instanceId } = checked(options);
	const { productKey, deviceName, productSecret, signMethod = "hmacsha256" } = product;
	const mode = kind === "register" ? "2" : securemode;
	const instance = kind === "register" || instanceId === undefined ? "" : `,instanceId=${instanceId}`;
	const extension = `securemode=${mode},authType=${kind},random=${random},signmethod=${signMethod}${instance}`;
	return {
		clientId: `${clientIdOf(product)}|${extension}|`,
		userName: `${deviceName}&${productKey}`,
		password: signRegistration(crypto, signMethod, productSecret, { productKey, deviceName, random }),
	};
}

/** The form that is posted over HTTPS, ASCII. @throws {RangeError} for what can't be right. */
export function registrationForm(options: RequestOptions, crypto: SigningCrypto): string {
	const { product, random } = checked(options);
	const { productKey, deviceName, productSecret, signMethod = "hmacsha256" } = product;
	const sign = signRegistration(crypto, signMethod, productSecret, { productKey, deviceName, random });
	const name = encodeURIComponent(deviceName);
	return `productKey=${productKey}&deviceName=${name}&random=${random}&sign=${sign}&signMethod=${signMethod}`;
}
