import type { Random } from "backoff/backoff";
import { randomNumber } from "backoff/random";
import * as halCrypto from "hal/crypto";
import Timer from "hal/timer";
import type { Carrier } from "id2/carrier";
import { prepareId2 } from "id2/prepare";
import SoftwareCarrier from "id2/software-carrier";
import type { Id2Identity, Identity } from "identity/identity";
import type { SigningCrypto } from "identity/sign";
import { type Way, wayOf } from "identity/way";
import type { Transport } from "link/device";
import type { Place } from "link/endpoint";
import type Log from "log/log";
import type { StreamClass } from "mqtt/client";
import type { Grant } from "registration/answer";
import { Keeper } from "registration/commit";
import { RegistrationError } from "registration/error";
import RegistrationPolicy from "registration/policy";
import { type GiveUp, identify, register, type Workshop } from "./attempt";
import { prepareNames } from "./names";
import { checkPair } from "./renew";
import { challengeSocket, type EnrolmentRecords, type Roots, type Settings, settingsOf } from "./settings";

/** What `link/device` wants to know of a device that is somebody. */
export interface Enrolled {
	readonly identity: Identity;
	readonly place: Place;
	readonly transport: Transport;
}

export interface EnrolmentOptions {
	/** The vault. */
	readonly records: EnrolmentRecords;
	readonly log: Log;
	readonly tcp: StreamClass;
	readonly tls: StreamClass;
	/** The platform's root certificates: for a device that has no `link/root` of its own. */
	readonly roots: Roots | (() => Roots);
	/** A secure element with an ID². Default: the vault's `identity/carrierKey`. */
	readonly carrier?: Carrier;
	/** Default `hal/crypto`. */
	readonly crypto?: SigningCrypto;
	/** Default from `hal/crypto`. */
	readonly random?: Random;
	/**
	 * Told later than the constructor; and once more after `restart()`, or when the platform has other names for a
	 * certificate: whoever made a Device of what was told before closes that one.
	 */
	readonly onReady: (enrolled: Enrolled) => void;
	/** @param wait ms until the next attempt, which is made by itself; undefined: there's none before something is burned. */
	readonly onFailed?: (error: RegistrationError, wait: number | undefined) => void;
}

/**
 * From what was burned to somebody who can connect, whichever way the vault's records tell: nothing is left to do, or the
 * device registers, or asks whom its certificate names. What it's told is in the vault before anything else happens.
 *
 * Attempts are made anew by a policy of their own, each a decision and a line in the log.
 */
export default class Enrolment {
	#options: EnrolmentOptions;
	#log: Log;
	#policy: RegistrationPolicy;
	#timer: Timer | undefined;
	#giveUp: GiveUp | undefined;
	/** Of the attempt under way. */
	#keeper: Keeper | undefined;
	/** What it proves itself with. */
	#secret: halCrypto.Key | undefined;
	#spent = false;
	/** Given, and not in the vault yet: asking again would be another registration, and cost another place. */
	#given: { readonly grant: Grant; readonly keeper: Keeper } | undefined;
	#closed = false;

	constructor(options: EnrolmentOptions) {
		this.#options = options;
		this.#log = options.log.named("enrolment");
		this.#policy = this.#newPolicy();
		this.#timer = Timer.set(() => this.#begin());
	}

	/**
	 * What was burned has changed: all begins anew by the records. An attempt that is still the right device's goes on, since
	 * it can't be taken back; what another was given is dropped. After `close()` it does nothing.
	 */
	restart(): void {
		if (this.#closed || this.#underWay()) return;
		this.#stop();
		this.#policy = this.#newPolicy();
		this.#timer = Timer.set(() => this.#begin());
	}

	/** Nobody is told any more. A second close is harmless. */
	close(): void {
		this.#closed = true;
		this.#stop();
		this.#drop();
	}

	#newPolicy(): RegistrationPolicy {
		return new RegistrationPolicy(this.#options.random ?? randomNumber);
	}

	/** Whether an attempt is, for who the records name. */
	#underWay(): boolean {
		try {
			return this.#giveUp !== undefined && this.#keeper?.current === true;
		} catch {
			return false; // they can't be read: the next attempt says so
		}
	}

	/** No attempt is under way, nor waited for. */
	#stop(): void {
		Timer.clear(this.#timer);
		this.#timer = undefined;
		this.#giveUp?.();
		this.#ended();
	}

	#ended(): void {
		this.#giveUp = undefined;
		this.#keeper = undefined;
		this.#secret?.close();
		this.#secret = undefined;
	}

	/** What was given is in the vault, or nobody's. */
	#drop(): void {
		const grant = this.#given?.grant;
		this.#given = undefined;
		if (grant) (grant.kind === "register" ? grant.deviceSecret : grant.deviceToken).close();
	}

	#begin(): void {
		this.#timer = undefined;
		this.#spent = false;
		try {
			if (this.#given) {
				this.#keep();
				this.#done(undefined);
				return;
			}
			const keeper = new Keeper(this.#options.records);
			const way = wayOf(this.#options.records);
			const ready = this.#ready(way, this.#settings());
			if (ready) this.#tellReady(ready);
			else this.#attempt(way, this.#settings(), keeper);
		} catch (error) {
			this.#ended();
			this.#failed(errorOf(error));
		}
	}

	/** @throws {RegistrationError} `vault`: it's tried again later. `superseded`: then what was given is dropped. */
	#keep(): void {
		if (!this.#given) return;
		const { grant, keeper } = this.#given;
		try {
			keeper.keep(grant);
		} catch (error) {
			if ((error as RegistrationError).code !== "vault") this.#drop();
			throw error;
		}
		this.#drop();
	}

	#settings(): Settings {
		const { records, roots } = this.#options;
		return settingsOf(records, () => (typeof roots === "function" ? roots() : roots));
	}

	/** What needs no attempt. @throws {RegistrationError | RangeError} */
	#ready(way: Way, settings: Settings): Enrolled | undefined {
		const { place, roots } = settings;
		const { tcp, tls } = this.#options;
		const secure: Transport = { io: tls, secure: { roots } };
		switch (way.kind) {
			case "none":
				throw new RegistrationError("no-identity", way.why);
			case "device-secret": {
				return { identity: way.identity, place, transport: place.security === "tcp" ? { io: tcp } : secure };
			}
			case "token":
				return { identity: way.identity, place: securePlace(place), transport: secure };
			case "x509":
				// Said here, where it's what was burned that is wrong, and not by the first connection.
				checkPair(way.certified.certificate, way.certified.privateKey);
				return (
					way.identity && {
						identity: way.identity,
						place: securePlace(place),
						transport: { ...secure, prepare: this.#prepareNames() },
					}
				);
			case "id2": {
				const carrier = this.#carrier(way.id2, way.carrierKey);
				const transport = { io: tls, prepare: this.#prepare(way.identity, carrier, settings) };
				return { identity: way.identity, place: securePlace(place), transport };
			}
			case "register":
			case "regnwl":
				return undefined;
		}
	}

	#carrier(id2: string, key: halCrypto.Key | undefined): Carrier {
		const { carrier } = this.#options;
		if (carrier) {
			key?.close();
			return carrier;
		}
		if (key === undefined) throw new RegistrationError("no-identity", "no carrierKey, and no carrier");
		return new SoftwareCarrier(id2, key);
	}

	#prepare(identity: Id2Identity, carrier: Carrier, settings: Settings) {
		const { tcp, crypto = halCrypto } = this.#options;
		return prepareId2({ identity, carrier, crypto, socket: challengeSocket(tcp, settings, identity.productKey) });
	}

	#prepareNames() {
		const { records, tls } = this.#options;
		return prepareNames({
			begin: () => {
				const way = wayOf(records);
				if (way.kind !== "x509") throw new RegistrationError("no-identity", "another way was burned");
				const { certified } = way;
				this.#log.info("refused by its names: asks whom its certificate names");
				return { certified, keeper: new Keeper(records), settings: this.#settings(), tls };
			},
			onRenamed: () => {
				this.#log.warn("the platform has other names for this certificate: they are kept");
				this.restart();
			},
		});
	}

	#attempt(way: Way, settings: Settings, keeper: Keeper): void {
		const { tls, crypto = halCrypto } = this.#options;
		this.#keeper = keeper;
		const workshop: Workshop = {
			keeper,
			settings,
			tls,
			crypto,
			onGrant: (grant) => {
				this.#given = { grant, keeper };
				this.#keep();
			},
			onSpent: () => {
				this.#spent = true;
			},
			onDone: (error) => this.#done(error),
		};
		switch (way.kind) {
			case "register":
			case "regnwl": {
				const road = way.kind === "register" ? way.road : "mqtt";
				const { productKey, deviceName, productSecret } = way.product;
				this.#secret = productSecret;
				this.#log.info(`${deviceName} of ${productKey} registers over ${road} (${way.kind})`);
				this.#giveUp = register(way.kind, road, way.product, workshop);
				break;
			}
			case "x509":
				this.#log.info("asks whom its certificate names");
				this.#secret = way.certified.privateKey;
				this.#giveUp = identify(way.certified, workshop);
				break;
			default:
				throw new RegistrationError("no-identity");
		}
	}

	#done(error: RegistrationError | undefined): void {
		this.#ended();
		if (error) {
			this.#failed(error);
			return;
		}
		this.#log.info("registered");
		try {
			const ready = this.#ready(wayOf(this.#options.records), this.#settings());
			// What was just written must be readable: else asking again would ask for ever.
			if (!ready) throw new RegistrationError("vault", "what was kept is not there");
			this.#tellReady(ready);
		} catch (thrown) {
			this.#failed(errorOf(thrown));
		}
	}

	#tellReady(enrolled: Enrolled): void {
		if (this.#closed) return;
		this.#stop();
		try {
			this.#options.onReady(enrolled);
		} catch (error) {
			this.#log.exception("onReady", error);
		}
	}

	#failed(error: RegistrationError): void {
		if (this.#closed) return;
		const wait = this.#policy.decide(error, this.#spent);
		const next = wait === undefined ? "not tried again" : `again in ${(wait / 1000).toFixed(1)} s`;
		this.#log.warn(`failed: ${error.message}, ${next}`);
		if (wait !== undefined) this.#timer = Timer.set(() => this.#begin(), wait);
		try {
			this.#options.onFailed?.(error, wait);
		} catch (thrown) {
			this.#log.exception("onFailed", thrown);
		}
	}
}

/** Only a device with a secret of its own may go without TLS: the others would show theirs, or can't prove themselves. */
function securePlace(place: Place): Place {
	if (place.security === "tcp") throw new RegistrationError("not-secure", "this identity connects over TLS only");
	return place;
}

/** What was thrown on the way: a record that's wrong, or a certificate that can't be read, is what was burned. */
function errorOf(error: unknown): RegistrationError {
	if (error instanceof RegistrationError) return error;
	const { name, message, code } = error as Error & { code?: string };
	switch (name) {
		case "RangeError":
		case "TypeError":
			return new RegistrationError("no-identity", message, error);
		case "VaultError":
			return new RegistrationError("vault", code, error);
		case "TlsError": // it has no memory for another connection
			return new RegistrationError("tls", code, error);
		default: // nor has the platform a socket
			return new RegistrationError("network", code, error);
	}
}
