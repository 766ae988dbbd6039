/* One-time programmable memory: what eFuses are elsewhere (FU540 manual, chapter 18). */
#include "../board.h"
#include "registers.h"

uint32_t otpRead(uint32_t index)
{
	enum { address = 0x00, inputEnable = 0x0C, output = 0x18, standby = 0x1C, redundancy = 0x34 };
	REGISTER(otpBase + redundancy) = 1;
	REGISTER(otpBase + standby) = 1;
	REGISTER(otpBase + inputEnable) = 1;
	REGISTER(otpBase + address) = index;
	uint32_t value = REGISTER(otpBase + output);
	REGISTER(otpBase + inputEnable) = 0;
	REGISTER(otpBase + standby) = 0;
	REGISTER(otpBase + redundancy) = 0;
	return value;
}
