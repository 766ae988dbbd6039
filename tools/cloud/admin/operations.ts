import { batchOperations } from "./batch-operations";
import { certificateOperations } from "./certificate-operations";
import { deviceOperations } from "./device-operations";
import { id2Operations } from "./id2-operations";
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
		...batchOperations,
		...certificateOperations,
		...id2Operations,
		...registrationOperations,
		...topologyOperations,
		...messageOperations,
		...topicOperations,
	].map((one) => [one.name, one]),
);
