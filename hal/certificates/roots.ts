import Resource from "Resource";

/** The roots that the platform's certificates may come from, the likeliest first; index.json has their expiry. */
const names = Object.freeze(["globalsign-r1", "aliyun-iot", "globalsign-r6", "globalsign-r46", "globalsign-e46"]);

/** Root certificates (DER) of the real platform, in place in flash. */
export function platformRoots(): Uint8Array[] {
	return names.map((name) => new Uint8Array(new Resource(`${name}.der`) as unknown as ArrayBuffer));
}
