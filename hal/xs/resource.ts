/** A file of the manifest's `data` or `resources`, read in place from flash: the SDK's class of the same name. */
export default class Resource extends Native("xs_resource_destructor") {
	/** @throws {ReferenceError} when the firmware has no such file. */
	constructor(name: string) {
		super();
		native("xs_resource_constructor").call(this, name);
	}

	static exists(name: string): boolean {
		return native<(name: string) => boolean>("xs_resource_exists")(name);
	}

	/** Bytes. */
	get byteLength(): number {
		return native("xs_resource_get_byteLength").call(this) as number;
	}
}
