/**
 * What manifests of the Moddable SDK 8.2.3 bring in, as far as ours include them: paths after $(MODDABLE)/. Read in its
 * sources; a new SDK that moves one is found by building with it (boards/README.md tells how).
 */
export interface SdkManifest {
	/** Modules by name. */
	readonly modules: readonly string[];
	/** By platform, in addition. */
	readonly platforms?: Readonly<Record<string, readonly string[]>>;
}

export const sdkManifests: Readonly<Record<string, SdkManifest>> = {
	"examples/manifest_base.json": {
		modules: ["mc/config", "Resource", "instrumentation", "timer", "time"],
	},
	"modules/io/wifi/manifest.json": { modules: [], platforms: { esp32: ["embedded:network/interface/wifi"] } },
	"modules/io/serial/manifest.json": { modules: [], platforms: { esp32: ["embedded:io/serial"] } },
	"modules/io/storage/manifest.json": { modules: [], platforms: { esp32: ["embedded:storage/key-value"] } },
	"modules/io/flash/manifest.json": { modules: [], platforms: { esp32: ["embedded:storage/flash"] } },
};

/** Files of the SDK that our manifests name themselves. A `*` stands for C that has no module name. */
export const sdkFiles: ReadonlySet<string> = new Set([
	"modules/io/common/builtinCommon",
	"modules/io/socket/lin/listener",
	"modules/io/socket/lin/tcp.c",
	"modules/io/socket/lin/udp.c",
	"modules/io/socket/lwip/listener",
	"modules/io/socket/lwip/tcp.c",
	"modules/io/socket/lwip/udp.c",
	"modules/network/net/esp/*",
	"modules/network/net/lin/*",
	"modules/network/net/net",
	"modules/network/socket/lwip/modLwipSafe",
]);

/** C functions of those files that TypeScript of ours calls by native(). */
export const sdkNatives: ReadonlySet<string> = new Set([
	"xs_tcp_constructor",
	"xs_tcp_destructor",
	"xs_tcp_close",
	"xs_tcp_read",
	"xs_tcp_write",
	"xs_tcp_get_remoteAddress",
	"xs_tcp_get_remotePort",
	"xs_tcp_get_format",
	"xs_tcp_set_format",
	"xs_udp_constructor",
	"xs_udp_destructor",
	"xs_udp_close",
	"xs_udp_read",
	"xs_udp_write",
]);
