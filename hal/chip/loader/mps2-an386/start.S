@ The vectors, and the first instructions after a reset.
	.syntax unified
	.thumb
	.section .start, "a"
	.word _stack_top, _start
	.rept 5
	.word fault
	.endr

	.text
	.globl _start
	.thumb_func
_start:
	ldr r0, =0xE000ED88
	ldr r1, [r0]
	orr r1, #0xF00000 @ the floating-point registers, which C may use
	str r1, [r0]
	dsb
	isb
	ldr r0, =_data_start
	ldr r1, =_data_load
	ldr r2, =_data_end
1:	cmp r0, r2
	itt lo
	ldrlo r3, [r1], #4
	strlo r3, [r0], #4
	blo 1b
	ldr r0, =_bss_start
	ldr r2, =_bss_end
	movs r3, #0
2:	cmp r0, r2
	it lo
	strlo r3, [r0], #4
	blo 2b
	ldr r0, =_tls_base
	bl _set_tls
	bl main
park:
	wfi
	b park

@ A fault of the loader: with its status, the address if there's one, and where it was.
	.thumb_func
fault:
	mrs r3, msp
	ldr r2, [r3, #24]
	ldr r3, =0xE000ED28
	ldr r0, [r3]
	ldr r1, [r3, #12] @ of the MPU
	tst r0, #0x8000
	it ne
	ldrne r1, [r3, #16] @ of the bus
	ldr r3, =_stack_top
	mov sp, r3
	bl loaderTrapped

@ The emulator knows a call by this breakpoint.
	.globl semihosting
	.thumb_func
semihosting:
	bkpt 0xab
	bx lr

@ (vectors of the image, slot, offset of the slot in the NOR): the last two are what the image finds in r0 and r1.
	.globl jump
	.thumb_func
jump:
	push {r0-r2, lr}
	bl hostFilesClose @ the image opens them again
	pop {r0-r2, lr}
	mov r3, r0
	mov r0, r1
	mov r1, r2
	ldr r2, [r3]
	msr msp, r2
	ldr r3, [r3, #4]
	bx r3
	.ltorg
