/* A stand-in for cuBLAS (libcublas.so.12) and, with LT defined, for cuBLASLt (libcublasLt.so.12): products are counted. */
#include <stdlib.h>
#include <string.h>

void stand_in_note(const char *name, long long count);

#define PRODUCT(name) int name(void) { stand_in_note("product " #name, 1); return 0; }
#define NOTHING(name) int name(void) { return 0; }
#define HANDLE(name) int name(void **to) { *to = malloc(64); return 0; }

#ifdef LT
HANDLE(cublasLtCreate)
HANDLE(cublasLtMatmulDescCreate)
HANDLE(cublasLtMatmulPreferenceCreate)
HANDLE(cublasLtMatrixLayoutCreate)
HANDLE(cublasLtMatrixTransformDescCreate)
NOTHING(cublasLtDestroy)
NOTHING(cublasLtMatmulDescDestroy)
NOTHING(cublasLtMatmulPreferenceDestroy)
NOTHING(cublasLtMatrixLayoutDestroy)
NOTHING(cublasLtMatrixTransformDescDestroy)
NOTHING(cublasLtMatmulAlgoConfigSetAttribute)
NOTHING(cublasLtMatmulAlgoInit)
NOTHING(cublasLtMatmulDescSetAttribute)
NOTHING(cublasLtMatmulPreferenceSetAttribute)
NOTHING(cublasLtMatrixLayoutSetAttribute)
NOTHING(cublasLtMatrixTransform)
PRODUCT(cublasLtMatmul)
int cublasLtMatmulAlgoGetHeuristic(void *a, void *b, void *c, void *d, void *e, void *f, void *g, int want, char *to, int *found) {
    memset(to, 0, 128);
    *found = 1;
    return 0;
}
#else
HANDLE(cublasCreate_v2)
NOTHING(cublasDestroy_v2)
NOTHING(cublasSetStream_v2)
NOTHING(cublasGetMathMode)
int cublasSetMathMode(void *handle, int mode) {
    if (mode == 3) stand_in_note("product in TF32", 1); /* CUBLAS_TF32_TENSOR_OP_MATH */
    return 0;
}
const char *cublasGetStatusName(int status) { return "stand-in"; }
const char *cublasGetStatusString(int status) { return "stand-in"; }
PRODUCT(cublasDgemmBatched)
PRODUCT(cublasDgemmStridedBatched)
PRODUCT(cublasDgemm_v2)
PRODUCT(cublasGemmBatchedEx)
PRODUCT(cublasGemmEx)
PRODUCT(cublasGemmStridedBatchedEx)
PRODUCT(cublasSgemmBatched)
PRODUCT(cublasSgemmStridedBatched)
PRODUCT(cublasSgemm_v2)
NOTHING(cublasDcopy_v2)
NOTHING(cublasDgeam)
NOTHING(cublasDgetrfBatched)
NOTHING(cublasDgetriBatched)
NOTHING(cublasScopy_v2)
NOTHING(cublasSgeam)
NOTHING(cublasSgetrfBatched)
NOTHING(cublasSgetriBatched)
NOTHING(cublasSscal_v2)
#endif
