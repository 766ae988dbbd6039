import type { Command } from "commander";
import { registerBatches } from "./commands/batches";
import { registerCertificates } from "./commands/certificates";
import { registerDevices } from "./commands/devices";
import { registerEvents } from "./commands/events";
import { registerId2 } from "./commands/id2";
import { registerMessages } from "./commands/messages";
import { registerOpenApi } from "./commands/openapi";
import { registerProducts } from "./commands/products";
import { registerRegistration } from "./commands/registration";
import { registerRun } from "./commands/run";
import { registerTopics } from "./commands/topics";

/** Adds `linkxs cloud` and its commands. */
export function register(program: Command): void {
	const cloud = program.command("cloud").description("run the local cloud, or steer one that runs");
	registerRun(cloud);
	registerProducts(cloud);
	registerTopics(cloud);
	registerDevices(cloud);
	registerRegistration(cloud);
	registerBatches(cloud);
	registerCertificates(cloud);
	registerId2(cloud);
	registerMessages(cloud);
	registerEvents(cloud);
	registerOpenApi(cloud);
}
