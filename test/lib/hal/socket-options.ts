export * from "../../../hal/moddable/socket-options";
