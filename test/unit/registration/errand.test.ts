// One connection for one answer, over a stream and a clock that the test holds.
import { encode } from "hal/text";
import Errand, { type ErrandOptions } from "registration/errand";
import { RegistrationError } from "registration/error";
import { beforeEach, describe, expect, test } from "vitest";
import { FakeStream } from "../../lib/fake-stream";
import { clock } from "../../lib/hal/clock";
import { bytes, concat, publishPacket } from "../mqtt/support";

/** One that has agreed on a cipher suite, as TLS does. */
class SecureStream extends FakeStream {
	readonly cipherSuite = "TLS-ECDHE-RSA-WITH-AES-128-GCM-SHA256";
}

const CONNACK = bytes("20020000");

beforeEach(() => {
	clock.reset();
	FakeStream.made = [];
	FakeStream.refuse = undefined;
});

function start(options: Partial<ErrandOptions> = {}) {
	const notes: string[] = [];
	const views: Uint8Array[] = [];
	const errand = new Errand({
		socket: { io: SecureStream, host: "h", port: 1, secure: { roots: [] } },
		login: () => ({ clientId: "c", userName: "u", password: "p" }),
		topics: ["/ext/register", "/ext/regnwl"],
		onAnswer: (answer) => {
			notes.push(`answer ${answer}`);
			views.push(answer);
		},
		onDone: (error) => notes.push(error ? error.message : "done"),
		...options,
	});
	return { errand, notes, views };
}

function online(options: Partial<ErrandOptions> = {}) {
	const started = start(options);
	FakeStream.last.open();
	FakeStream.last.receive(CONNACK);
	FakeStream.last.take();
	return started;
}

const bad = () => {
	throw new RegistrationError("bad-answer", "none");
};

describe("an errand", () => {
	test("connects with a clean session, takes the answer without a subscription, and disconnects", () => {
		const { notes, views } = start();
		FakeStream.last.open();
		expect(FakeStream.last.take()).toEqual(["1013" + "00044d515454" + "04" + "c2" + "012c" + "000163000175000170"]);
		FakeStream.last.receive(CONNACK);
		FakeStream.last.receive(publishPacket("/ext/register", encode("s")));
		expect(notes).toEqual(["answer 115", "done"]);
		expect([FakeStream.last.take(), FakeStream.last.closed]).toEqual([["e000"], true]);
		expect(`${views[0]}`).toBe("0"); // whatever the answer's reader did
	});
	test("settles on the first answer, though both come at once, and leaves nothing of the second", () => {
		const { notes } = online();
		FakeStream.last.receive(
			concat(publishPacket("/ext/regnwl", encode("a")), publishPacket("/ext/register", encode("b"))),
		);
		expect(notes).toEqual(["answer 97", "done"]);
	});
	test("passes other topics over", () => {
		const { notes } = online();
		FakeStream.last.receive(publishPacket("/ext/error", encode("x")));
		expect(notes).toEqual([]);
	});
	test("awaits another answer after one that's none, and says what was wrong if there's no other", () => {
		const { notes } = online({ onAnswer: bad });
		FakeStream.last.receive(publishPacket("/ext/register", encode("x")));
		expect(notes).toEqual([]);
		clock.pass(15_000);
		expect(notes).toEqual(["bad-answer: none"]);
		const second = online({ onAnswer: bad });
		FakeStream.last.receive(publishPacket("/ext/register", encode("x")));
		FakeStream.last.fail();
		expect(second.notes).toEqual(["bad-answer: none"]);
	});
	test("takes none that's larger than its buffer, and leaves nothing of it", () => {
		const { notes } = online();
		FakeStream.last.receive(publishPacket("/ext/register", new Uint8Array(2000).fill(115)));
		clock.pass(15_000);
		expect(notes).toEqual(["bad-answer: too large"]);
	});
	test("ends where the answer can't be kept", () => {
		const vault = () => {
			throw new RegistrationError("vault", "full");
		};
		const { notes } = online({ onAnswer: vault });
		FakeStream.last.receive(publishPacket("/ext/register", encode("x")));
		expect([notes, FakeStream.last.closed]).toEqual([["vault: full"], true]);
	});
	test("isn't ended by a fault of its owner's: then the time decides", () => {
		const { notes } = online({
			onAnswer: () => {
				throw new Error("a bug");
			},
		});
		FakeStream.last.receive(publishPacket("/ext/register", encode("x")));
		expect(notes).toEqual([]);
		clock.pass(15_000);
		expect(notes).toEqual(["timeout: no answer"]);
	});
	test("waits 15 s for the connection, and 15 s for the answer", () => {
		const first = start();
		clock.pass(14_999);
		expect(first.notes).toEqual([]);
		clock.pass(1);
		expect([first.notes, FakeStream.last.closed]).toEqual([["timeout: connect-timeout: opening"], true]);
		const second = online();
		clock.pass(14_999);
		expect(second.notes).toEqual([]);
		clock.pass(1);
		expect([second.notes, FakeStream.last.closed]).toEqual([["timeout: no answer"], true]);
	});
	for (const [connack, message] of [
		["20020002", "malformed: identifier-rejected: CONNACK 2"],
		["20020003", "server: server-unavailable: CONNACK 3"],
		["20020004", "refused: bad-user-name-or-password: CONNACK 4"],
	] as const) {
		test(`is told ${message}, and never connects again by itself`, () => {
			const { notes } = start();
			FakeStream.last.open();
			FakeStream.last.receive(bytes(connack));
			expect(notes).toEqual([message]);
			clock.pass(1e9);
			expect([FakeStream.made.length, notes.length]).toEqual([1, 1]);
		});
	}
	test("that the server ends before the answer isn't made anew", () => {
		const { notes } = online();
		FakeStream.last.fail();
		clock.pass(1e9);
		expect([notes, FakeStream.made.length]).toEqual([["network: closed-by-server"], 1]);
	});
	test("that is closed tells nobody", () => {
		const { errand, notes } = online();
		errand.close();
		errand.close();
		clock.pass(1e9);
		expect([notes, FakeStream.last.closed]).toEqual([[], true]);
	});
});

describe("without TLS nothing is sent:", () => {
	test("not with a socket that has nothing of it", () => {
		expect(() => start({ socket: { io: SecureStream, host: "h", port: 1 } })).toThrow("not-secure");
		expect(FakeStream.made.length).toBe(0);
	});
	test("not over a stream class that's a plain one", () => {
		const { notes } = start({ socket: { io: FakeStream, host: "h", port: 1, secure: {} } });
		FakeStream.last.open();
		expect([notes, FakeStream.last.take(), FakeStream.last.closed]).toEqual([
			["not-secure: the stream isn't TLS"],
			[],
			true,
		]);
	});
});
