/*
 * A stand-in for the CUDA runtime (libcudart.so.12) on a machine without a GPU. Device memory is memory of the host, kernels
 * do nothing, and each launch, copy, allocation and synchronisation is counted. What ONNX Runtime's CUDA provider looks up,
 * places, fuses, checks and launches is therefore true; numbers and times are not.
 *
 * STAND_IN_MEMORY: bytes of the device, 80 GiB by default; more cannot be allocated.
 * STAND_IN_CAPABILITY: such as 9.0.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SUCCESS 0
#define OUT_OF_MEMORY 2

typedef struct { unsigned x, y, z; } dim3;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- counts by name ---- */

enum { NAMES = 1 << 16 };
static struct { char *name; long count; long long bytes; } counts[NAMES];

static unsigned long hash(const char *s) {
    unsigned long h = 5381;
    while (*s) h = h * 33 + (unsigned char) *s++;
    return h;
}

/* Exported: the other libraries report here too. */
void stand_in_note(const char *name, long long bytes) {
    pthread_mutex_lock(&lock);
    unsigned long i = hash(name) % NAMES;
    while (counts[i].name && strcmp(counts[i].name, name)) i = (i + 1) % NAMES;
    if (!counts[i].name) counts[i].name = strdup(name);
    counts[i].count++;
    counts[i].bytes += bytes;
    pthread_mutex_unlock(&lock);
}

/* ---- device memory ---- */

enum { BLOCKS = 1 << 16 };
static struct { char *at; size_t bytes; } blocks[BLOCKS];
static int used_blocks;
static size_t in_use, peak;

static size_t total_memory(void) {
    const char *given = getenv("STAND_IN_MEMORY");
    return given ? strtoull(given, NULL, 10) : 80ull << 30;
}

static int on_device(const void *p) {
    int found = 0;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < used_blocks && !found; i++) {
        found = (const char *) p >= blocks[i].at && (const char *) p < blocks[i].at + blocks[i].bytes;
    }
    pthread_mutex_unlock(&lock);
    return found;
}

static int take(void **p, size_t n) {
    size_t bytes = n ? n : 1;
    pthread_mutex_lock(&lock);
    if (in_use + bytes > total_memory() || used_blocks == BLOCKS) {
        pthread_mutex_unlock(&lock);
        return OUT_OF_MEMORY;
    }
    *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    blocks[used_blocks].at = *p;
    blocks[used_blocks++].bytes = bytes;
    in_use += bytes;
    if (in_use > peak) peak = in_use;
    pthread_mutex_unlock(&lock);
    stand_in_note("allocation", bytes);
    return SUCCESS;
}

static int give(void *p) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < used_blocks; i++) {
        if (blocks[i].at == p) {
            munmap(p, blocks[i].bytes);
            in_use -= blocks[i].bytes;
            blocks[i] = blocks[--used_blocks];
            break;
        }
    }
    pthread_mutex_unlock(&lock);
    return SUCCESS;
}

/* ---- what a test calls ---- */

/* Forgets what was counted; the peak begins anew at what is in use. */
void stand_in_reset(void) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < NAMES; i++) counts[i].count = counts[i].bytes = 0;
    peak = in_use;
    pthread_mutex_unlock(&lock);
}

/* Writes lines of count, bytes and name. */
void stand_in_report(const char *path) {
    FILE *f = fopen(path, "w");
    pthread_mutex_lock(&lock);
    fprintf(f, "1\t%zu\tpeak\n", peak);
    for (int i = 0; i < NAMES; i++) {
        if (counts[i].count) fprintf(f, "%ld\t%lld\t%s\n", counts[i].count, counts[i].bytes, counts[i].name);
    }
    pthread_mutex_unlock(&lock);
    fclose(f);
}

/*
 * What the host reads where it copies one byte off the device, a condition: a pattern of 0 and 1 that repeats. Kernels that do
 * nothing would leave 0, and every loop would end at once.
 */
static char answers[64] = "1";
static int answer;

void stand_in_answers(const char *pattern) {
    snprintf(answers, sizeof answers, "%s", pattern);
    answer = 0;
}

/* ---- kernels ---- */

enum { KERNELS = 1 << 18 };
static struct { const void *function; const char *name; } kernels[KERNELS];

static const char *kernel(const void *function) {
    for (unsigned long i = (uintptr_t) function / 16 % KERNELS; kernels[i].function; i = (i + 1) % KERNELS) {
        if (kernels[i].function == function) return kernels[i].name;
    }
    return "unknown";
}

static void name_kernel(const void *function, const char *name) {
    unsigned long i = (uintptr_t) function / 16 % KERNELS;
    while (kernels[i].function && kernels[i].function != function) i = (i + 1) % KERNELS;
    kernels[i].function = function;
    kernels[i].name = name;
}

static __thread int last; /* error of this thread, until it is asked for */

static int launched(const void *function, dim3 grid, dim3 block) {
    char line[600];
    snprintf(line, sizeof line, "kernel %.550s", kernel(function));
    stand_in_note(line, (long long) grid.x * grid.y * grid.z * block.x * block.y * block.z);
    if (!grid.x || !grid.y || !grid.z || !block.x || block.x * block.y * block.z > 1024 || grid.y > 65535 || grid.z > 65535) {
        stand_in_note("launch refused", 0);
        return last = 9; /* cudaErrorInvalidConfiguration */
    }
    return SUCCESS;
}

void **__cudaRegisterFatBinary(void *binary) { static void *handle[1]; return handle; }
void __cudaRegisterFatBinaryEnd(void **handle) {}
void __cudaUnregisterFatBinary(void **handle) {}
void __cudaRegisterVar(void **handle, char *variable, char *address, const char *name, int e, size_t n, int c, int g) {}
void __cudaRegisterFunction(void **handle, const char *function, char *stub, const char *name, int limit, void *t, void *b,
                            void *bd, void *gd, int *size) {
    name_kernel(function, name);
}

static __thread struct { dim3 grid, block; size_t shared; void *stream; } call;
unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, size_t shared, void *stream) {
    call.grid = grid; call.block = block; call.shared = shared; call.stream = stream;
    return 0;
}
int __cudaPopCallConfiguration(dim3 *grid, dim3 *block, size_t *shared, void *stream) {
    *grid = call.grid; *block = call.block; *shared = call.shared; *(void **) stream = call.stream;
    return SUCCESS;
}
int cudaLaunchKernel(const void *function, dim3 grid, dim3 block, void **arguments, size_t shared, void *stream) {
    return launched(function, grid, block);
}
typedef struct { dim3 grid, block; size_t shared; void *stream, *attributes; unsigned count; } launch_config;
int cudaLaunchKernelExC(const launch_config *config, const void *function, void **arguments) {
    return launched(function, config->grid, config->block);
}
int cudaLaunchHostFunc(void *stream, void (*function)(void *), void *data) { function(data); return SUCCESS; }
int cudaFuncSetAttribute(const void *function, int attribute, int value) { return SUCCESS; }
int cudaFuncGetAttributes(char *to, const void *function) { /* struct cudaFuncAttributes of CUDA 12 */
    memset(to, 0, 144);
    *(int *) (to + 24) = 1024;   /* maxThreadsPerBlock */
    *(int *) (to + 28) = 64;     /* numRegs */
    *(int *) (to + 32) = 90;     /* ptxVersion */
    *(int *) (to + 36) = 90;     /* binaryVersion */
    *(int *) (to + 44) = 232448; /* maxDynamicSharedSizeBytes */
    return SUCCESS;
}
int cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *n, const void *f, int b, size_t s, unsigned flags) {
    *n = 1;
    return SUCCESS;
}
int cudaKernelSetAttributeForDevice(void *kernel, int attribute, int value, int device) { return SUCCESS; }
int cudaLibraryLoadData(void **library, ...) { *library = malloc(8); return SUCCESS; }
int cudaLibraryUnload(void *library) { return SUCCESS; }
int cudaLibraryGetKernel(void **kernel, void *library, const char *name) {
    char *copy = strdup(name);
    name_kernel(copy, copy);
    *kernel = copy;
    return SUCCESS;
}

/* ---- the device ---- */

static int capability(int part) {
    const char *given = getenv("STAND_IN_CAPABILITY");
    int major = 9, minor = 0;
    if (given) sscanf(given, "%d.%d", &major, &minor);
    return part ? minor : major;
}
int cudaGetDeviceCount(int *n) { *n = 1; return SUCCESS; }
int cudaGetDevice(int *n) { *n = 0; return SUCCESS; }
int cudaSetDevice(int n) { return n == 0 ? SUCCESS : 101; /* cudaErrorInvalidDevice */ }
int cudaDriverGetVersion(int *v) { *v = 12080; return SUCCESS; }
int cudaRuntimeGetVersion(int *v) { *v = 12080; return SUCCESS; }
int cudaDeviceGetAttribute(int *v, int attribute, int device) {
    switch (attribute) {
        case 1: *v = 1024; break;        /* threads a block */
        case 5: *v = 2147483647; break;  /* grid, x */
        case 6: *v = 65535; break;       /* grid, y */
        case 8: *v = 49152; break;       /* shared memory a block */
        case 10: *v = 32; break;         /* warp */
        case 16: *v = 132; break;        /* multiprocessors */
        case 38: *v = 50 << 20; break;   /* second cache */
        case 39: *v = 2048; break;       /* threads a multiprocessor */
        case 75: *v = capability(0); break;
        case 76: *v = capability(1); break;
        case 81: *v = 233472; break;     /* shared memory a multiprocessor */
        case 97: *v = 232448; break;     /* shared memory a block, opted in */
        default: *v = 1;
    }
    return SUCCESS;
}
int cudaGetDeviceProperties_v2(char *to, int device) { /* struct cudaDeviceProp of CUDA 12 */
    memset(to, 0, 1032);
    strcpy(to, "stand-in for an H100");
    *(size_t *) (to + 288) = total_memory();
    *(size_t *) (to + 296) = 49152;   /* sharedMemPerBlock */
    *(int *) (to + 304) = 65536;      /* regsPerBlock */
    *(int *) (to + 308) = 32;         /* warpSize */
    *(int *) (to + 320) = 1024;       /* maxThreadsPerBlock */
    *(int *) (to + 324) = 1024; *(int *) (to + 328) = 1024; *(int *) (to + 332) = 64;              /* maxThreadsDim */
    *(int *) (to + 336) = 2147483647; *(int *) (to + 340) = 65535; *(int *) (to + 344) = 65535;    /* maxGridSize */
    *(int *) (to + 348) = 1980000;    /* clockRate */
    *(size_t *) (to + 352) = 65536;   /* totalConstMem */
    *(int *) (to + 360) = capability(0);
    *(int *) (to + 364) = capability(1);
    *(int *) (to + 388) = 132;        /* multiProcessorCount */
    *(int *) (to + 576) = 1;          /* concurrentKernels */
    *(int *) (to + 604) = 1;          /* unifiedAddressing */
    *(int *) (to + 612) = 5120;       /* memoryBusWidth */
    *(int *) (to + 616) = 50 << 20;   /* l2CacheSize */
    *(int *) (to + 624) = 2048;       /* maxThreadsPerMultiProcessor */
    *(size_t *) (to + 640) = 233472;  /* sharedMemPerMultiprocessor */
    *(int *) (to + 648) = 65536;      /* regsPerMultiprocessor */
    *(size_t *) (to + 696) = 232448;  /* sharedMemPerBlockOptin */
    *(int *) (to + 712) = 32;         /* maxBlocksPerMultiProcessor */
    return SUCCESS;
}
int cudaGetDriverEntryPoint(const char *name, void **function, unsigned long long flags, int *result) {
    *function = NULL;
    if (result) *result = 1; /* not found */
    return SUCCESS;
}
const char *cudaGetErrorName(int e) { return e == SUCCESS ? "cudaSuccess" : "cudaError"; }
const char *cudaGetErrorString(int e) {
    return e == SUCCESS ? "no error" : e == OUT_OF_MEMORY ? "out of memory" : "error of the stand-in";
}
int cudaGetLastError(void) { int e = last; last = SUCCESS; return e; }
int cudaPeekAtLastError(void) { return last; }
int cudaDeviceSynchronize(void) { stand_in_note("synchronisation", 0); return SUCCESS; }

int cudaMalloc(void **p, size_t n) { return take(p, n); }
int cudaMallocFromPoolAsync(void **p, size_t n, void *pool, void *stream) { return take(p, n); }
int cudaFree(void *p) { return give(p); }
int cudaFreeAsync(void *p, void *stream) { return give(p); }
int cudaHostAlloc(void **p, size_t n, unsigned flags) { *p = malloc(n); return SUCCESS; }
int cudaMallocHost(void **p, size_t n) { *p = malloc(n); return SUCCESS; }
int cudaFreeHost(void *p) { free(p); return SUCCESS; }
int cudaMemGetInfo(size_t *available, size_t *total) {
    *total = total_memory();
    *available = *total - in_use;
    return SUCCESS;
}
int cudaMemPoolCreate(void **pool, const void *properties) { *pool = malloc(8); return SUCCESS; }
int cudaMemPoolDestroy(void *pool) { return SUCCESS; }
int cudaMemPoolGetAttribute(void *pool, int attribute, unsigned long long *v) { *v = 0; return SUCCESS; }
int cudaMemPoolSetAttribute(void *pool, int attribute, void *v) { return SUCCESS; }
int cudaMemPoolTrimTo(void *pool, size_t n) { return SUCCESS; }

static int copied(void *to, const void *from, size_t n) {
    int there = on_device(to), here = on_device(from);
    stand_in_note(there ? (here ? "copy on the device" : "copy to the device") : here ? "copy to the host" : "copy on the host", n);
    if (n == 1 && here && !there) {
        *(char *) to = answers[answer] == '1';
        answer = answers[answer + 1] ? answer + 1 : 0;
    } else if (n <= 1 << 16) { /* larger ones hold weights and activations, whose numbers mean nothing here */
        memmove(to, from, n);
    }
    return SUCCESS;
}
int cudaMemcpy(void *to, const void *from, size_t n, int kind) {
    stand_in_note("synchronisation", 0);
    return copied(to, from, n);
}
int cudaMemcpyAsync(void *to, const void *from, size_t n, int kind, void *stream) { return copied(to, from, n); }
int cudaMemcpy2DAsync(void *to, size_t tp, const void *from, size_t fp, size_t w, size_t h, int kind, void *stream) {
    stand_in_note("copy on the device", w * h);
    return SUCCESS;
}
int cudaMemcpyFromSymbol(void *to, const void *symbol, size_t n, size_t offset, int kind) {
    memset(to, 0, n);
    return SUCCESS;
}
int cudaMemset(void *p, int value, size_t n) { stand_in_note("fill", n); return SUCCESS; }
int cudaMemsetAsync(void *p, int value, size_t n, void *stream) { stand_in_note("fill", n); return SUCCESS; }

static int handle(void **to) { *to = malloc(64); return SUCCESS; }
int cudaEventCreate(void **e) { return handle(e); }
int cudaEventCreateWithFlags(void **e, unsigned flags) { return handle(e); }
int cudaEventDestroy(void *e) { free(e); return SUCCESS; }
int cudaEventElapsedTime(float *t, void *from, void *to) { *t = 1; return SUCCESS; }
int cudaEventRecord(void *e, void *stream) { return SUCCESS; }
int cudaEventSynchronize(void *e) { stand_in_note("synchronisation", 0); return SUCCESS; }
int cudaStreamCreate(void **s) { return handle(s); }
int cudaStreamCreateWithFlags(void **s, unsigned flags) { return handle(s); }
int cudaStreamDestroy(void *s) { free(s); return SUCCESS; }
int cudaStreamSynchronize(void *s) { stand_in_note("synchronisation", 0); return SUCCESS; }
int cudaStreamWaitEvent(void *s, void *e, unsigned flags) { return SUCCESS; }
int cudaStreamIsCapturing(void *s, int *status) { *status = 0; return SUCCESS; }
int cudaStreamBeginCapture(void *s, int mode) { return SUCCESS; }
int cudaStreamEndCapture(void *s, void **graph) { return handle(graph); }
int cudaGraphInstantiate(void **e, void *graph, unsigned long long flags) { return handle(e); }
int cudaGraphLaunch(void *e, void *stream) { return SUCCESS; }
int cudaGraphDestroy(void *graph) { return SUCCESS; }
int cudaGraphExecDestroy(void *e) { return SUCCESS; }
