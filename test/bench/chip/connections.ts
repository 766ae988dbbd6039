// Instructions of a connected chip: connecting by each key exchange, resumed and plain, and publishing.
import { readFileSync } from "node:fs";
import { Broker, type KeyExchange } from "../broker";
import { type Certificates, makeCertificates, makeCurveCertificates } from "../certificate";
import { median } from "../measurement";
import { cipher, type Run } from "../workload";
import type { BenchChip, Counted } from "./bench-chip";

const made = new URL("../../../build/bench/certificates", import.meta.url).pathname;

/** A lap's messages, and how many laps the median is of; what is before them warms up. */
const lap = 50;
const laps = 5;

interface Exchange extends KeyExchange {
	/** The end of the row's name. */
	readonly name: string;
	readonly certificates: () => Certificates;
}

const rsa = () => makeCertificates(made);
const exchanges: readonly Exchange[] = [
	{ name: "rsa-x25519", cipher, curve: "X25519", certificates: rsa },
	{ name: "rsa-p256", cipher, curve: "P-256", certificates: rsa },
	{
		name: "ecdsa-p256",
		cipher: "ECDHE-ECDSA-AES256-GCM-SHA384",
		curve: "P-256",
		certificates: () => makeCurveCertificates(made),
	},
];

/** Instructions of a message and its acknowledgement: the median of the laps. */
function publishing({ counts }: Counted): number {
	const figures = Array.from({ length: laps }, (_, i) =>
		counts.between(`bench:lap ${(i + 1) * lap}`, `bench:lap ${(i + 2) * lap}`),
	);
	return Math.round(median(figures) / lap);
}

const connecting = ({ counts }: Counted): number => counts.between("bench:connecting", "bench:connected");

/** One connection, and what it sends. */
async function run(chip: BenchChip, broker: Broker, ca: string, settings: Omit<Run, "port">): Promise<Counted> {
	const flash = chip.flash({ ...settings, port: broker.port(settings.tls), hold: true }, readFileSync(ca, "utf8"));
	return chip.run(flash, "bench:memory");
}

const messages = { count: lap * (laps + 1), lap };

async function withBroker<T>(exchange: Exchange, use: (broker: Broker, ca: string) => Promise<T>): Promise<T> {
	const certificates = exchange.certificates();
	const broker = await Broker.start(certificates, [], exchange);
	try {
		return await use(broker, certificates.ca);
	} finally {
		await broker.stop();
	}
}

/**
 * Counts them.
 *
 * @returns instructions by the ends of the rows' names
 */
export async function connections(chip: BenchChip, progress: (text: string) => void): Promise<Record<string, number>> {
	const figures: Record<string, number> = {};
	for (const exchange of exchanges) {
		progress(exchange.name);
		await withBroker(exchange, async (broker, ca) => {
			const isFirst = exchange === exchanges[0];
			const it = await run(chip, broker, ca, { tls: true, ...(isFirst ? messages : { count: 0 }) });
			figures[`connect-${exchange.name}`] = connecting(it);
			if (!isFirst) return;
			figures["publish-tls"] = publishing(it);
			progress("resumed");
			figures["connect-resumed"] = connecting(await run(chip, broker, ca, { tls: true, count: 0, session: "again" }));
			progress("plain");
			const plain = await run(chip, broker, ca, { tls: false, ...messages });
			figures["connect-plain"] = connecting(plain);
			figures["publish-plain"] = publishing(plain);
		});
	}
	return figures;
}
