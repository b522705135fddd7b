#ifndef MALLOC_COUNTER_H
#define MALLOC_COUNTER_H
#include <stdint.h>
/* The number of malloc, calloc and realloc calls of this process so far, the C libraries' included. */
uint64_t malloc_counter_value(void);
#endif
