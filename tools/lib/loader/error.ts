/** The statuses of hal/BURN.md, section 3, in their order. */
export const statuses = [
	"ok",
	"malformed",
	"version",
	"unsupported",
	"no-table",
	"bad-table",
	"other-table",
	"no-slot",
	"bad-image",
	"wrong-board",
	"too-large",
	"not-begun",
	"out-of-order",
	"incomplete",
	"wrong-digest",
	"flash",
] as const;

export type LoaderStatus = Exclude<(typeof statuses)[number], "ok">;

export type LoaderErrorCode =
	| "closed" // the line ended: unplugged, or the emulator stopped
	| "no-answer"
	| "nonsense" // an answer that lacks what the protocol says it has
	/** The loader refused the request. */
	| LoaderStatus;

/** Something went wrong between a host and a boot loader. */
export class LoaderError extends Error {
	override readonly name = "LoaderError";
	readonly code: LoaderErrorCode;
	/** The loader's words. */
	readonly detail: string | undefined;

	constructor(code: LoaderErrorCode, message: string, detail?: string) {
		super(message);
		this.code = code;
		this.detail = detail;
	}
}

const words: Readonly<Record<LoaderStatus, string>> = {
	malformed: "it does not understand the request",
	version: "it speaks another version of the protocol; update these tools or the loader",
	unsupported: "it has no such command; update the loader",
	"no-table": "its flash has no partition table",
	"bad-table": "the partition table is not right",
	"other-table": "its flash has another partition table, and what it holds lies where that one says",
	"no-slot": "the board has no such slot",
	"bad-image": "it does not take this image",
	"wrong-board": "the image is for another board",
	"too-large": "the image is larger than the slot",
	"not-begun": "it was restarted",
	"out-of-order": "a piece is missing",
	incomplete: "a piece is missing",
	"wrong-digest": "what arrived is not what was sent",
	flash: "its flash failed",
};

/** The loader's refusal in words. */
export function refusal(code: LoaderStatus, detail: string): LoaderError {
	const about = detail ? ` (${detail})` : "";
	return new LoaderError(code, `the boot loader refused: ${words[code]}${about}`, detail || undefined);
}
