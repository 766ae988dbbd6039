// A device that only finds out who it is: the mark says when, and what its vault holds in memory meanwhile. What a
// collection counts would take time, so that is another run (`config.memory`).
import FlashStorage from "embedded:storage/flash";
import * as crypto from "hal/crypto";
import { deriveKey, memory, restart } from "hal/system";
import Timer from "hal/timer";
import { wayOf } from "identity/way";
import config from "mc/config";
import Vault from "vault/vault";

const used = (): number => {
	const { slots, chunks } = memory(true);
	return slots + chunks;
};

const flash = FlashStorage.open({ path: "vault" });
const before = config["memory"] ? used() : 0;
const vault = new Vault({ flash, crypto, deriveKey });
console.log(`bench:credentials ${wayOf(vault).kind}`);
if (config["memory"]) console.log(`bench:resident ${used() - before}`);
Timer.set(() => restart(`done, ${vault.status().records} records`), 20);
