/** A Debian package that linkxs stands on. */
export interface SystemPackage {
	readonly name: string;
	/** What linkxs does with it. */
	readonly why: string;
	readonly from: "start" | "test" | "bench";
}

export const systemPackages: readonly SystemPackage[];

/** Packages that `purpose` needs and that are not installed. @throws {Error} where there's no dpkg. */
export function missingPackages(purpose: SystemPackage["from"]): SystemPackage[];
