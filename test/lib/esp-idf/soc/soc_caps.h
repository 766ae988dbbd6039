#pragma once
/* A test says which kind of chip it is: SOC_HMAC_SUPPORTED is defined for all but the ESP32. */
