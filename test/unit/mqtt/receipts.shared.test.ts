import { Receipts } from "mqtt/receipts";
import { expect, test } from "test/expect";

test("PUBACKs are due in the order of the messages, each once it's taken (4.6)", () => {
	const receipts = new Receipts(3);
	expect(receipts.due()).toBe(0);
	receipts.add(7, false);
	receipts.add(8, true);
	receipts.add(9, false);
	expect([receipts.full, receipts.due()]).toEqual([true, 0]);
	expect([receipts.take(9), receipts.take(9), receipts.take(5)]).toEqual([true, false, false]);
	expect([receipts.take(7), receipts.due()]).toEqual([true, 7]);
	const due: number[] = [];
	while (receipts.due()) {
		due.push(receipts.due());
		receipts.done();
	}
	expect(due).toEqual([7, 8, 9]);
	expect([receipts.full, receipts.count]).toEqual([false, 0]);
});

test("the same id twice is two messages", () => {
	const receipts = new Receipts(3);
	receipts.add(7, false);
	receipts.add(7, false);
	expect([receipts.take(7), receipts.take(7), receipts.take(7)]).toEqual([true, true, false]);
});

test("it's empty after clear", () => {
	const receipts = new Receipts(2);
	receipts.add(1, true);
	receipts.clear();
	expect([receipts.count, receipts.due(), receipts.take(1)]).toEqual([0, 0, false]);
});
