import { choice } from "./operation";

/** The field of a device's kind of key. */
export const KEY_TYPE = choice(
	"Ours: an X.509 device's key, RSA 2048 as the platform's if not given, or EC P-256.",
	"RSA2048",
	"EC256",
);
