import { CloudError } from "../errors";
import type { AnyOperation, JsonSchema } from "./operation";

/** Checks a request's fields against an operation's; throws `invalid` naming the field, as the platform does. */
export function validate(operation: AnyOperation, body: Record<string, unknown>): void {
	for (const name of operation.required) {
		if (body[name] === undefined || body[name] === null)
			throw new CloudError("invalid", `${name} is missing`, { detail: `Missing${name}` });
	}
	for (const [name, value] of Object.entries(body)) {
		const schema = Object.hasOwn(operation.parameters, name) ? operation.parameters[name] : undefined;
		const wrong = schema ? check(schema, value) : "is not a field of this action";
		if (wrong !== undefined)
			throw new CloudError("invalid", `${name} ${wrong}`, {
				detail: `Invalid${/^\w{1,40}$/.test(name) ? name : "Field"}`,
			});
	}
}

function check(schema: JsonSchema, value: unknown): string | undefined {
	switch (schema.type) {
		case "string":
			if (typeof value !== "string") return "is not a string";
			if (schema.maxLength !== undefined && value.length > schema.maxLength)
				return `is longer than ${schema.maxLength}`;
			break;
		case "integer":
			if (!Number.isSafeInteger(value)) return "is not an integer";
			if (schema.minimum !== undefined && Number(value) < schema.minimum) return `is less than ${schema.minimum}`;
			if (schema.maximum !== undefined && Number(value) > schema.maximum) return `is more than ${schema.maximum}`;
			break;
		case "boolean":
			if (typeof value !== "boolean") return "is neither true nor false";
			break;
		case "array":
			if (!Array.isArray(value)) return "is not a list";
			for (const item of value) {
				const wrong = schema.items && check(schema.items, item);
				if (wrong !== undefined) return `has an item that ${wrong}`;
			}
			break;
		case "object":
			return checkObject(schema, value);
		default:
			return "is of a kind that no action takes";
	}
	if (schema.enum && !schema.enum.includes(value as string | number)) return `is none of ${schema.enum.join(", ")}`;
	return undefined;
}

function checkObject({ properties = {}, required = [] }: JsonSchema, value: unknown): string | undefined {
	if (typeof value !== "object" || value === null || Array.isArray(value)) return "is not an object";
	const fields = value as Record<string, unknown>;
	for (const name of required) if (fields[name] === undefined) return `has no ${name}`;
	for (const [name, field] of Object.entries(fields)) {
		const schema = Object.hasOwn(properties, name) ? properties[name] : undefined;
		if (!schema) return "has a field that is none of it";
		const wrong = check(schema, field);
		if (wrong !== undefined) return `has a ${name} that ${wrong}`;
	}
	return undefined;
}
