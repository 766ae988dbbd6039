// Published vectors, on XS against hal/mbedtls and in vitest against tools/lib/crypto.
import {
	aesCbcDecrypt,
	aesCbcEncrypt,
	aesCtr,
	aesEcbDecrypt,
	aesEcbEncrypt,
	aesGcmOpen,
	aesGcmSeal,
	type Bytes,
	CryptoError,
	cmac,
	type DigestAlgorithm,
	digest,
	equal,
	Hash,
	hex,
	hmac,
	Key,
	random,
	unhex,
} from "hal/crypto";
import { describe, expect, test } from "test/expect";

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (it) => it.charCodeAt(0));
const none = new Uint8Array(0);
const repeated = (byte: number, length: number): Uint8Array => new Uint8Array(length).fill(byte);

describe("digests", () => {
	// RFC 1321 A.5, FIPS 180-4 (examples of NIST)
	test.each<[DigestAlgorithm, string, string]>([
		["MD5", "", "d41d8cd98f00b204e9800998ecf8427e"],
		["MD5", "abc", "900150983cd24fb0d6963f7d28e17f72"],
		["SHA1", "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"],
		["SHA1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"],
		["SHA256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
		["SHA256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
		[
			"SHA384",
			"abc",
			"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
		],
		[
			"SHA512",
			"abc",
			"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
		],
	])("%s of %j", (algorithm, text, expected) => {
		expect(hex(digest(algorithm, ascii(text)))).toBe(expected);
	});

	test("of nothing, of parts, of pieces are those of the whole", () => {
		const whole = hex(digest("SHA256", ascii("one two three")));
		expect(hex(digest("SHA256"))).toBe(hex(digest("SHA256", none)));
		expect(hex(digest("SHA256", ascii("one "), none, ascii("two"), ascii(" three")))).toBe(whole);
		const hash = new Hash("SHA256");
		hash.update(ascii("one ")).update(none).update(ascii("two three"));
		expect(hex(hash.digest())).toBe(whole);
	});

	test("take views by their part alone, and every form of bytes", () => {
		const bytes = ascii("xxabcxx");
		const expected = hex(digest("SHA1", ascii("abc")));
		expect(hex(digest("SHA1", bytes.subarray(2, 5)))).toBe(expected);
		expect(hex(digest("SHA1", new DataView(bytes.buffer as ArrayBuffer, 2, 3)))).toBe(expected);
		expect(hex(digest("SHA1", bytes.slice(2, 5).buffer as ArrayBuffer))).toBe(expected);
	});

	test("a hash that is closed says so", () => {
		const hash = new Hash("MD5");
		hash.close();
		hash.close();
		expect(() => hash.update(none)).toThrow();
		const used = new Hash("MD5");
		used.digest();
		expect(() => used.digest()).toThrow();
	});

	test("another algorithm is refused", () => {
		expect(() => digest("SHA3" as DigestAlgorithm, none)).toThrow(RangeError);
		expect(() => new Hash("sha256" as DigestAlgorithm)).toThrow(RangeError);
		expect(() => hmac("" as DigestAlgorithm, none, none)).toThrow(RangeError);
	});
});

describe("HMAC", () => {
	// RFC 2202 cases 1, 2, 6; RFC 4231 cases 1, 2, 6
	test.each<[DigestAlgorithm, Uint8Array, Uint8Array, string]>([
		["MD5", repeated(0x0b, 16), ascii("Hi There"), "9294727a3638bb1c13f48ef8158bfc9d"],
		["MD5", ascii("Jefe"), ascii("what do ya want for nothing?"), "750c783e6ab0b503eaa86e310a5db738"],
		[
			"MD5",
			repeated(0xaa, 80),
			ascii("Test Using Larger Than Block-Size Key - Hash Key First"),
			"6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd",
		],
		["SHA1", repeated(0x0b, 20), ascii("Hi There"), "b617318655057264e28bc0b6fb378c8ef146be00"],
		["SHA1", ascii("Jefe"), ascii("what do ya want for nothing?"), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"],
		[
			"SHA256",
			repeated(0x0b, 20),
			ascii("Hi There"),
			"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
		],
		[
			"SHA256",
			repeated(0xaa, 131),
			ascii("Test Using Larger Than Block-Size Key - Hash Key First"),
			"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
		],
		[
			"SHA384",
			ascii("Jefe"),
			ascii("what do ya want for nothing?"),
			"af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
		],
		[
			"SHA512",
			ascii("Jefe"),
			ascii("what do ya want for nothing?"),
			"164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
		],
	])("%s", (algorithm, key, data, expected) => {
		expect(hex(hmac(algorithm, key, data))).toBe(expected);
		expect(hex(hmac(algorithm, Key.from(key), data.subarray(0, 3), data.subarray(3)))).toBe(expected);
	});

	// The platform's signatures (its document, "MQTT-TCP connections").
	test.each<[DigestAlgorithm, string]>([
		["SHA1", "FAFD82A3D602B37FB0FA8B7892F24A477F851A14"],
		["MD5", "14B198324FE55E1D3C88F2E705E201EE"],
		["SHA256", "6074A46A91B1EBB2CC4EA42790AD0E80202C9843859FC292E57C4EB19FAD9E57"],
	])("%s as the platform signs", (algorithm, expected) => {
		const content = ascii("clientId12345deviceNamedeviceproductKeypktimestamp789");
		expect(hex(hmac(algorithm, ascii("secret"), content)).toUpperCase()).toBe(expected);
	});

	test("with no key at all (an X.509 device's) is one with zeros", () => {
		const expected = hex(hmac("SHA256", repeated(0, 64), ascii("abc")));
		expect(hex(hmac("SHA256", none, ascii("abc")))).toBe(expected);
		expect(hex(hmac("SHA256", Key.from(none), ascii("abc")))).toBe(expected);
	});
});

// SP 800-38A, F.1, F.2, F.5
const block = unhex("6bc1bee22e409f96e93d7e117393172a");
const blocks = unhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
const key128 = unhex("2b7e151628aed2a6abf7158809cf4f3c");
const key256 = unhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
const iv = unhex("000102030405060708090a0b0c0d0e0f");

describe("AES", () => {
	test("ECB", () => {
		const sealed = "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf";
		expect(hex(aesEcbEncrypt(key128, blocks))).toBe(sealed);
		expect(hex(aesEcbDecrypt(Key.from(key128), unhex(sealed)))).toBe(hex(blocks));
		expect(hex(aesEcbEncrypt(key256, block))).toBe("f3eed1bdb5d2a03c064b5a7e3db181f8");
		expect(aesEcbEncrypt(key128, none)).toHaveLength(0);
	});

	test("CBC, padded", () => {
		const sealed = hex(aesCbcEncrypt(key128, iv, blocks));
		expect(sealed.slice(0, 64)).toBe("7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2");
		expect(sealed).toHaveLength(96);
		expect(hex(aesCbcDecrypt(key128, iv, unhex(sealed)))).toBe(hex(blocks));
		expect(hex(aesCbcEncrypt(Key.from(key256), iv, block)).slice(0, 32)).toBe("f58c4c04d6e5f1ba779eabfb5f7bfbd6");
	});

	test("CBC of every length comes back", () => {
		for (let length = 0; length < 50; length++) {
			const data = Uint8Array.from({ length }, (_, i) => i);
			const sealed = aesCbcEncrypt(key128, iv, data);
			expect(sealed.length).toBe((Math.floor(length / 16) + 1) * 16);
			expect(aesCbcDecrypt(key128, iv, sealed)).toEqual(data);
		}
	});

	test("CBC as the platform's CoAP has it", () => {
		const key = Key.fromDigest("SHA256", [Key.from(ascii("secret")), ascii(",random")], 8, 24);
		const start = ascii("543yhjy97ae7fyfg");
		expect(key.byteLength).toBe(16);
		expect(hex(aesCbcEncrypt(key, start, ascii("hello")))).toBe("e1877066bc05787d20bdc437ceaa31e6");
		expect(hex(aesCbcEncrypt(key, start, ascii("2")))).toBe("c637255e5687826859eabdbb7ae91ebc");
	});

	test("CTR", () => {
		const counter = unhex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
		const sealed = "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff";
		expect(hex(aesCtr(key128, counter, blocks))).toBe(sealed);
		expect(hex(aesCtr(key128, counter, unhex(sealed)))).toBe(hex(blocks));
		expect(hex(aesCtr(key128, counter, blocks.subarray(0, 5)))).toBe(sealed.slice(0, 10));
	});

	test("wrong keys, initial values, lengths and padding are refused", () => {
		for (const wrong of [none, repeated(1, 15), repeated(1, 33)]) {
			expect(() => aesEcbEncrypt(wrong, block)).toThrowCode("bad-key");
			expect(() => aesCbcEncrypt(Key.from(wrong), iv, block)).toThrowCode("bad-key");
		}
		expect(() => aesCbcEncrypt(key128, repeated(0, 12), block)).toThrowCode("bad-length");
		expect(() => aesCtr(key128, none, block)).toThrowCode("bad-length");
		expect(() => aesEcbEncrypt(key128, repeated(0, 17))).toThrowCode("bad-length");
		expect(() => aesCbcDecrypt(key128, iv, repeated(0, 17))).toThrowCode("bad-length");
		expect(() => aesCbcDecrypt(key128, iv, none)).toThrowCode("bad-length");
		const sealed = aesCbcEncrypt(key128, iv, block);
		expect(() => aesCbcDecrypt(key128, iv, sealed.subarray(0, 16))).toThrowCode("bad-padding");
		expect(() => aesEcbEncrypt(key128, "text" as unknown as Bytes)).toThrow(TypeError);
	});
});

describe("AES-GCM", () => {
	// "The Galois/Counter Mode of Operation", test cases 2, 4 and 16
	const key = unhex("feffe9928665731c6d6a8f9467308308");
	const nonce = unhex("cafebabefacedbaddecaf888");
	const aad = unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
	const plain = unhex(
		"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
	);

	test("seals and opens the published cases", () => {
		const sealed =
			"42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47";
		expect(hex(aesGcmSeal(key, nonce, aad, plain))).toBe(sealed);
		expect(hex(aesGcmOpen(Key.from(key), nonce, aad, unhex(sealed)))).toBe(hex(plain));
		expect(hex(aesGcmSeal(repeated(0, 16), repeated(0, 12), none, repeated(0, 16)))).toBe(
			"0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf",
		);
		const long = aesGcmSeal(Uint8Array.of(...key, ...key), nonce, aad, plain);
		expect(hex(long).slice(-32)).toBe("76fc6ece0f4e1768cddf8853bb2d551b");
	});

	test("opens nothing that was changed", () => {
		const sealed = aesGcmSeal(key, nonce, aad, plain);
		for (const at of [0, plain.length - 1, plain.length, sealed.length - 1]) {
			const changed = sealed.slice();
			changed[at] = (changed[at] ?? 0) ^ 1;
			expect(() => aesGcmOpen(key, nonce, aad, changed)).toThrowCode("bad-tag");
		}
		expect(() => aesGcmOpen(key, nonce, none, sealed)).toThrowCode("bad-tag");
		expect(() => aesGcmOpen(key, nonce, aad, sealed.subarray(0, 15))).toThrowCode("bad-length");
		expect(() => aesGcmSeal(key, none, aad, plain)).toThrowCode("bad-length");
		expect(() => aesGcmSeal(repeated(0, 17), nonce, aad, plain)).toThrowCode("bad-key");
	});

	test("seals nothing, too", () => {
		const sealed = aesGcmSeal(key, nonce, none, none);
		expect(sealed).toHaveLength(16);
		expect(aesGcmOpen(key, nonce, none, sealed)).toHaveLength(0);
	});
});

// RFC 4493 4
test.each([
	[0, "bb1d6929e95937287fa37d129b756746"],
	[16, "070a16b46b4d4144f79bdd9dd04a287c"],
	[40, "dfa66747de9ae63030ca32611497c827"],
	[64, "51f0bebf7e3b9d92fc49741779363cfe"],
] as const)("AES-CMAC of %i bytes", (length, expected) => {
	const data = unhex(
		"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
	).subarray(0, length);
	expect(hex(cmac(key128, data))).toBe(expected);
	expect(hex(cmac(Key.from(key128), data.subarray(0, length / 2), data.subarray(length / 2)))).toBe(expected);
});

describe("a key", () => {
	test("never shows its bytes", () => {
		const key = Key.from(ascii("very secret"));
		const shown = [String(key), `${key}`, JSON.stringify({ key }), Object.keys(key).join(), JSON.stringify(key)];
		expect(shown).toEqual(["[Key]", "[Key]", '{"key":"[Key]"}', "", '"[Key]"']);
		expect(key.byteLength).toBe(11);
		// XS 13 would take a host object with a byteLength for a buffer.
		expect(new Uint8Array(key as unknown as ArrayBuffer)).toHaveLength(0);
		Object.defineProperty(key, "byteLength", { value: 11 });
		expect(new Uint8Array(key as unknown as ArrayBuffer).join()).not.toBe(ascii("very secret").join());
	});

	test("is a copy", () => {
		const bytes = ascii("secret");
		const key = Key.from(bytes);
		bytes.fill(0);
		expect(hex(hmac("MD5", key, none))).toBe(hex(hmac("MD5", ascii("secret"), none)));
	});

	test("is nothing once it is closed", () => {
		const key = Key.from(key128);
		key.close();
		key.close();
		expect(key.byteLength).toBe(0);
		expect(() => hmac("SHA256", key, none)).toThrow(TypeError);
		expect(() => aesEcbEncrypt(key, block)).toThrow(TypeError);
		expect(() => digest("SHA256", key)).toThrow(TypeError);
	});

	test("comes of random numbers, digests and MACs", () => {
		expect(Key.random(32).byteLength).toBe(32);
		const data = ascii("pk&device1600000000000");
		const secret = Key.from(ascii("secret"));
		// What is sealed with it tells whether it's the right one: the DTLS key of the platform's document, and its bytes.
		const text = ascii(hex(hmac("SHA256", secret, data)));
		expect(hex(text)).toBe(hex(ascii("158a12c659ce496cdd8fde1bb09751eb76a1bd49bcbbf4330fe9fdea569300e9")));
		const seal = (key: Key | Uint8Array) => hex(hmac("SHA1", key, ascii("proof")));
		expect(seal(Key.fromHmac("SHA256", secret, [data], "hex"))).toBe(seal(text));
		expect(seal(Key.fromHmac("SHA256", secret, [data]))).toBe(seal(hmac("SHA256", secret, data)));
		const upper = ascii(hex(hmac("SHA256", secret, data)).toUpperCase());
		expect(seal(Key.fromHmac("SHA256", secret, [data], "HEX"))).toBe(seal(upper));
		expect(seal(Key.fromDigest("SHA1", [data]))).toBe(seal(digest("SHA1", data)));
	});

	/** What `key` holds, by the one way back. */
	const bytesOf = (key: Key): Uint8Array => {
		const bytes = new Uint8Array(key.byteLength);
		key.copyTo(bytes);
		return bytes;
	};

	test("is made of parts, keys among them", () => {
		const key = Key.fromParts([
			ascii("one "),
			Key.from(ascii("two")),
			none,
			new DataView(ascii(" three").buffer as ArrayBuffer),
		]);
		expect(bytesOf(key)).toEqual(ascii("one two three"));
		expect(Key.fromParts([]).byteLength).toBe(0);
		expect(Key.fromParts([new Uint8Array(4095), Uint8Array.of(1)]).byteLength).toBe(4096);
		expect(() => Key.fromParts([new Uint8Array(4095), Uint8Array.of(1, 2)])).toThrow(RangeError);
		expect(() => Key.fromParts([none, "text" as unknown as Bytes])).toThrow(TypeError);
		const closed = Key.from(none);
		closed.close();
		expect(() => Key.fromParts([closed])).toThrow(TypeError);
	});

	test("has parts, which are copies", () => {
		const key = Key.from(ascii("0123456789"));
		const [whole, end, middle, nothing] = [key.slice(), key.slice(7), key.slice(2, 5), key.slice(10)];
		key.close();
		expect(bytesOf(whole)).toEqual(ascii("0123456789"));
		expect(bytesOf(end)).toEqual(ascii("789"));
		expect(bytesOf(middle)).toEqual(ascii("234"));
		expect(nothing.byteLength).toBe(0);
		for (const [start, to] of [
			[-1, 2],
			[3, 2],
			[0, 11],
			[11, 11],
		])
			expect(() => whole.slice(start, to)).toThrow(RangeError);
		expect(() => key.slice()).toThrow(TypeError);
	});

	test("is copied into a message that has to carry it, or not at all", () => {
		const key = Key.from(ascii("secret"));
		const into = new Uint8Array(10).fill(0x2e);
		expect(key.copyTo(into, 3)).toBe(6);
		expect(into).toEqual(ascii("...secret."));
		expect(key.copyTo(into.subarray(4))).toBe(6);
		expect(into).toEqual(ascii("...ssecret"));
		for (const offset of [5, 10, 11, -1]) expect(() => key.copyTo(into, offset)).toThrow(RangeError);
		expect(() => key.copyTo(new Uint8Array(5))).toThrow(RangeError);
		expect(into).toEqual(ascii("...ssecret"));
		expect(Key.from(none).copyTo(none)).toBe(0);
		key.close();
		expect(() => key.copyTo(into)).toThrow(TypeError);
	});

	test("is sealed, and opened as a key again, or a part of it", () => {
		const nonce = repeated(7, 12);
		const aad = ascii("name");
		const sealed = aesGcmSeal(key128, nonce, aad, Key.from(ascii("header|secret")));
		expect(hex(sealed)).toBe(hex(aesGcmSeal(key128, nonce, aad, ascii("header|secret"))));
		expect(bytesOf(Key.fromGcm(key128, nonce, aad, sealed))).toEqual(ascii("header|secret"));
		expect(bytesOf(Key.fromGcm(Key.from(key128), nonce, aad, sealed, 7))).toEqual(ascii("secret"));
		expect(bytesOf(Key.fromGcm(key128, nonce, aad, sealed, 0, 6))).toEqual(ascii("header"));
		expect(Key.fromGcm(key128, nonce, none, aesGcmSeal(key128, nonce, none, none)).byteLength).toBe(0);
		const long = aesGcmSeal(key128, nonce, aad, new Uint8Array(5000).fill(9));
		expect(Key.fromGcm(key128, nonce, aad, long, 904).byteLength).toBe(4096);
		expect(() => Key.fromGcm(key128, nonce, aad, long)).toThrow(RangeError);
	});

	test("is opened of nothing that was changed", () => {
		const nonce = repeated(7, 12);
		const sealed = aesGcmSeal(key128, nonce, none, ascii("secret"));
		for (let at = 0; at < sealed.length; at++) {
			const changed = sealed.slice();
			changed[at] = (changed[at] ?? 0) ^ 0x10;
			expect(() => Key.fromGcm(key128, nonce, none, changed)).toThrowCode("bad-tag");
		}
		expect(() => Key.fromGcm(key128, nonce, ascii("x"), sealed, 1, 2)).toThrowCode("bad-tag");
		expect(() => Key.fromGcm(key128, nonce, none, sealed.subarray(0, 15))).toThrowCode("bad-length");
		expect(() => Key.fromGcm(key128, none, none, sealed)).toThrowCode("bad-length");
		expect(() => Key.fromGcm(repeated(0, 17), nonce, none, sealed)).toThrowCode("bad-key");
		for (const [start, to] of [
			[-1, 2],
			[3, 2],
			[0, 7],
		])
			expect(() => Key.fromGcm(key128, nonce, none, sealed, start, to)).toThrow(RangeError);
	});

	test("of a wrong size or part is refused", () => {
		expect(() => Key.from(new Uint8Array(4097))).toThrow(RangeError);
		expect(() => Key.random(0)).toThrow(RangeError);
		expect(() => Key.random(4097)).toThrow(RangeError);
		expect(() => Key.fromDigest("MD5", [none], 8, 17)).toThrow(RangeError);
		expect(() => Key.fromDigest("MD5", [none], 9, 8)).toThrow(RangeError);
		expect(() => Key.from("text" as unknown as Bytes)).toThrow(TypeError);
		expect(() => hmac("MD5", {} as Key, none)).toThrow(TypeError);
	});
});

test("random numbers differ, and have the length asked for", () => {
	expect(random(0)).toHaveLength(0);
	const some = random(32);
	expect(some).toHaveLength(32);
	expect(hex(some)).not.toBe(hex(random(32)));
	expect(() => random(-1)).toThrow(RangeError);
});

test("equality looks at all bytes", () => {
	expect(equal(ascii("abc"), ascii("abc"))).toBe(true);
	expect(equal(ascii("abc"), ascii("abd"))).toBe(false);
	expect(equal(ascii("abc"), ascii("ab"))).toBe(false);
	expect(equal(none, none)).toBe(true);
});

test("hex digits", () => {
	expect(hex(Uint8Array.of(0, 15, 16, 171, 255))).toBe("000f10abff");
	expect(unhex("000F10abFF")).toEqual(Uint8Array.of(0, 15, 16, 171, 255));
	expect(hex(none)).toBe("");
	for (const wrong of ["0", "0g", "0x00", " 00"]) expect(() => unhex(wrong)).toThrow(RangeError);
});

test("an error says what it is", () => {
	const error = new CryptoError("bad-tag", -149);
	expect(error).toMatchObject({ name: "CryptoError", code: "bad-tag", retry: "never", detail: -149 });
	expect(new CryptoError("no-memory").retry).toBe("later");
});
