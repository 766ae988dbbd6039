import { timingSafeEqual } from "node:crypto";
import type { Clock } from "../clock";
import type { Events } from "../events";
import type { HttpAnswer, HttpRequest, Router } from "../http/router";
import type { Batch } from "../store/batches";
import type { Device } from "../store/devices";
import type { Seal } from "../store/seal";
import type { Store } from "../store/store";
import type { Burnable, DeviceCertificates } from "./device-certificates";
import { zip } from "./zip";

/** How long a CertUrl can be used, ms, from when its batch was finished (DA 214). */
export const CERT_URL_LIFE = 30 * 24 * 3600 * 1000;
const PATH = "/x509/certificates";
/** In place of a device's position: the whole batch. */
const ALL = "all";

export interface CertUrlsOptions {
	store: Store;
	events: Events;
	clock: Clock;
	seal: Seal;
	certificates: DeviceCertificates;
	/** Where devices and tools reach this cloud, such as https://localhost:1883 */
	origin(): string;
}

/**
 * Addresses from which a batch's certificates and keys are downloaded. The address is the permission: its last part can't
 * be guessed, and nothing of it is kept.
 */
export class CertUrls {
	readonly #options: CertUrlsOptions;

	constructor(options: CertUrlsOptions) {
		this.#options = options;
	}

	/** The address of one device's certificate and key, or of all in a ZIP archive. */
	of(batch: Batch, position: number | typeof ALL): string {
		return `${this.#options.origin()}${PATH}/${batch.applyId}-${position}-${this.#token(batch, position)}`;
	}

	/**
	 * The batch's table: what its devices are burned with. Those that could not be made are not in it; certificates are a
	 * column where there are some.
	 */
	async table(batch: Batch): Promise<string> {
		const { store } = this.#options;
		const withUrls = (await store.products.get(batch.productKey)).authType === "x509";
		const { rows } = await store.batches.devices(batch.applyId, 1, Number.MAX_SAFE_INTEGER);
		const lines = rows.map(({ device: { deviceName, deviceSecret, productKey }, position }) =>
			[deviceName, deviceSecret, productKey, ...(withUrls ? [this.of(batch, position)] : [])].join(","),
		);
		return [`DeviceName,DeviceSecret,ProductKey${withUrls ? ",CertUrl" : ""}`, ...lines, ""].join("\r\n");
	}

	/** Serves what `of` points to, and what those who check devices need: the authority and the list of the revoked. */
	serve(router: Router): void {
		const { certificates } = this.#options;
		router.on("GET", `${PATH}/*`, (request) => this.#download(request));
		const file = (name: string, type: string, body: string) => download(name, type, Buffer.from(body));
		router.on("GET", "/x509/device-ca.pem", async () =>
			file("device-ca.pem", "application/x-pem-file", (await certificates.authorities()).join("")),
		);
		router.on("GET", "/x509/device-ca.crl.pem", async () =>
			file("device-ca.crl.pem", "application/x-pem-file", await certificates.list()),
		);
	}

	#token({ applyId, createdAt, productKey }: Batch, position: number | typeof ALL): string {
		return this.#options.seal.sign(`CertUrl ${productKey} ${applyId} ${createdAt} ${position}`);
	}

	async #download({ rest, transport, remote }: HttpRequest): Promise<HttpAnswer> {
		const { store, clock, events } = this.#options;
		const refuse = (status: number, message: string): HttpAnswer => ({ status, json: { code: status, message } });
		// The request has shown the address to everybody on its way already; the answer would show the keys, too.
		if (transport !== "tls") return refuse(403, "keys are given over HTTPS alone");
		const [, applyId, position, token] = /^(\d{1,15})-(\d{1,5}|all)-([\w-]{43})$/.exec(rest) ?? [];
		const batch = await store.batches.get(Number(applyId ?? -1)).catch(() => undefined);
		if (!batch || position === undefined || token === undefined) return refuse(404, "not found");
		const place = position === ALL ? ALL : Number(position);
		const right = Buffer.from(this.#token(batch, place));
		const given = Buffer.from(token);
		if (right.length !== given.length || !timingSafeEqual(right, given)) return refuse(404, "not found");
		if (batch.finishedAt === undefined) return refuse(409, "the batch is still being made");
		if (clock.now() >= batch.finishedAt + CERT_URL_LIFE) return refuse(410, "this address counted for 30 days");
		const { productKey } = batch;
		const answer = place === ALL ? await this.#archive(batch) : await this.#single(batch, place);
		if (!answer) return refuse(410, "the certificate was revoked, or its device removed");
		const what =
			place === ALL ? `certificates of batch ${batch.applyId}` : `certificate ${place} of batch ${batch.applyId}`;
		events.emit({ type: "certificate.downloaded", productKey, remote, what });
		return answer;
	}

	async #single(batch: Batch, position: number): Promise<HttpAnswer | undefined> {
		const item = (await this.#options.store.batches.items(batch.applyId))[position];
		const device =
			item?.iotId === undefined ? undefined : await this.#options.store.devices.find({ iotId: item.iotId });
		const burnable = device && (await this.#options.certificates.burnable(device));
		if (!burnable) return undefined;
		const { certificate, privateKey } = burnable;
		const name = `${fileName(device)}.pem`;
		return download(name, "application/x-pem-file", Buffer.from(certificate + privateKey));
	}

	async #archive(batch: Batch): Promise<HttpAnswer> {
		const { store, certificates } = this.#options;
		const { rows } = await store.batches.devices(batch.applyId, 1, Number.MAX_SAFE_INTEGER);
		const made: { device: Device; burnable: Burnable }[] = [];
		for (const { device } of rows) {
			const burnable = await certificates.burnable(device);
			if (burnable) made.push({ device, burnable });
		}
		const files = made.flatMap(({ device, burnable }) => [
			{ name: `${fileName(device)}.cert.pem`, content: burnable.certificate },
			{ name: `${fileName(device)}.key.pem`, content: burnable.privateKey },
		]);
		const failed = (await store.batches.items(batch.applyId)).filter((one) => one.failure !== "");
		if (failed.length > 0) {
			const lines = failed.map((one) => `${one.deviceName}: ${one.failure}\r\n`);
			files.push({ name: "failed.txt", content: lines.join("") });
		}
		return download(`batch-${batch.applyId}.zip`, "application/zip", zip(files));
	}
}

/** A DeviceName as a file name everywhere: of what it may hold, Windows takes no colon. */
export function fileName({ deviceName }: Pick<Device, "deviceName">): string {
	return deviceName.replaceAll(":", "%3A");
}

function download(name: string, type: string, body: Buffer): HttpAnswer {
	const headers = {
		"Content-Type": type,
		"Content-Disposition": `attachment; filename="${name}"`,
		"Cache-Control": "no-store",
	};
	return { headers, body };
}
