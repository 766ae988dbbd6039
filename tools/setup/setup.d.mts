export function progress(quiet: boolean): ((text: string) => void) & { end(): void };
export const root: string;
export interface SetupOptions {
	purpose: "start" | "chip" | "mps2" | "test" | "bench";
	/** The simulator's builds that are going to be used. */
	variants?: string[];
	/** The chips' firmwares: machine:variant. */
	chips?: string[];
	yes?: boolean;
	quiet?: boolean;
}
export function setUp(options: SetupOptions): Promise<void>;
