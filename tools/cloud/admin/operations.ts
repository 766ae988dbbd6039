import { deviceOperations } from "./device-operations";
import { messageOperations } from "./message-operations";
import type { AnyOperation } from "./operation";
import { productOperations } from "./product-operations";
import { registrationOperations } from "./registration-operations";
import { topicOperations } from "./topic-operations";
import { topologyOperations } from "./topology-operations";

/** Every action, by name. */
export const OPERATIONS: ReadonlyMap<string, AnyOperation> = new Map(
	[
		...productOperations,
		...deviceOperations,
		...registrationOperations,
		...topologyOperations,
		...messageOperations,
		...topicOperations,
	].map((one) => [one.name, one]),
);
