/* A stand-in for cuDNN (libcudnn.so.9): what computes is counted. */
#include <stddef.h>
#include <stdlib.h>

void stand_in_note(const char *name, long long count);

#define COMPUTED(name) int name(void) { stand_in_note("cuDNN " #name, 1); return 0; }
#define NOTHING(name) int name(void) { return 0; }
#define HANDLE(name) int name(void **to) { *to = malloc(64); return 0; }

size_t cudnnGetVersion(void) { return 91000; }
const char *cudnnGetErrorString(int status) { return "stand-in"; }
void cudnnGetLastErrorString(char *to, size_t n) { if (n) *to = 0; }
int cudnnGetReductionWorkspaceSize(void *a, void *b, void *c, void *d, size_t *bytes) { *bytes = 1024; return 0; }
int cudnnGetReductionIndicesSize(void *a, void *b, void *c, void *d, size_t *bytes) { *bytes = 1024; return 0; }
HANDLE(cudnnCreate)
HANDLE(cudnnCreateActivationDescriptor)
HANDLE(cudnnCreateConvolutionDescriptor)
HANDLE(cudnnCreateDropoutDescriptor)
HANDLE(cudnnCreateFilterDescriptor)
HANDLE(cudnnCreateLRNDescriptor)
HANDLE(cudnnCreatePoolingDescriptor)
HANDLE(cudnnCreateRNNDataDescriptor)
HANDLE(cudnnCreateRNNDescriptor)
HANDLE(cudnnCreateReduceTensorDescriptor)
HANDLE(cudnnCreateTensorDescriptor)
int cudnnBackendCreateDescriptor(int kind, void **to) { *to = malloc(64); return 0; }
COMPUTED(cudnnActivationForward)
COMPUTED(cudnnAddTensor)
COMPUTED(cudnnBackendExecute)
COMPUTED(cudnnBatchNormalizationForwardInference)
COMPUTED(cudnnBatchNormalizationForwardTraining)
COMPUTED(cudnnConvolutionBiasActivationForward)
COMPUTED(cudnnConvolutionForward)
COMPUTED(cudnnLRNCrossChannelForward)
COMPUTED(cudnnPoolingForward)
COMPUTED(cudnnRNNForward)
COMPUTED(cudnnReduceTensor)
COMPUTED(cudnnSoftmaxForward)
NOTHING(cudnnBackendDestroyDescriptor)
NOTHING(cudnnBackendFinalize)
NOTHING(cudnnBackendGetAttribute)
NOTHING(cudnnBackendSetAttribute)
NOTHING(cudnnDeriveBNTensorDescriptor)
NOTHING(cudnnDestroy)
NOTHING(cudnnDestroyActivationDescriptor)
NOTHING(cudnnDestroyConvolutionDescriptor)
NOTHING(cudnnDestroyDropoutDescriptor)
NOTHING(cudnnDestroyFilterDescriptor)
NOTHING(cudnnDestroyLRNDescriptor)
NOTHING(cudnnDestroyPoolingDescriptor)
NOTHING(cudnnDestroyRNNDataDescriptor)
NOTHING(cudnnDestroyRNNDescriptor)
NOTHING(cudnnDestroyReduceTensorDescriptor)
NOTHING(cudnnDestroyTensorDescriptor)
NOTHING(cudnnDropoutGetStatesSize)
NOTHING(cudnnFindConvolutionForwardAlgorithmEx)
NOTHING(cudnnGetConvolutionForwardAlgorithm_v7)
NOTHING(cudnnGetConvolutionForwardWorkspaceSize)
NOTHING(cudnnGetRNNTempSpaceSizes)
NOTHING(cudnnGetRNNWeightParams)
NOTHING(cudnnGetStream)
NOTHING(cudnnGetTensorNdDescriptor)
NOTHING(cudnnSetActivationDescriptor)
NOTHING(cudnnSetConvolutionGroupCount)
NOTHING(cudnnSetConvolutionMathType)
NOTHING(cudnnSetConvolutionNdDescriptor)
NOTHING(cudnnSetDropoutDescriptor)
NOTHING(cudnnSetFilterNdDescriptor)
NOTHING(cudnnSetLRNDescriptor)
NOTHING(cudnnSetPoolingNdDescriptor)
NOTHING(cudnnSetRNNDataDescriptor)
NOTHING(cudnnSetRNNDescriptor_v8)
NOTHING(cudnnSetReduceTensorDescriptor)
NOTHING(cudnnSetStream)
NOTHING(cudnnSetTensorNdDescriptor)
