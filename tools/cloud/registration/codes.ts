import type { RegistrationCode } from "./registrar";

/**
 * What a device is told in JSON, over HTTPS and behind a gateway. 401, 460, 6100, 6204 and 6250 are the platform's
 * (its table of codes for devices); it prints none for the others, which are ours.
 */
export const REGISTRATION_CODES: Readonly<Record<RegistrationCode, number>> = Object.freeze({
	parameters: 460,
	"unknown-product": 6250,
	signature: 401,
	"unknown-device": 6100,
	disabled: 6204,
	kind: 6287,
	"switched-off": 6288,
	registered: 6289,
	"other-way": 6290,
	full: 6291,
	forbidden: 6292,
});

/** In words for the device: not more than the code says. */
export const REGISTRATION_MESSAGES: Readonly<Record<RegistrationCode, string>> = Object.freeze({
	parameters: "request parameter error",
	"unknown-product": "product not found",
	signature: "request auth error",
	"unknown-device": "device not found",
	disabled: "device is disabled",
	kind: "product does not register this way",
	"switched-off": "dynamic registration is off",
	registered: "device is active already",
	"other-way": "device registers in another way",
	full: "too many physical devices",
	forbidden: "device is forbidden",
});
