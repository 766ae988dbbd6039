import type { Group } from "./packages.mjs";

/** Installs what is missing. Answers, for each group that is only wanted and can't be had, why. */
export function getPackages(
	purpose: { needs: readonly Group[]; wants: readonly Group[] },
	yes: boolean,
	say: ((text: string) => void) & { end(): void },
): Promise<Partial<Record<Group, string>>>;
