# A Cortex-M4F, an nRF52840's core: doubles by software, floats passed in its registers.
CC = arm-none-eabi-gcc
OBJCOPY = arm-none-eabi-objcopy
WIDTH = m4
TARGET = -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 --specs=picolibc.specs
TARGET_LINK = $(TARGET)
# What of it the boot loader has.
LOADER_FILES = board.c clock.c flash-file.c host-file.c otp.c uart.c
