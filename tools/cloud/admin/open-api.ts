import { CLOUD_ERROR_CODES } from "../errors";
import type { AnyOperation, JsonSchema } from "./operation";
import { OPERATIONS } from "./operations";

const PROBLEM: JsonSchema = {
	type: "object",
	properties: {
		RequestId: { type: "string" },
		Success: { type: "boolean", description: "false" },
		Code: { type: "string", description: "The platform's code where it has one." },
		ErrorMessage: { type: "string", description: "What is wrong, in words." },
		Kind: { type: "string", description: "Ours: what a caller can act on.", enum: CLOUD_ERROR_CODES },
	},
	required: ["RequestId", "Success", "Code", "ErrorMessage", "Kind"],
};

/** The optional fields of an answer: those whose absence has a meaning. */
const OPTIONAL = new Set(["Reason"]);

function path(one: AnyOperation): unknown {
	const request: JsonSchema = {
		type: "object",
		properties: one.parameters,
		required: one.required,
		additionalProperties: false,
	};
	const fields = {
		RequestId: { type: "string" } as JsonSchema,
		Success: { type: "boolean", description: "true" } as JsonSchema,
		...one.answer,
	};
	const answer: JsonSchema = {
		type: "object",
		properties: fields,
		required: Object.keys(fields).filter((name) => !OPTIONAL.has(name)),
		additionalProperties: false,
	};
	return {
		post: {
			operationId: one.name,
			summary: one.summary,
			security: [{ token: [] }],
			requestBody: { required: one.required.length > 0, content: { "application/json": { schema: request } } },
			responses: {
				"200": { description: "Done.", content: { "application/json": { schema: answer } } },
				"4XX": {
					description: "Not done.",
					content: { "application/json": { schema: { $ref: "#/components/schemas/Problem" } } },
				},
			},
		},
	};
}

/** The API's description, OpenAPI 3.1, from the table that the server runs. `openapi.json` beside this is its copy. */
export function openApi(): Record<string, unknown> {
	const paths = Object.fromEntries([...OPERATIONS.values()].map((one) => [`/api/v1/${one.name}`, path(one)]));
	return {
		openapi: "3.1.0",
		info: {
			title: "linkxs local cloud, admin API",
			version: "1.0.0",
			description: "Alibaba's OpenAPI action names and fields as JSON; what is ours alone says so.",
		},
		paths: {
			...paths,
			"/api/v1/events": {
				get: {
					operationId: "events",
					summary: "Everything that happens, as server-sent events.",
					security: [{ token: [] }],
					parameters: [
						{
							name: "since",
							in: "query",
							schema: { type: "integer" },
							description: "First the kept events after this number.",
						},
						{ name: "type", in: "query", schema: { type: "string" }, description: "Only these kinds, comma between." },
					],
					responses: { "200": { description: "The stream.", content: { "text/event-stream": {} } } },
				},
			},
		},
		components: { securitySchemes: { token: { type: "http", scheme: "bearer" } }, schemas: { Problem: PROBLEM } },
	};
}
