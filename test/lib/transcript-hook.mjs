// Loaded into every Node of a test run (NODE_OPTIONS, by tools/test.mjs): keeps what each of its child processes prints, and
// how it was called, in the folder LINKXS_TRANSCRIPT; and notes the secrets that a cloud's admin API answers with.
// test/lib/transcript.ts looks for them there at the end.
import child_process, { ChildProcess } from "node:child_process";
import { mkdirSync, openSync, writeSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { noteSecretsOf } from "./secret-notes.mjs";

const folder = process.env.LINKXS_TRANSCRIPT;

/** Whose output is a secret because it was asked for one: by the program's name and its arguments. */
const asked = [
	// Records for host tools come by this pipe.
	/linkxs-sim flash kv-get/,
	// Byte code: the test's own config goes into the image.
	/\/xsc( |$)/,
	// Keys are made, shown or turned into another form.
	/openssl (genpkey|genrsa|ecparam|pkey|rsa|ec|pkcs8|pkcs12) /,
	// Whoever makes a product or a device is told its secret, once.
	/(cli|linkxs)\S* cloud .*create-(product|device) /,
	/--reveal/,
];

/** How a child was called. OpenSSL takes a pre-shared key as an argument only; the tests' peers of that kind may. */
const calledAs = (args) => `\n$ ${args.join(" ").replace(/(openssl s_\S+ .*-psk) \S+/, "$1 …")}\n`;

let file;

function keep(text) {
	if (file === undefined) {
		mkdirSync(folder, { recursive: true });
		file = openSync(join(folder, `node-${process.pid}.txt`), "a", 0o600);
	}
	writeSync(file, text);
}

/** See what a stream gets, without making it flow. */
function listen(stream) {
	if (!stream || typeof stream.push !== "function") return;
	const push = stream.push;
	stream.push = function (chunk, ...more) {
		if (chunk) keep(chunk);
		return push.call(this, chunk, ...more);
	};
}

if (folder) {
	const spawn = ChildProcess.prototype.spawn;
	ChildProcess.prototype.spawn = function (options) {
		const result = spawn.call(this, options);
		const line = (this.spawnargs ?? []).join(" ");
		keep(calledAs(this.spawnargs ?? []));
		const isAsked = asked.some((it) => it.test(line));
		// 0 is what goes in; 1 and more come out, events and the like among them.
		for (const stream of (this.stdio ?? []).slice(isAsked ? 2 : 1)) listen(stream);
		return result;
	};
	const spawnSync = child_process.spawnSync;
	child_process.spawnSync = function (command, args, options) {
		const result = spawnSync.call(this, command, args, options);
		const called = [command, ...(Array.isArray(args) ? args : [])];
		const line = called.join(" ");
		keep(calledAs(called));
		const isAsked = asked.some((it) => it.test(line));
		for (const output of (result.output ?? []).slice(isAsked ? 2 : 1)) if (output) keep(output);
		return result;
	};
	syncBuiltinESMExports();

	const { fetch } = globalThis;
	globalThis.fetch = async (input, init) => {
		const response = await fetch(input, init);
		if (/json/.test(response.headers.get("content-type") ?? "") && /\/api\/v1\//.test(response.url))
			noteSecretsOf(
				await response
					.clone()
					.json()
					.catch(() => undefined),
			);
		return response;
	};

	// The test runner itself has no parent that listens.
	if (/vitest\.mjs$/.test(process.argv[1] ?? "")) {
		for (const stream of [process.stdout, process.stderr]) {
			const write = stream.write;
			stream.write = function (chunk, ...more) {
				keep(chunk);
				return write.call(this, chunk, ...more);
			};
		}
	}
}
