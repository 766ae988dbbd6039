/** A file of the machine's package lists, turned to name sources; `name` tells the format (`.list`, `.sources`). */
export function sourcesOf(text: string, name: string): string;
