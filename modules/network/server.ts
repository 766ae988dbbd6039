/** Where a time server is. */
export interface Server {
	readonly host: string;
	readonly port: number;
}

const NTP_PORT = 123;

/** Asked when the records name none, or after those: each is another quarter of the pool. */
export const DEFAULT_SERVERS: readonly string[] = Object.freeze(["0.pool.ntp.org", "1.pool.ntp.org", "2.pool.ntp.org"]);

/** More than this are not asked. */
export const SERVERS_MAX = 6;

/** `name`, `name:port`, `1.2.3.4:port`, `::1`, `[::1]:port`; `undefined` for what can't be one. */
export function parseServer(text: string): Server | undefined {
	const found =
		/^\[([0-9a-f:.]+)\](?::(\d{1,5}))?$/i.exec(text) ??
		/^([0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*)()$/i.exec(text) ??
		/^([a-z0-9._-]{1,253})(?::(\d{1,5}))?$/i.exec(text);
	const host = found?.[1];
	if (host === undefined) return undefined;
	const port = found?.[2] ? Number(found[2]) : NTP_PORT;
	return port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

/** The servers of a record (`network/timeServer`: one or several, with commas between), then `others`; each once. */
export function serversOf(record: string | undefined, others: readonly string[]): readonly Server[] {
	const servers: Server[] = [];
	for (const text of [...(record ?? "").split(","), ...others]) {
		const server = parseServer(text.trim());
		const isKnown = servers.some(({ host, port }) => host === server?.host && port === server.port);
		if (server && !isKnown && servers.length < SERVERS_MAX) servers.push(server);
	}
	return servers;
}
