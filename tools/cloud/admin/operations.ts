import { deviceOperations } from "./device-operations";
import { messageOperations } from "./message-operations";
import type { AnyOperation } from "./operation";
import { productOperations } from "./product-operations";
import { topicOperations } from "./topic-operations";

/** Every action, by name. */
export const OPERATIONS: ReadonlyMap<string, AnyOperation> = new Map(
	[...productOperations, ...deviceOperations, ...messageOperations, ...topicOperations].map((one) => [one.name, one]),
);
