/*
 * A stand-in for the driver of an NVIDIA GPU (libcuda.so.1), as far as a program asks what device there is.
 *
 * STAND_IN_DRIVER: the newest CUDA that it runs, such as 12080 for 12.8; 0 for no device.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int version(void) {
    const char *given = getenv("STAND_IN_DRIVER");
    return given ? atoi(given) : 12080;
}
int cuInit(unsigned flags) { return version() ? 0 : 100; /* CUDA_ERROR_NO_DEVICE */ }
int cuDriverGetVersion(int *v) { *v = version(); return 0; }
int cuDeviceGetCount(int *n) { *n = 1; return 0; }
int cuDeviceGet(int *device, int n) { *device = n; return n == 0 ? 0 : 101; }
int cuDeviceGetName(char *to, int length, int device) { snprintf(to, length, "stand-in for an H100"); return 0; }
int cuDeviceGetAttribute(int *v, int attribute, int device) {
    const char *given = getenv("STAND_IN_CAPABILITY");
    int major = 9, minor = 0;
    if (given) sscanf(given, "%d.%d", &major, &minor);
    *v = attribute == 75 ? major : attribute == 76 ? minor : 1;
    return 0;
}
int cuDeviceTotalMem_v2(size_t *bytes, int device) {
    const char *given = getenv("STAND_IN_MEMORY");
    *bytes = given ? strtoull(given, NULL, 10) : 80ull << 30;
    return 0;
}
