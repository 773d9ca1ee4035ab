/* Counts the instructions that one thread executes, by stepping through them: what this processor really does, its own instructions for
 * SHA-256 included, where no hardware counter is to be had.
 *
 *   steps TID    until SIGTERM; then prints the count. The trap of the last step may end the thread.
 *
 * An instruction that repeats itself (rep movsb) counts once for each round.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t enough = 0;

/* Rings again after a second: the first signal may fall between the question `enough` and the waiting. */
static void stop(int signal) {
    (void)signal;
    enough = 1;
    alarm(1);
}

int main(int argc, char **argv) {
    pid_t thread = argc == 2 ? atoi(argv[1]) : 0;
    unsigned long long count = 0;
    int status;
    /* Without SA_RESTART: it interrupts the waiting for a thread that itself waits in a system call. */
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
    if (thread <= 0 || ptrace(PTRACE_SEIZE, thread, 0, 0) != 0 || ptrace(PTRACE_INTERRUPT, thread, 0, 0) != 0) {
        perror("steps");
        return 1;
    }
    if (waitpid(thread, &status, __WALL) != thread) return 1;
    puts("stepping");
    fflush(stdout);
    while (!enough) {
        if (ptrace(PTRACE_SINGLESTEP, thread, 0, 0) != 0) return 1;
        if (waitpid(thread, &status, __WALL) == thread) count++;
        else if (errno != EINTR) return 1;
    }
    alarm(0);
    if (ptrace(PTRACE_INTERRUPT, thread, 0, 0) == 0) waitpid(thread, &status, __WALL);
    ptrace(PTRACE_DETACH, thread, 0, 0);
    printf("%llu\n", count);
    return 0;
}
