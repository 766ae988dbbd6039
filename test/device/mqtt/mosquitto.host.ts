import { startMosquitto } from "../../lib/mosquitto";

export async function start() {
	const { plain, tls, mutual, root, client, stop } = await startMosquitto();
	return { config: { plain, tls, mutual, root, certificate: client.pem, key: client.key }, stop };
}
