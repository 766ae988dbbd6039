/** What a package is part of: a command's own, or a machine that is emulated. */
export type Group = "start" | "test" | "bench" | "chip" | "mps2";

/** A Debian package that linkxs stands on. */
export interface SystemPackage {
	readonly name: string;
	/** What linkxs does with it. */
	readonly why: string;
	readonly from: Group;
}

export const systemPackages: readonly SystemPackage[];

/** Packages of `groups` that are not installed. @throws {Error} where there's no dpkg. */
export function missingPackages(groups: readonly Group[]): SystemPackage[];

/** What each command needs, and what it only wants. */
export const purposes: Record<
	"start" | "chip" | "mps2" | "test" | "bench",
	{ readonly needs: readonly Group[]; readonly wants: readonly Group[] }
>;
