// A device whose certificate expires, by the cloud's clock: refused, typed, and slow to come back.
import { encode } from "hal/text";
import config from "mc/config";
import { expect, test } from "test/expect";
import { peer } from "test/peer";
import { ask, enrol, records, refusal, secret, works } from "../registration/support";

interface Config {
	readonly port: number;
	readonly root: string;
	readonly certificate: string;
	readonly privateKey: string;
	readonly moverPort: number;
}

const { port, root, certificate, privateKey, moverPort } = config as unknown as Config;

const burned = () =>
	records(port, root, {
		"link/host": "x509.localhost",
		"link/address": peer,
		"identity/certificate": encode(certificate),
		"identity/privateKey": secret(privateKey),
	});
const days = (count: number) => ask(moverPort, `/${count}`);

test("a certificate that has expired is refused, typed, whether its names are known or not", async () => {
	const vault = burned();
	const outcome = await enrol(vault);
	await works(outcome);
	await days(3651);
	const state = await refusal(outcome, { storage: vault, random: () => 0.5 });
	expect(state).toMatchObject({ error: { code: "not-authorized" }, refusal: "certificate", wait: 60_000 });
	const { error, wait } = await enrol(burned(), { random: () => 0.5 });
	expect([error?.code, wait]).toEqual(["certificate-refused", 120_000]);
	await days(-3651);
	await works(outcome);
});
