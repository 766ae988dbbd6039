import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";

/** A secret from a file, from a pipe, or typed at a terminal where it isn't shown; never from the command line. */
export async function readSecret(file: string | undefined, name: string): Promise<string> {
	const secret = (file ? readFileSync(file, "utf8") : await fromStdin(name)).trim();
	if (secret === "") throw new Error(`the ${name} is empty`);
	return secret;
}

function fromStdin(name: string): Promise<string> {
	return process.stdin.isTTY ? typed(name) : text(process.stdin);
}

function typed(name: string): Promise<string> {
	const { stdin, stderr } = process;
	return new Promise((resolve, reject) => {
		let secret = "";
		const end = (error?: Error) => {
			stdin.setRawMode(false);
			stdin.pause();
			stdin.off("data", onData);
			stderr.write("\n");
			if (error) reject(error);
			else resolve(secret);
		};
		const onData = (chunk: string) => {
			for (const key of chunk) {
				if (key === "\r" || key === "\n" || key === "\x04") return end();
				if (key === "\x03") return end(new Error("cancelled"));
				if (key === "\x7f" || key === "\b") secret = secret.slice(0, -1);
				else secret += key;
			}
		};
		stderr.write(`${name}: `);
		stdin.setRawMode(true);
		stdin.setEncoding("utf8");
		stdin.on("data", onData);
		stdin.resume();
	});
}
