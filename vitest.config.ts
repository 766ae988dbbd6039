import { defineConfig } from "vitest/config";

const at = (path: string) => new URL(path, import.meta.url).pathname;

// The device's module names, as tsconfig.json and the manifests have them; hal/* is what Node can give of it.
const alias = [
	{ find: /^hal\/(.*)$/, replacement: `${at("./test/lib/hal/")}$1` },
	{
		find: /^(backoff|checksum|enrolment|http|id2|identity|link|log|mqtt|network|nvs|provisioning|registration|stream|vault)\/(.*)$/,
		replacement: `${at("./modules/")}$1/$2`,
	},
	{ find: /^test\/expect$/, replacement: at("./test/lib/expect.vitest.ts") },
	{ find: /^test\/(.*)$/, replacement: `${at("./test/lib/")}$1` },
];

const whole = { branches: 100, functions: 100, lines: 100, statements: 100 };

export default defineConfig({
	resolve: { alias },
	test: {
		include: ["test/**/*.test.ts"],
		testTimeout: 30_000,
		hookTimeout: 60_000,
		maxWorkers: 2,
		coverage: {
			provider: "v8",
			include: ["modules/**/*.ts"],
			reporter: ["text", "json-summary"],
			// Codecs, rule cores and policies: no branch that no test has seen.
			thresholds: {
				"modules/{http,id2,identity,mqtt,stream}/*.ts": whole,
				"modules/link/{endpoint,place,policy,refusal,topics}.ts": whole,
				"modules/registration/{answer,commit,error,policy,request}.ts": whole,
			},
		},
	},
});
