/* The least that shows an emulator: says it has booted, sends back what comes on the second UART, resets after an 'r'. */
#define REGISTER(address) (*(volatile unsigned*)(address))

__attribute__((section(".start"), naked)) void start(void)
{
	__asm__("csrr a0, mhartid\n1: bnez a0, 1b\nli sp, 0x80004000\nj run");
}

static void put(unsigned uart, char byte)
{
	while (REGISTER(uart) & 0x80000000u)
		;
	REGISTER(uart) = (unsigned char)byte;
}

void run(void)
{
	const unsigned console = 0x10010000, second = 0x10011000, gpio = 0x10060000;
	for (unsigned uart = console; uart <= second; uart += 0x1000)
		REGISTER(uart + 8) = REGISTER(uart + 12) = 1;
	for (const char* p = "# boot echo 1: run 1, power-on\n"; *p; p++)
		put(console, *p);
	for (;;) {
		unsigned byte = REGISTER(second + 4);
		if (byte & 0x80000000u)
			continue;
		put(second, (char)byte);
		put(console, (char)byte);
		if ((byte & 0xFF) == 'r') {
			put(console, '\n');
			REGISTER(gpio + 8) = 1u << 10;
			REGISTER(gpio + 12) = 1u << 10;
			REGISTER(gpio + 12) = 0;
		}
	}
}
