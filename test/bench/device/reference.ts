// The reference firmware, and what it holds in memory a while after its first report.
import { memory } from "hal/system";
import Timer from "hal/timer";
import "main";

Timer.set(() => console.log(`bench:memory ${JSON.stringify(memory(true))}`), 1500, 1500);
