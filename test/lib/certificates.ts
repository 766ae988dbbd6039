// Certificates for tests, good and bad, by the openssl command: what it makes, we did not.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { noteSecret } from "./transcript";

export type KeyType = "ec" | "ec384" | "rsa" | "rsa1024";

export interface IssueOptions {
	/** Common name; files begin with it. */
	readonly name: string;
	/** `DNS:…`, `IP:…`; default `DNS:<name>`. */
	readonly names?: readonly string[];
	readonly key?: KeyType;
	/** Default sha256. */
	readonly digest?: "sha256" | "sha384" | "sha512" | "sha1" | "md5";
	/** Days from now. Default -1 and 365. */
	readonly from?: number;
	readonly to?: number;
	/** Lines of the extensions' section, instead of those of a server (or an authority). */
	readonly extensions?: readonly string[];
}

/** A certificate and its private key, as text and as files. */
export interface Certificate {
	readonly name: string;
	readonly pem: string;
	readonly file: string;
	readonly key: string;
	readonly keyFile: string;
}

const ALGORITHMS: Readonly<Record<KeyType, readonly string[]>> = {
	ec: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
	ec384: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
	rsa: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
	rsa1024: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
};

function openssl(args: readonly string[], home = ""): string {
	const run = spawnSync("openssl", args, { encoding: "utf8", env: { ...process.env, CA_FOLDER: home } });
	if (run.status !== 0) throw new Error(`openssl ${args[0]}: ${run.error?.message ?? run.stderr}`);
	return run.stdout;
}

/** UTCTime of so many days from now. */
function day(days: number): string {
	const text = new Date(Date.now() + days * 86_400_000).toISOString();
	return `${text.slice(2, 19).replace(/[-:T]/g, "")}Z`;
}

const CONFIG = `
[ca]
default_ca = it
[it]
dir = .
database = $ENV::CA_FOLDER/index.txt
serial = $ENV::CA_FOLDER/serial
new_certs_dir = $ENV::CA_FOLDER
policy = any
email_in_dn = no
unique_subject = no
copy_extensions = none
[any]
commonName = supplied
`;

/** A certification authority in a folder of its own. */
export class Authority {
	readonly certificate: Certificate;
	readonly #folder: string;

	private constructor(folder: string, make: (folder: string) => Certificate) {
		mkdirSync(folder, { recursive: true });
		this.#folder = folder;
		writeFileSync(join(folder, "index.txt"), "");
		writeFileSync(join(folder, "serial"), `${Math.floor(Math.random() * 0x7000_0000 + 0x1000_0000).toString(16)}\n`);
		writeFileSync(join(folder, "openssl.cnf"), CONFIG);
		this.certificate = make(folder);
	}

	/** One that nobody stands above. */
	static root(folder: string, options: IssueOptions): Authority {
		return new Authority(folder, (own) => issue(own, undefined, authority(options)));
	}

	/** One below this one. */
	intermediate(options: IssueOptions): Authority {
		return new Authority(join(this.#folder, options.name), (own) => {
			return issue(own, this, authority(options));
		});
	}

	/** A server's certificate, or what `extensions` make of it. */
	issue(options: IssueOptions): Certificate {
		return issue(this.#folder, this, options);
	}

	/** Revokes certificates of its own. @returns the file of the list that says so. */
	revoke(...certificates: readonly Certificate[]): string {
		const { file, keyFile } = this.certificate;
		const signer = ["-cert", file, "-keyfile", keyFile, "-md", "sha256"];
		const config = ["-config", join(this.#folder, "openssl.cnf"), "-batch", ...signer];
		for (const it of certificates) openssl(["ca", ...config, "-revoke", it.file], this.#folder);
		const list = join(this.#folder, "revoked.pem");
		openssl(["ca", ...config, "-gencrl", "-crldays", "30", "-out", list], this.#folder);
		return list;
	}

	/** One that `issuer`, which need be no authority, signs with its key. */
	issueBy(issuer: Certificate, options: IssueOptions): Certificate {
		return issue(this.#folder, this, options, issuer);
	}

	/** A server's certificate that nobody else signed. */
	static selfSigned(folder: string, options: IssueOptions): Certificate {
		return new Authority(folder, (own) => issue(own, undefined, options)).certificate;
	}
}

function authority(options: IssueOptions): IssueOptions {
	const extensions = ["basicConstraints = critical,CA:true", "keyUsage = critical,keyCertSign,cRLSign"];
	return { extensions: [...extensions, "subjectKeyIdentifier = hash"], ...options };
}

function serverExtensions({ name, names = [`DNS:${name}`] }: IssueOptions): string[] {
	return [
		"basicConstraints = critical,CA:false",
		"keyUsage = critical,digitalSignature",
		"extendedKeyUsage = serverAuth",
		...(names.length ? [`subjectAltName = ${names.join(",")}`] : []),
	];
}

/** Several certificates may have one name; their files don't. */
let issued = 0;

function issue(
	folder: string,
	issuer: Authority | undefined,
	options: IssueOptions,
	signing = issuer?.certificate,
): Certificate {
	const { name, key = "ec", digest = "sha256", from = -1, to = 365 } = options;
	const id = `${name.replace(/[^\w.-]/g, "_")}.${++issued}`;
	const path = (suffix: string) => join(folder, `${id}.${suffix}`);
	const keyFile = path("key.pem");
	openssl(["genpkey", ...ALGORITHMS[key], "-out", keyFile]);
	const subject = ["-subj", `/CN=${name}`];
	openssl(["req", "-new", "-key", keyFile, ...subject, "-out", path("csr"), "-sha256"]);
	writeFileSync(path("ext"), `[it]\n${(options.extensions ?? serverExtensions(options)).join("\n")}\n`);
	const home = issuer?.certificate.file.replace(/\/[^/]*$/, "") ?? folder;
	const signer = signing ? ["-cert", signing.file, "-keyfile", signing.keyFile] : ["-selfsign", "-keyfile", keyFile];
	const files = ["-in", path("csr"), "-out", path("pem"), "-extfile", path("ext"), "-extensions", "it"];
	const dates = ["-startdate", day(from), "-enddate", day(to)];
	const config = ["-config", join(home, "openssl.cnf"), "-batch", "-notext", "-md", digest];
	openssl(["ca", ...config, ...signer, ...files, ...dates], home);
	const read = (suffix: string) => readFileSync(path(suffix), "utf8");
	noteSecret(`${name}.key`, read("key.pem"));
	return { name, pem: read("pem"), file: path("pem"), key: read("key.pem"), keyFile };
}

/** Several certificates in one file, the server's own first. */
export function chainFile(path: string, ...certificates: readonly Certificate[]): string {
	writeFileSync(path, certificates.map((it) => it.pem).join(""));
	return path;
}
