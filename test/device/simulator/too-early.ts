import { started } from "./early";

export default function () {
	console.log("never", started);
}
