import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ActionName, Actions, Answer } from "./admin/actions";
import type { CloudFile } from "./cloud";
import { CloudError, type CloudErrorCode } from "./errors";
import type { CloudEvent } from "./events";

/** Where a cloud's admin API is, and what lets one in. */
export interface AdminAccess {
	adminUrl: string;
	token: string;
}

/** The access that a running cloud wrote into its state folder. Throws `admin` when none runs there. */
export function readAccess(state: string): CloudFile {
	const file = join(state, "cloud.json");
	try {
		return JSON.parse(readFileSync(file, "utf8")) as CloudFile;
	} catch (cause) {
		throw new CloudError(
			"admin",
			`no cloud runs with the state folder ${state} (start one with: linkxs cloud --state ${state})`,
			{ cause },
		);
	}
}

/** How long an action may take, ms: many times what the slowest takes, which waits for a device. */
const TIMEOUT = 60_000;

/** A typed client of the admin API. */
export class CloudClient {
	readonly #access: AdminAccess;
	readonly #timeout: number;

	constructor(access: AdminAccess, timeout = TIMEOUT) {
		this.#access = { adminUrl: access.adminUrl, token: access.token };
		this.#timeout = timeout;
	}

	/** Calls an action. Throws CloudError: `detail` has the API's own code. */
	async call<Name extends ActionName>(action: Name, request: Actions[Name]["request"]): Promise<Answer<Name>> {
		const signal = AbortSignal.timeout(this.#timeout);
		const response = await this.#fetch(`/api/v1/${action}`, {
			method: "POST",
			body: JSON.stringify(request),
			headers: { "Content-Type": "application/json" },
			signal,
		});
		const answer = (await response.json().catch((cause: unknown) => {
			if (signal.aborted) throw this.#silent(cause);
			throw new CloudError("admin", `what answers at ${this.#access.adminUrl} is no cloud`, { cause });
		})) as Answer<Name> | { Success: false; Code: string; ErrorMessage: string; Kind: CloudErrorCode };
		if (answer.Success) return answer;
		throw new CloudError(answer.Kind, answer.ErrorMessage, { detail: answer.Code });
	}

	/** The event stream, until `signal` ends it or the cloud does. `since` brings kept events after that number first. */
	async *events(options: { since?: number; signal?: AbortSignal } = {}): AsyncGenerator<CloudEvent, void, void> {
		const query = options.since === undefined ? "" : `?since=${options.since}`;
		const response = await this.#fetch(`/api/v1/events${query}`, { ...(options.signal && { signal: options.signal }) });
		if (!response.ok || !response.body)
			throw new CloudError("admin", `the event stream was refused (HTTP ${response.status})`);
		let text = "";
		const decoder = new TextDecoder();
		try {
			for await (const part of response.body) {
				text += decoder.decode(part as Uint8Array, { stream: true });
				const blocks = text.split("\n\n");
				text = blocks.pop() ?? "";
				for (const block of blocks) {
					const data = block.split("\n").find((line) => line.startsWith("data: "));
					if (data) yield JSON.parse(data.slice("data: ".length)) as CloudEvent;
				}
			}
		} catch (error) {
			if (options.signal?.aborted !== true)
				throw new CloudError("admin", "the event stream broke off", { cause: error });
		}
	}

	async #fetch(path: string, init: RequestInit): Promise<Response> {
		try {
			return await fetch(this.#access.adminUrl + path, {
				...init,
				headers: { ...init.headers, Authorization: `Bearer ${this.#access.token}` },
			});
		} catch (cause) {
			if (cause instanceof DOMException && cause.name === "TimeoutError") throw this.#silent(cause);
			throw new CloudError("admin", `no cloud answers at ${this.#access.adminUrl}`, { cause });
		}
	}

	#silent(cause: unknown): CloudError {
		const message = `the cloud at ${this.#access.adminUrl} did not answer within ${this.#timeout / 1000} s`;
		return new CloudError("admin", message, { cause });
	}
}
