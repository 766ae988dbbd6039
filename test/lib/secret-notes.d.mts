/** Bytes that a secret needs to be looked for. */
export const LEAST: number;

/** Note a secret that was made; a short one isn't looked for. */
export function noteSecret(name: string, secret: string | Uint8Array): void;

/** Note all that a message tells: `DeviceSecret`, `deviceToken`, … wherever they are in it. */
export function noteSecretsOf(message: unknown): void;
