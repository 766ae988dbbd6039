import type { Certified } from "identity/way";
import type { Prepare } from "mqtt/client";
import { MqttError } from "mqtt/error";
import { type GiveUp, type Inquiry, identify } from "./attempt";

export interface NamesOptions {
	/** The certificate as the records have it now, and what asking works with. @throws what the records throw. */
	readonly begin: () => { readonly certified: Certified } & Omit<Inquiry, "onDone">;
	/** The platform has other names for it: they're kept. */
	readonly onRenamed: () => void;
}

/**
 * For `mqtt/client`: who logs in by a certificate and the names that it had once is refused when the platform has others for
 * it now. So after such a refusal one connection comes first that asks whom it names: as rarely as refusals are.
 */
export function prepareNames({ begin, onRenamed }: NamesOptions): Prepare {
	return (done, last) => {
		let giveUp: GiveUp | undefined;
		if (last?.code === "bad-user-name-or-password") {
			const { certified, ...inquiry } = begin();
			giveUp = identify(certified, {
				...inquiry,
				onDone(error) {
					certified.privateKey.close();
					// Whoever isn't told its names goes on as before, and hears by that what is wrong.
					if (error || inquiry.keeper.current) return done(undefined);
					done(new MqttError("preparation", { detail: "the platform has other names for this certificate" }));
					onRenamed();
				},
			});
		} else done(undefined);
		return () => giveUp?.();
	};
}
