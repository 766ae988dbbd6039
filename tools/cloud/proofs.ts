import { join } from "node:path";
import type { Context } from "./admin/operation";
import type { Clock } from "./clock";
import type { Events } from "./events";
import type { Router } from "./http/router";
import { CarrierKeys } from "./id2/carrier-keys";
import { serveChallenges } from "./id2/challenge-route";
import { Challenges } from "./id2/challenges";
import type { Authority } from "./listener/authority";
import type { SecureDoorOptions } from "./listener/secure-door";
import { Id2Way } from "./mqtt/gate/id2";
import type { Way } from "./mqtt/gate/way";
import { X509Way } from "./mqtt/gate/x509";
import type { Switchboard } from "./mqtt/switchboard";
import { Seal } from "./store/seal";
import type { Store } from "./store/store";
import { BatchMaker } from "./x509/batch-maker";
import { CertUrls } from "./x509/cert-url";
import { DeviceCertificates } from "./x509/device-certificates";

export interface ProofsOptions {
	state: string;
	store: Store;
	events: Events;
	clock: Clock;
	switchboard: Switchboard;
	authority: Authority;
	router: Router;
	/** Where devices and tools reach this cloud, once it listens. */
	origin(): string;
}

/** All of the cloud's that has to do with proofs of the TLS connection itself: X.509 and ID². */
export interface Proofs extends Pick<SecureDoorOptions, "clientAuthorities" | "takeSharedKey"> {
	/** They go by the connection, so they are asked before those that go by texts. */
	ways: readonly Way[];
	context: Pick<Context, "certificates" | "batches" | "certUrls" | "carriers">;
	/** Goes on with what a stopped cloud left. */
	resume(): Promise<void>;
	close(): Promise<void>;
}

/** Puts X.509 and ID² together. Throws `state` when the key file can't be used. */
export function createProofs(options: ProofsOptions): Proofs {
	const { state, store, events, clock, switchboard, authority, router } = options;
	const seal = Seal.open(join(state, "seal.key"));
	const certificates = new DeviceCertificates({
		store,
		clock,
		events,
		seal,
		authority,
		listFile: join(state, "ca", "device-ca.crl.pem"),
		onRevoked: ({ iotId }) => switchboard.throwOff(iotId, "its certificate was revoked"),
	});
	const batches = new BatchMaker({ store, events, clock, certificates });
	const certUrls = new CertUrls({ store, events, clock, seal, certificates, origin: () => options.origin() });
	certUrls.serve(router);
	const challenges = new Challenges(clock);
	serveChallenges(router, { store, events, challenges, seal });
	return {
		ways: [new X509Way(store, clock), new Id2Way(store, events)],
		context: { certificates, batches, certUrls, carriers: new CarrierKeys({ store, seal, events }) },
		clientAuthorities: () => certificates.authorities(),
		takeSharedKey: (identity) => challenges.take(identity),
		resume: () => batches.resume(),
		close: () => batches.close(),
	};
}
