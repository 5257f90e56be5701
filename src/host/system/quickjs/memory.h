#include <quickjs.h>

extern const JSMallocFunctions MEMORY;
