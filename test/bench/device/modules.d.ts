/** The reference firmware (main.ts of the repository), as its manifest names it. */
declare module "main" {}
