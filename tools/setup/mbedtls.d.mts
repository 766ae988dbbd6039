export type Width = "64" | "32" | "asan" | "rv32" | "m4";

export function buildMbedTLS(width: Width, say?: (text: string) => void): Promise<void>;
