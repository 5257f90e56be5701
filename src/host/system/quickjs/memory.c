/*
 * The memory of QuickJS's objects. A run lives for milliseconds, and the C library's allocator took a sixth of it: objects
 * of up to LARGEST bytes are cut from pieces of memory in one size a step of STEP bytes, and one that is freed is the next
 * of its size. Pieces are never given back; larger objects are the C library's.
 */
#define _GNU_SOURCE
#include "memory.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { STEP = 16, SIZES = 64, LARGEST = SIZES * STEP - sizeof(size_t), PIECE = 4 << 20, AHEAD = 128 << 10, OVERHEAD = sizeof(size_t) };

/* Before each object stands its size in steps; 0 is an object of the C library's, with its size before that. */
typedef struct { size_t size, steps; } Large;

static void *freed[SIZES + 1];
static char *next, *touched, *end;

static size_t stepsOf(const void *object) { return ((const size_t *)object)[-1]; }

static size_t usable(const void *object)
{
    if (!object) return 0;
    size_t steps = stepsOf(object);
    return steps ? steps * STEP - sizeof(size_t) : ((const Large *)object)[-1].size;
}

/* More memory behind `next`, in a state in which writing to it asks the kernel for nothing more. */
static int grow(size_t size)
{
    if ((size_t)(end - next) < size) {
        char *piece = mmap(NULL, PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (piece == MAP_FAILED) return 0;
        next = piece + sizeof(size_t);
        touched = piece;
        end = piece + PIECE;
    }
    while (next + size > touched) {
        /* A kernel that doesn't know this gives the pages one by one. */
        madvise(touched, AHEAD, MADV_POPULATE_WRITE);
        touched += AHEAD;
    }
    return 1;
}

static void *small(size_t steps)
{
    void *object = freed[steps];
    if (object) {
        freed[steps] = *(void **)object;
        return object;
    }
    size_t size = steps * STEP;
    if (next + size > touched && !grow(size)) return NULL;
    object = next + sizeof(size_t);
    *(size_t *)next = steps;
    next += size;
    return object;
}

static void *allocate(JSMallocState *state, size_t size)
{
    void *object;
    if (state->malloc_size + size > state->malloc_limit) return NULL;
    if (size <= LARGEST) {
        object = small((size + sizeof(size_t) + STEP - 1) / STEP);
        if (!object) return NULL;
    } else {
        Large *large = size > SIZE_MAX - sizeof *large ? NULL : malloc(size + sizeof *large);
        if (!large) return NULL;
        *large = (Large){size, 0};
        object = large + 1;
    }
    state->malloc_count++;
    state->malloc_size += usable(object) + OVERHEAD;
    return object;
}

static void give(JSMallocState *state, void *object)
{
    if (!object) return;
    size_t steps = stepsOf(object);
    state->malloc_count--;
    state->malloc_size -= usable(object) + OVERHEAD;
    if (!steps) return free((Large *)object - 1);
    *(void **)object = freed[steps];
    freed[steps] = object;
}

static void *resize(JSMallocState *state, void *object, size_t size)
{
    if (!object) return size ? allocate(state, size) : NULL;
    if (!size) {
        give(state, object);
        return NULL;
    }
    size_t had = usable(object);
    if (stepsOf(object) ? size <= had && size > had / 2 : 0) return object;
    if (!stepsOf(object) && size > LARGEST) {
        if (state->malloc_size + size - had > state->malloc_limit || size > SIZE_MAX - sizeof(Large)) return NULL;
        Large *large = realloc((Large *)object - 1, size + sizeof *large);
        if (!large) return NULL;
        large->size = size;
        state->malloc_size += size - had;
        return large + 1;
    }
    void *moved = allocate(state, size);
    if (!moved) return NULL;
    memcpy(moved, object, size < had ? size : had);
    give(state, object);
    return moved;
}

const JSMallocFunctions MEMORY = {allocate, give, resize, usable};
