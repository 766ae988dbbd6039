/** What a CONNECT packet says about its sender (device-access.txt 1083–1116). */
export interface Credentials {
	/** The part of the client id before the first `|`; at most 64 characters. */
	clientId: string;
	/** Extension parameters between the bars; unknown ones are kept and ignored. */
	extension: ReadonlyMap<string, string>;
	productKey: string;
	deviceName: string;
}

/** The longest clientId proper (DA 1091). */
const CLIENT_ID_MAX = 64;

/** Reads client id and user name; a string says what is malformed. */
export function readCredentials(clientId: string, userName: string): Credentials | string {
	const bar = clientId.indexOf("|");
	if (bar < 0) return "the client id has no extension parameters between | and |";
	if (!clientId.endsWith("|") || clientId.length === bar + 1)
		return "the client id's extension parameters don't end with |";
	const base = clientId.slice(0, bar);
	if (base.length === 0) return "the client id is empty before its extension parameters";
	if ([...base].length > CLIENT_ID_MAX) return `the client id is longer than ${CLIENT_ID_MAX} characters`;
	const extension = new Map<string, string>();
	for (const pair of clientId.slice(bar + 1, -1).split(",")) {
		const equals = pair.indexOf("=");
		// An old Node SDK writes line breaks and spaces around each pair (STOCK-CLIENTS fact 16).
		if (equals > 0) extension.set(pair.slice(0, equals).trim(), pair.slice(equals + 1).trim());
	}
	const ampersand = userName.indexOf("&");
	if (ampersand < 0) return "the user name is not deviceName&productKey";
	return {
		clientId: base,
		extension,
		deviceName: userName.slice(0, ampersand),
		productKey: userName.slice(ampersand + 1),
	};
}
