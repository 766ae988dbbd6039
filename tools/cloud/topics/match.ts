/**
 * Topics against patterns. A pattern's level is a literal, `+` (any one level), `#` (this and all below, last only), or
 * `*_reply` (any one level that ends so; only in the cloud's own table).
 */

function levelTaken(pattern: string, level: string): boolean {
	if (pattern === "+") return true;
	if (pattern.startsWith("*")) return level.length >= pattern.length && level.endsWith(pattern.slice(1));
	return pattern === level;
}

/** Whether a topic name (no wildcard) lies under a pattern. */
export function matches(pattern: string, topic: string): boolean {
	const wanted = pattern.split("/");
	const levels = topic.split("/");
	for (let i = 0; i < wanted.length; i++) {
		const want = wanted[i];
		// "a/#" takes "a" itself too (MQTT 3.1.1, 4.7.1.2).
		if (want === "#") return true;
		const level = levels[i];
		if (want === undefined || level === undefined || !levelTaken(want, level)) return false;
	}
	return levels.length === wanted.length;
}

/** Whether every topic that `filter` (which may have wildcards) selects lies under `pattern`. */
export function covers(pattern: string, filter: string): boolean {
	const wanted = pattern.split("/");
	const levels = filter.split("/");
	for (let i = 0; i < wanted.length; i++) {
		const want = wanted[i];
		const level = levels[i];
		if (want === "#") return level !== undefined;
		if (want === undefined || level === undefined || level === "#") return false;
		if (level === "+" ? want !== "+" : !levelTaken(want, level)) return false;
	}
	return levels.length === wanted.length;
}

/** Whether a topic filter is well-formed: wildcards alone in their level, `#` last, nothing empty, no NUL. */
export function isFilter(filter: string): boolean {
	if (filter.length === 0 || filter.includes("\0")) return false;
	const levels = filter.split("/");
	return levels.every((level, i) => (level === "#" ? i === levels.length - 1 : level === "+" || !/[+#]/.test(level)));
}
