/** The SDK's timer is where the contract's shape comes from. */
export { default } from "timer";
