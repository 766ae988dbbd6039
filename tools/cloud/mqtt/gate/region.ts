import { isRegion } from "link/endpoint";

/** The region that a host name of the platform belongs to; undefined for names that belong to none. */
function regionOf(host: string): string | undefined {
	if (!host.toLowerCase().endsWith(".aliyuncs.com")) return undefined;
	return host.toLowerCase().split(".").find(isRegion);
}

/** Why a client that asked for this host is in the wrong region, or undefined. A device belongs to one region alone. */
export function checkRegion(host: string | undefined, region: string): string | undefined {
	const asked = host === undefined ? undefined : regionOf(host);
	if (asked === undefined || asked === region) return undefined;
	return `asked for a host of the region ${asked}, but its devices are in ${region}`;
}
