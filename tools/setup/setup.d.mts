export function progress(quiet: boolean): ((text: string) => void) & { end(): void };
export const root: string;
export interface SetupOptions {
	purpose: "start" | "test";
	variants?: string[];
	yes?: boolean;
	quiet?: boolean;
}
export function setUp(options: SetupOptions): Promise<void>;
