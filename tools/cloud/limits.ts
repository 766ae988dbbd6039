/** The platform's numbers that a test, or an operator, may want smaller (FACTS.md, "Rules of the console"). */
export interface Limits {
	/** Devices of a product (DA 428). */
	devices: number;
	/** Sub-devices behind one gateway (DA 428). */
	subDevices: number;
	/** Physical devices that may register under one name without pre-registration (DA 571). */
	clientIds: number;
}

export const LIMITS: Readonly<Limits> = Object.freeze({ devices: 500_000, subDevices: 1500, clientIds: 5 });
