// Spoilt answers on XS: test/unit/http/fuzz.ts says what must hold.
import config from "mc/config";
import { expect, test } from "test/expect";
import { fuzz } from "../../unit/http/fuzz";

const { count, seed } = config as { count: number; seed: number };

test(`${count} spoilt answers, LINKXS_SEED=${seed}`, () => {
	expect(Object.keys(fuzz(seed, count)).length).toBeGreaterThan(5);
}, 600_000);
