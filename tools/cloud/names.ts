import { randomInt } from "node:crypto";
import { CloudError } from "./errors";

/** The console's rules for names (device-access.txt 99, 110, 155, 953–1035), and names that the platform makes itself. */

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

function word(length: number, letters = LETTERS): string {
	let text = "";
	for (let i = 0; i < length; i++) text += letters[randomInt(letters.length)];
	return text;
}

/** A ProductKey as the platform makes them: `a1` and nine letters or digits. */
export function newProductKey(): string {
	return `a1${word(9)}`;
}

/** A ProductSecret: 16 letters or digits. */
export function newProductSecret(): string {
	return word(16);
}

/** A DeviceSecret: 32 lower-case hex digits. */
export function newDeviceSecret(): string {
	return word(32, "0123456789abcdef");
}

/** A DeviceName for a device that was registered without one: 20 letters or digits. */
export function newDeviceName(): string {
	return word(20);
}

/** A clientId for one physical device of a name that registers without pre-registration: 24 letters or digits. */
export function newClientId(): string {
	return word(24);
}

/** A DeviceToken: 48 letters or digits. */
export function newDeviceToken(): string {
	return word(48);
}

/** An IotId, the platform's own key of a device: 20 letters or digits and six zeros, as the platform prints them. */
export function newIotId(): string {
	return `${word(20)}000000`;
}

/** A name's length where a CJK character counts two. */
function width(text: string): number {
	let count = 0;
	for (const character of text)
		count += /[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af]/u.test(character) ? 2 : 1;
	return count;
}

function check(ok: boolean, what: string, detail: string): void {
	if (!ok) throw new CloudError("invalid", what, { detail });
}

/** Product name: 4–30 of CJK, letters, digits, `_-@()`; a CJK character counts two (DA 99). */
export function checkProductName(name: string): void {
	check(
		width(name) >= 4 && width(name) <= 30 && /^[\p{L}\p{N}_\-@()]+$/u.test(name),
		"a product name has 4 to 30 letters, digits or any of _-@() (a CJK character counts 2)",
		"iot.prod.InvalidFormattedProductName",
	);
}

/** DeviceName: 4–32 of letters, digits and `-_@.:` (DA 155). */
export function checkDeviceName(name: string): void {
	check(
		/^[A-Za-z0-9\-_@.:]{4,32}$/.test(name),
		"a DeviceName has 4 to 32 letters, digits or any of -_@.:",
		"iot.device.InvalidFormattedDeviceName",
	);
}

/** Nickname: 4–64, a CJK character counts two. */
export function checkNickname(name: string): void {
	check(
		width(name) >= 4 && width(name) <= 64 && /^[\p{L}\p{N}_]+$/u.test(name),
		"a nickname has 4 to 64 letters, digits or _ (a CJK character counts 2)",
		"iot.device.InvalidFormattedNickname",
	);
}

/** Description: at most 100 characters. */
export function checkDescription(text: string): void {
	check([...text].length <= 100, "a description has at most 100 characters", "iot.prod.LongDescription");
}
