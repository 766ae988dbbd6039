// The reference firmware, with a mark before it and what it holds in memory after its first report.
import "first";
import "reference";
