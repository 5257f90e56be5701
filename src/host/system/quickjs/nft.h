/* What the kernel tells of nft: nft.c. */
#pragma once
#include <stddef.h>

/* Its tables, chains and rules in lines, for the caller to free; NULL for none. `failure` becomes a number below zero where they can't be told. */
char *tellNft(size_t *size, int *failure);
