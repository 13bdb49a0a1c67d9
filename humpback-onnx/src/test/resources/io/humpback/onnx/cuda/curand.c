/* A stand-in for cuRAND (libcurand.so.10): the provider names it and calls nothing of it. */
