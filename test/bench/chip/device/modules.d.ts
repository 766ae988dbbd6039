/** Modules of the bench, as its manifests name them. */
declare module "first" {}
declare module "reference" {}
