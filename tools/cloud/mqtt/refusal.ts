/** The error by which aedes is told to refuse a CONNECT (with a return code) or to close a connection. */
export class Refusal extends Error {
	readonly returnCode: number;

	constructor(reason: string, returnCode = 0) {
		super(reason);
		this.name = "Refusal";
		this.returnCode = returnCode;
	}
}
