# rv32imc as an ESP32-C3; linked as rv32imac, since there's no library for rv32imc (none of it has an atomic instruction).
CC = riscv64-unknown-elf-gcc
OBJCOPY = riscv64-unknown-elf-objcopy
WIDTH = rv32
TARGET = -march=rv32imc_zicsr -mabi=ilp32 --specs=picolibc.specs -msmall-data-limit=8
TARGET_LINK = -march=rv32imac -mabi=ilp32 --specs=picolibc.specs
# What of it the boot loader has.
LOADER_FILES = board.c clock.c otp.c spi-nor.c uart.c
