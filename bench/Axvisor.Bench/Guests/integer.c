/* What integer.S computes, for the host. Prints the result and the nanoseconds. */
#include <stdint.h>
#include <stdio.h>
#include <time.h>

static uint64_t mix(uint64_t n)
{
    uint64_t a0 = 0x9E3779B97F4A7C15, a2 = 0, a3 = 0, a6 = 10007;
    for (; n != 0; n--) {
        a0 ^= a0 << 13;
        a0 ^= a0 >> 7;
        a0 ^= a0 << 17;
        a2 += a0 * a6;
        if ((a0 & 7) == 0) {
            a3 += a0 % a6;
        } else {
            a3 += a2 < a0;
            a2 ^= a3;
        }
    }
    return a2 ^ a3;
}

int main(int argc, char **argv)
{
    struct timespec from, to;
    (void)argv;
    clock_gettime(CLOCK_MONOTONIC, &from);
    uint64_t result = mix(40000000 + (uint64_t)argc - 1);
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%016llx %lld\n", (unsigned long long)result, (to.tv_sec - from.tv_sec) * 1000000000LL + (to.tv_nsec - from.tv_nsec));
    return 0;
}
