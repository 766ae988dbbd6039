// The first that a device's JavaScript says: what is before is the start.
console.log("bench:js");
