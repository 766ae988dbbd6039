// `openssl s_server` as a web server: -WWW gives files without a length, until the connection's end; -HTTP gives what the
// file itself says is the answer.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Authority } from "../../lib/certificates";
import { OpensslServer } from "../../lib/openssl-server";

export async function start() {
	const folder = mkdtempSync(join(tmpdir(), "linkxs-http-openssl-"));
	const authority = Authority.root(folder, { name: "Test Root" });
	const { file, keyFile } = authority.issue({ name: "localhost" });
	writeFileSync(join(folder, "hello.txt"), "hello from OpenSSL");
	writeFileSync(join(folder, "large.bin"), Buffer.alloc(100_000, 2));
	writeFileSync(join(folder, "whole.http"), 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: "o"\r\n\r\nwhole');
	writeFileSync(join(folder, "short.http"), "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort");
	const chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;a=b\r\nchun\r\n2\r\nks\r\n0\r\nX: y\r\n\r\n";
	writeFileSync(join(folder, "chunks.http"), chunks);
	const options = ["-cert", file, "-key", keyFile, "-tls1_2", "-http_server_binmode"];
	// Files are looked for in the folder that the server runs in.
	const servers = [
		await OpensslServer.startIn(folder, ...options, "-WWW"),
		await OpensslServer.startIn(folder, ...options, "-HTTP"),
	];
	return {
		config: { www: servers[0]?.port, http: servers[1]?.port, root: authority.certificate.pem },
		stop: () => {
			for (const server of servers) server.stop();
			rmSync(folder, { recursive: true });
		},
	};
}
