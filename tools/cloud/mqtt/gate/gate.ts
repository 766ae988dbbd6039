import { type Credentials, readCredentials } from "../credentials";
import { checkRegion } from "./region";
import { type Admission, authTypeOf, type ConnectRequest, ReturnCode, refuser, type Way } from "./way";

const NOBODY: Credentials = Object.freeze({ clientId: "", extension: new Map(), productKey: "", deviceName: "" });

/** Decides over CONNECT packets: finds the way that its sender goes, which judges it. */
export class Gate {
	readonly #ways: readonly Way[];
	readonly #region: string;

	/** The ways in the order in which they are asked, and the region that the cloud stands for. */
	constructor(ways: readonly Way[], region: string) {
		this.#ways = ways;
		this.#region = region;
	}

	/** Judges a CONNECT packet. Rejects only when the database fails. */
	async admit(request: ConnectRequest): Promise<Admission> {
		const read = request.userName === undefined ? undefined : readCredentials(request.clientId, request.userName);
		const credentials = typeof read === "object" ? read : NOBODY;
		const foreign = checkRegion(request.servername, this.#region);
		if (foreign !== undefined) return refuser(credentials)(ReturnCode.credentials, foreign);
		const way = this.#ways.find(
			(one) => (one.byConnection || credentials !== NOBODY) && one.claims(request, credentials),
		);
		if (way) return way.admit(request, credentials);
		if (read === undefined)
			return { outcome: "refused", returnCode: ReturnCode.credentials, reason: "there is no user name" };
		if (typeof read === "string") return { outcome: "refused", returnCode: ReturnCode.parameters, reason: read };
		const reason = `authType=${authTypeOf(credentials)} is not served by this cloud`;
		return refuser(credentials)(ReturnCode.parameters, reason);
	}
}
