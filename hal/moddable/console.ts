/** A device inside of Moddable's simulator has no cable: its vault is written by whoever runs it. */
export default function consoleSerial(): undefined {}
