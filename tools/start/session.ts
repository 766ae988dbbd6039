import { resolve } from "node:path";
import type { Changes } from "vault/records";
import { type BuildOptions, buildImage } from "../build/build";
import type { BuildError } from "../build/error";
import { type Watch, watchImage } from "../build/watch";
import { CloudClient } from "../cloud/client";
import { type Cloud, createCloud } from "../cloud/cloud";
import type { CloudEvent } from "../cloud/events";
import { networksOf } from "./air";
import { describe } from "./describe";
import { Device } from "./device";
import type { StartOptions } from "./options";
import { Outcome } from "./outcome";
import { placeOf } from "./place";
import { type Provisioned, provision } from "./provision";
import { TimeServers } from "./time-server";
import type { View } from "./view";

/** A cloud and its devices, from the start until `stop()`. */
export class StartSession {
	/** Exit code, once the run is over: `--once` has its answer, or a device can't go on. */
	readonly finished: Promise<number>;
	readonly #options: StartOptions;
	readonly #view: View;
	#finish: (code: number) => void = () => {};
	#cloud: Cloud | undefined;
	#times: TimeServers | undefined;
	#watch: Watch | undefined;
	#devices: Device[] = [];
	#outcome: Outcome | undefined;
	#deadline: NodeJS.Timeout | undefined;

	constructor(options: StartOptions, view: View) {
		this.#options = options;
		this.#view = view;
		this.finished = new Promise((finish) => {
			this.#finish = finish;
		});
	}

	/** @throws {CloudError | BuildError | PartitionError | VaultError} what can't be started, in words. */
	async start(): Promise<void> {
		const state = resolve(this.#options.state);
		const image = this.#build();
		image.catch(() => {}); // Awaited below; when the cloud fails first, that is what is told.
		const cloud = await createCloud({ state: `${state}/cloud`, lan: this.#options.lan });
		this.#cloud = cloud;
		cloud.events.on((event) => this.#onCloud(event));
		const { devices: ports, admin } = cloud.ports;
		this.#view.line("cloud", `listens at localhost:${ports.join(", ")}, admin at ${cloud.adminUrl}`, { ports, admin });
		const { auth, devices } = this.#options;
		const provisioned = await provision(new CloudClient(cloud), auth, devices);
		if (this.#options.once) this.#outcome = new Outcome(provisioned.map(({ deviceName }) => deviceName));
		// A chip has no clock that runs on without power; the simulator has this machine's.
		if (this.#options.on === "chip") this.#times = await TimeServers.start();
		const place = placeOf(auth, cloud, this.#times);
		this.#devices = provisioned.map((it) => this.#device(state, it, place));
		const built = await image;
		await Promise.all(this.#devices.map((device) => device.start(built)));
		if (this.#options.once) this.#deadline = setTimeout(() => this.#timeout(), this.#options.within * 1000);
	}

	async stop(): Promise<void> {
		clearTimeout(this.#deadline);
		this.#watch?.close();
		await Promise.all(this.#devices.map((device) => device.stop()));
		this.#times?.close();
		await this.#cloud?.close();
	}

	#device(state: string, { deviceName: name, burn }: Provisioned, place: Changes): Device {
		const { on, wifi, serial } = this.#options;
		return new Device({
			on,
			state,
			board: this.#options.board,
			deviceName: name,
			wifi,
			serial,
			async burn(vault) {
				vault.write(place);
				// Networks that somebody has burned by hand are not taken away.
				if (wifi && !vault.has("network/1/ssid")) vault.write(networksOf(wifi));
				await burn(vault);
			},
			instrument: this.#options.instrument,
			xsbug: this.#options.xsbug,
			onLine: (line) => {
				this.#view.line(`device:${name}`, line);
				this.#outcome?.console(name, line);
				this.#check();
			},
			onBurn: (done, total, slot) => {
				const percent = Math.round((100 * done) / total);
				this.#view.line(`device:${name}`, `burning ${slot}: ${percent} %`, { burn: { slot, done, total } });
			},
			onBoot: () => this.#booted(),
			onEnd: ({ code, signal, reason }) => {
				this.#fail(`${name} ended (${code ?? signal}): ${reason}`);
			},
		});
	}

	/** When the change that is being watched was saved; undefined: nothing was. */
	#saved: number | undefined;

	async #build(): Promise<string> {
		const build: BuildOptions = {
			manifest: resolve(this.#options.program),
			platform: this.#options.on,
			board: this.#options.board,
			// On a chip lines and the debugger cost flash.
			...(this.#options.on === "chip" && { debug: this.#options.xsbug !== undefined }),
		};
		const started = performance.now();
		let image: string;
		if (this.#options.watch) {
			this.#watch = await watchImage(build, {
				onBuilt: (result, saved) => {
					this.#saved = saved;
					for (const device of this.#devices) this.#restart(device, result.image);
				},
				onFailed: (error) => this.#buildFailed(error),
				onChecked: (error) => error && this.#buildFailed(error),
			});
			image = this.#watch.result.image;
		} else image = (await buildImage(build)).image;
		this.#view.line("start", `firmware built in ${Math.round(performance.now() - started)} ms`);
		return image;
	}

	#restart(device: Device, image: string): void {
		device.start(image).catch((error: Error) => {
			this.#fail(`${device.name} could not be restarted: ${error.message}`);
		});
	}

	#buildFailed(error: BuildError): void {
		this.#view.line("start", `not built: ${error.message}`);
		if (error.detail) for (const line of error.detail.split("\n")) this.#view.line("start", `  ${line}`);
	}

	/** Nothing goes on: the reason is the last line of stderr. */
	#fail(reason: string): void {
		process.stderr.write(`${reason}\n`);
		this.#finish(1);
	}

	#booted(): void {
		if (this.#saved === undefined) return;
		this.#view.line("start", `save to running: ${Math.round(performance.now() - this.#saved)} ms`);
		this.#saved = undefined;
	}

	#onCloud(event: CloudEvent): void {
		const text = describe(event);
		if (text) this.#view.line("cloud", text, { event });
		if (event.type === "message.up" && event.topic.endsWith("/thing/event/property/post")) {
			this.#outcome?.reported(event.deviceName);
			this.#check();
		}
	}

	#check(): void {
		if (this.#outcome?.done) this.#finish(0);
	}

	#timeout(): void {
		this.#view.line("start", `no acknowledged report within ${this.#options.within} s`);
		process.stderr.write(`${this.#outcome?.reason()}\n`);
		this.#finish(1);
	}
}
