import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ActionName } from "../../tools/cloud/admin/actions";
import type { Context } from "../../tools/cloud/admin/operation";
import { OPERATIONS } from "../../tools/cloud/admin/operations";
import { Events } from "../../tools/cloud/events";
import { LIMITS } from "../../tools/cloud/limits";
import { Gate } from "../../tools/cloud/mqtt/gate/gate";
import { RegisterWay } from "../../tools/cloud/mqtt/gate/register";
import { SecretWay } from "../../tools/cloud/mqtt/gate/secret";
import { TokenWay } from "../../tools/cloud/mqtt/gate/token";
import type { Admission } from "../../tools/cloud/mqtt/gate/way";
import { Reception } from "../../tools/cloud/mqtt/reception";
import { Switchboard } from "../../tools/cloud/mqtt/switchboard";
import { Registrar } from "../../tools/cloud/registration/registrar";
import { openDatabase } from "../../tools/cloud/store/database";
import { Store } from "../../tools/cloud/store/store";
import { ManualClock } from "./lib/manual-clock";

/** The rules of registration, said once more as a model of one name, against the gate and the admin actions at random. */
const STEPS = process.env["LINKXS_ALL"] ? 20_000 : 600;
const folder = mkdtempSync(join(tmpdir(), "linkxs-model-"));
const clock = new ManualClock();
let store: Store;
let reception: Reception;
let context: Context;
let productKey: string;
let productSecret: string;
const deviceName = "name";

/** What the model knows of the name. */
interface Name {
	byToken: boolean;
	disabled: boolean;
	registered: boolean;
	secret: string;
	tokens: { clientId: string; deviceToken: string; forbidden: boolean }[];
}

beforeAll(async () => {
	store = new Store(await openDatabase(join(folder, "cloud.db")), clock, () => {});
	const events = new Events(() => clock.now());
	const switchboard = new Switchboard(store, events, clock);
	const registrar = new Registrar(store, events, LIMITS);
	const gate = new Gate([new SecretWay(store), new RegisterWay(registrar), new TokenWay(store)], "cn-shanghai");
	reception = new Reception(gate, store, switchboard);
	const certificates = { removed: () => {} };
	context = { store, events, clock, switchboard, certificates } as unknown as Context;
	({ productKey, productSecret } = await store.products.create({ name: "model" }));
});
afterAll(async () => {
	await store.close();
	rmSync(folder, { recursive: true, force: true });
});

const act = (name: ActionName, request: object = {}) =>
	OPERATIONS.get(name)?.run({ ProductKey: productKey, DeviceName: deviceName, ...request }, context);
const sign = (secret: string, content: string) => createHmac("sha256", secret).update(content).digest("hex");

function ask(clientId: string, password: string): Promise<Admission> {
	const userName = `${deviceName}&${productKey}`;
	const request = { clientId, userName, password, keepAlive: 60, transport: "tls", remote: "127.0.0.1:1" } as const;
	return reception.receive(request, true, () => {});
}
const bySecret = (secret: string) =>
	ask("c|securemode=2,signmethod=hmacsha256|", sign(secret, `clientIdcdeviceName${deviceName}productKey${productKey}`));
const byToken = ({ clientId, deviceToken }: { clientId: string; deviceToken: string }) =>
	ask(`${clientId}|securemode=-2,authType=connwl|`, deviceToken);
const registering = (kind: "register" | "regnwl") =>
	ask(
		`c|securemode=2,authType=${kind},random=1,signmethod=hmacsha256|`,
		sign(productSecret, `deviceName${deviceName}productKey${productKey}random1`),
	);
/** The return code, 0 for in. */
const codeOf = (admission: Admission) => (admission.outcome === "refused" ? admission.returnCode : 0);
const toldBy = (admission: Admission) =>
	admission.outcome === "registration"
		? (JSON.parse(admission.push[0]?.payload.toString() ?? "") as Record<string, string>)
		: {};

it(`holds for ${STEPS} steps at random`, { timeout: 600_000 }, async () => {
	let seed = 20_261_124;
	const random = (below: number) => {
		seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
		return Math.floor((seed / 2 ** 32) * below);
	};
	let on = false;
	let name: Name | undefined;
	const gone: { secrets: string[]; tokens: { clientId: string; deviceToken: string }[] } = { secrets: [], tokens: [] };
	const trail: string[] = [];
	const seen = new Map<string, number>();

	const steps: Record<string, () => Promise<void>> = {
		register: async () => {
			const admission = await registering("register");
			const may = on && name && !name.byToken && !name.disabled && !name.registered;
			expect(codeOf(admission)).toBe(may ? 0 : 4);
			if (may) expect(toldBy(admission)).toEqual({ productKey, deviceName, deviceSecret: name?.secret });
		},
		regnwl: async () => {
			const admission = await registering("regnwl");
			const others = name?.tokens ?? [];
			const open =
				!name || (name.byToken && !name.disabled && others.length < 5 && !others.some((one) => one.forbidden));
			expect(codeOf(admission)).toBe(on && open ? 0 : 4);
			if (!on || !open) return;
			const { clientId = "", deviceToken = "" } = toldBy(admission);
			const { deviceSecret } = await store.devices.get({ productKey, deviceName });
			name ??= { byToken: true, disabled: false, registered: false, secret: deviceSecret, tokens: [] };
			name.tokens.push({ clientId, deviceToken, forbidden: false });
		},
		"connect by secret": async () => {
			const admission = await bySecret(name?.secret ?? "none");
			expect(codeOf(admission)).toBe(!name || name.byToken ? 4 : name.disabled ? 5 : 0);
			if (name && codeOf(admission) === 0) name.registered = true;
		},
		"connect by an old secret": async () => {
			const old = gone.secrets[random(gone.secrets.length)];
			if (old !== undefined) expect(codeOf(await bySecret(old))).toBe(4);
		},
		"connect by token": async () => {
			const one = name?.tokens[random(name.tokens.length)];
			if (!name || !one) return;
			const admission = await byToken(one);
			expect(codeOf(admission)).toBe(one.forbidden || name.disabled ? 5 : 0);
			if (codeOf(admission) === 0) name.registered = true;
		},
		"connect by an old token": async () => {
			const old = gone.tokens[random(gone.tokens.length)];
			if (old) expect(codeOf(await byToken(old))).toBe(4);
		},
		reset: async () => {
			if (!name) return;
			await act("ResetThing");
			name.registered = false;
			gone.tokens.push(...name.tokens.splice(0));
		},
		"disable or enable": async () => {
			if (!name) return;
			name.disabled = !name.disabled;
			await act(name.disabled ? "DisableThing" : "EnableThing");
		},
		delete: async () => {
			if (!name || random(3) > 0) return;
			await act("DeleteDevice");
			gone.secrets.push(name.secret);
			gone.tokens.push(...name.tokens);
			name = undefined;
		},
		create: async () => {
			if (name) return;
			const { deviceSecret: secret } = await store.devices.register(productKey, deviceName);
			expect(gone.secrets).not.toContain(secret);
			name = { byToken: false, disabled: false, registered: false, secret, tokens: [] };
		},
		switch: async () => {
			on = random(4) > 0;
			await act("SetProductDynamicRegistration", { DynamicRegistration: on });
		},
		"switch client id": async () => {
			const kept = name?.tokens[random(name.tokens.length)];
			if (!name || !kept || random(3) > 0) return;
			await act("SwitchClientId", { ClientId: kept.clientId });
			for (const one of name.tokens) one.forbidden = one !== kept;
		},
		"clear client ids": async () => {
			if (!name?.byToken || random(6) > 0) return;
			await act("ClearClientIds");
			for (const one of name.tokens) one.forbidden = true;
		},
	};
	const names = Object.keys(steps);
	for (let i = 0; i < STEPS; i++) {
		const step = names[random(names.length)] ?? "";
		trail.push(step);
		clock.advance(1);
		await steps[step]?.().catch((error: unknown) => {
			throw new Error(`step ${i}: …, ${trail.slice(-20).join(", ")}`, { cause: error });
		});
		seen.set(step, (seen.get(step) ?? 0) + 1);
	}
	expect(seen.size).toBe(names.length);
});
