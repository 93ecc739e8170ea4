// The loop of ExitRoundTrip.cs in C: one vCPU in real mode, one instruction that leaves the guest, in a loop. Prints nanoseconds
// of the thread's processor time for each exit, of the best of ten slices.
// usage: exits out|mmio|hlt EXITS
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

static void require(int ok, const char *what)
{
    if (!ok) {
        perror(what);
        exit(1);
    }
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv)
{
    static const uint8_t out[] = { 0xe6, 0x10, 0xeb, 0xfc };             // 1: out 0x10, al; jmp 1b
    static const uint8_t mmio[] = { 0x88, 0x07, 0xeb, 0xfc };            // 1: mov [bx], al; jmp 1b  (ds base 0xd0000)
    static const uint8_t hlt[] = { 0xf4, 0xeb, 0xfd };                   // 1: hlt; jmp 1b
    require(argc == 3, "usage");
    const uint8_t *code = !strcmp(argv[1], "out") ? out : !strcmp(argv[1], "mmio") ? mmio : hlt;
    size_t length = code == out ? sizeof out : code == mmio ? sizeof mmio : sizeof hlt;
    uint32_t reason = code == out ? KVM_EXIT_IO : code == mmio ? KVM_EXIT_MMIO : KVM_EXIT_HLT;
    long exits = atol(argv[2]);

    int system = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    require(system >= 0, "/dev/kvm");
    int vm = ioctl(system, KVM_CREATE_VM, 0);
    require(vm >= 0, "KVM_CREATE_VM");
    uint8_t *memory = mmap(0, 0x10000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct kvm_userspace_memory_region region = { .memory_size = 0x10000, .userspace_addr = (uintptr_t)memory };
    require(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) == 0, "memory");
    memcpy(memory + 0x8000, code, length);
    int cpu = ioctl(vm, KVM_CREATE_VCPU, 0);
    require(cpu >= 0, "KVM_CREATE_VCPU");
    size_t size = ioctl(system, KVM_GET_VCPU_MMAP_SIZE, 0);
    volatile struct kvm_run *run = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, cpu, 0);
    struct kvm_sregs sregs;
    ioctl(cpu, KVM_GET_SREGS, &sregs);
    sregs.cs.base = 0x8000;
    sregs.cs.selector = 0x800;
    sregs.ds.base = 0xd0000;
    sregs.ds.selector = 0xd000;
    require(ioctl(cpu, KVM_SET_SREGS, &sregs) == 0, "KVM_SET_SREGS");
    struct kvm_regs regs = { .rflags = 2 };
    require(ioctl(cpu, KVM_SET_REGS, &regs) == 0, "KVM_SET_REGS");
    run->kvm_valid_regs = KVM_SYNC_X86_REGS;

    // As the engine has it, so that a vCPU can be interrupted: a blocked signal that is open while the guest runs.
    sigset_t kick;
    sigemptyset(&kick);
    sigaddset(&kick, SIGSTKFLT);
    sigprocmask(SIG_BLOCK, &kick, 0);
    struct {
        uint32_t length;
        uint8_t open[8];
    } mask = { 8, { 0 } };
    require(ioctl(cpu, KVM_SET_SIGNAL_MASK, &mask) == 0, "KVM_SET_SIGNAL_MASK");

    const int slices = 10;
    long slice = exits / slices;
    double best = 1e18;
    for (int i = -1; i < slices; i++) {                                  // slice -1 is for the caches
        double start = now();
        for (long j = 0; j < slice; j++) {
            require(ioctl(cpu, KVM_RUN, 0) == 0, "KVM_RUN");
            if (run->exit_reason != reason) {
                fprintf(stderr, "exit %u\n", run->exit_reason);
                return 1;
            }
        }
        double nanoseconds = (now() - start) / slice;
        if (i >= 0 && nanoseconds < best)
            best = nanoseconds;
    }
    printf("%.1f\n", best);
    return 0;
}
