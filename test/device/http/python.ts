// The client against Python's http.server, which answers in HTTP/1.0 and closes.
import config from "mc/config";
import { expect, test } from "test/expect";
import { ask, client, told } from "./support";

const { port } = config as unknown as { port: number };

test("files, what isn't there, and what it can't do", async () => {
	const http = client(port);
	const wanted = ["server", "content-type", "last-modified"];
	const hello = await ask(http, "/hello.txt", { wanted });
	expect([hello.error, hello.status, hello.text, hello.fields[1]]).toEqual([
		undefined,
		200,
		"hello from Python",
		"text/plain",
	]);
	expect(hello.fields[0]).toContain("Python");
	const again = await ask(http, "/hello.txt", { headers: { "If-Modified-Since": hello.fields[2] ?? "" } });
	expect([again.status, again.bytes]).toEqual([304, 0]);
	expect((await ask(http, "/hello.txt", { method: "HEAD" })).bytes).toBe(0);
	expect((await ask(http, "/none")).status).toBe(404);
	expect((await ask(http, "/", { method: "POST", body: "x" })).status).toBe(501);
	expect((await ask(http, "/")).text).toContain("hello.txt");
	http.close();
});

test("the version is told; 200 KB", async () => {
	const http = client(port);
	let version = "";
	const large = await ask(
		http,
		"/large.bin",
		{
			limit: 200_000,
			onResponse: (response) => {
				version = response.version;
			},
		},
		false,
	);
	expect([large.error, large.bytes, version]).toEqual([undefined, 200_000, "1.0"]);
	expect(await told(http, "/large.bin", { limit: 199_999, onBody: () => {} })).toBe("body-too-long");
	http.close();
});
