import type { Clock } from "../clock";
import type { Events } from "../events";
import type { CarrierKeys } from "../id2/carrier-keys";
import type { Switchboard } from "../mqtt/switchboard";
import type { Store } from "../store/store";
import type { Waiting } from "../thing/waiting";
import type { BatchMaker } from "../x509/batch-maker";
import type { CertUrls } from "../x509/cert-url";
import type { DeviceCertificates } from "../x509/device-certificates";
import type { ActionName, Actions } from "./actions";

/** What operations work on. */
export interface Context {
	store: Store;
	events: Events;
	clock: Clock;
	switchboard: Switchboard;
	waiting: Waiting;
	certificates: DeviceCertificates;
	batches: BatchMaker;
	certUrls: CertUrls;
	carriers: CarrierKeys;
}

/** A JSON Schema, as far as the API's description needs it. */
export interface JsonSchema {
	type?: "string" | "integer" | "number" | "boolean" | "array" | "object";
	description?: string;
	enum?: readonly (string | number)[];
	minimum?: number;
	maximum?: number;
	maxLength?: number;
	format?: string;
	items?: JsonSchema;
	properties?: Readonly<Record<string, JsonSchema>>;
	required?: readonly string[];
	additionalProperties?: boolean;
}

/** An action: its description, what it takes and answers, what it does. */
export interface Operation<Name extends ActionName = ActionName> {
	name: Name;
	/** One sentence for the API's description. */
	summary: string;
	/** Fields of the request. */
	parameters: Readonly<Record<string, JsonSchema>>;
	required: readonly string[];
	/** Fields of the answer beside RequestId and Success. */
	answer: Readonly<Record<string, JsonSchema>>;
	/** Throws CloudError when it can't be done. */
	run(request: Actions[Name]["request"], context: Context): Promise<Actions[Name]["response"]>;
}

/** An operation whose names were checked where it was defined, as the table holds it. */
export interface AnyOperation extends Omit<Operation, "run" | "name"> {
	name: ActionName;
	run(request: Record<string, unknown>, context: Context): Promise<object>;
}

/** Puts an operation into the table's form: its request was validated against `parameters` before `run` sees it. */
export function operation<Name extends ActionName>(one: Operation<Name>): AnyOperation {
	return { ...one, run: (request, context) => one.run(request as Actions[Name]["request"], context) };
}

export const text = (description: string, maxLength = 4096): JsonSchema => ({ type: "string", description, maxLength });
export const integer = (description: string, minimum?: number, maximum?: number): JsonSchema => ({
	type: "integer",
	description,
	...(minimum !== undefined && { minimum }),
	...(maximum !== undefined && { maximum }),
});
export const boolean = (description: string): JsonSchema => ({ type: "boolean", description });
export const choice = (description: string, ...values: (string | number)[]): JsonSchema => ({
	type: typeof values[0] === "number" ? "integer" : "string",
	description,
	enum: values,
});
export const list = (items: JsonSchema): JsonSchema => ({ type: "array", items });
/** An object all of whose fields are always there, but those named in `optional`. */
export const object = (
	properties: Readonly<Record<string, JsonSchema>>,
	optional: readonly string[] = [],
): JsonSchema => ({
	type: "object",
	properties,
	required: Object.keys(properties).filter((name) => !optional.includes(name)),
	additionalProperties: false,
});

/** A time that may not have been yet. */
export const UTC = text("UTC, ISO 8601, or empty.");

/** The fields that name a device. */
export const DEVICE_FIELDS = Object.freeze({
	ProductKey: text("ProductKey of the device's product; with DeviceName, unless IotId is given.", 64),
	DeviceName: text("The device's name.", 64),
	IotId: text("The device's IotId, in place of ProductKey and DeviceName.", 64),
});
