import Timer from "hal/timer";

function step(count: number): number {
	const doubled = count * 2;
	return doubled; // the breakpoint of test/simulator/xsbug.test.ts is on this line
}

export default function () {
	let count = 0;
	Timer.repeat(() => console.log("stepped", step(++count)), 20);
}
