import type { Command } from "commander";
import { registerDevices } from "./commands/devices";
import { registerEvents } from "./commands/events";
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
	registerMessages(cloud);
	registerEvents(cloud);
	registerOpenApi(cloud);
}
