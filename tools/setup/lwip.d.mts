/** Answers lwIP's version. @throws {Error} with what to do */
export function getLwip(say?: (text: string) => void): string;
