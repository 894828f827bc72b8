// A wall clock that can be set while a program runs, by LD_PRELOAD: the file named by WALL_CLOCK_FILE holds the offset in
// seconds, as an int64_t. The clocks that nobody can set, CLOCK_MONOTONIC and CLOCK_BOOTTIME, stay as they are, and so do
// timers on them (the package faketime shifts those too, and Dispatch then spins).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int64_t *offset;
static int (*real_clock_gettime)(clockid_t, struct timespec *);
static int (*real_sem_timedwait)(sem_t *, const struct timespec *);

__attribute__((constructor)) static void begin(void) {
  real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
  real_sem_timedwait = dlsym(RTLD_NEXT, "sem_timedwait");
  const char *path = getenv("WALL_CLOCK_FILE");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *page = mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (page != MAP_FAILED) offset = page;
}

static int64_t shift(void) { return offset ? __atomic_load_n(offset, __ATOMIC_RELAXED) : 0; }

int clock_gettime(clockid_t clock, struct timespec *now) {
  if (!real_clock_gettime) begin();  // asked for before it is this file's turn
  int code = real_clock_gettime(clock, now);
  if (code == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += shift();
  return code;
}

int gettimeofday(struct timeval *now, void *zone) {
  struct timespec time;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &time);
  now->tv_sec = time.tv_sec;
  now->tv_usec = time.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (out) *out = now.tv_sec;
  return now.tv_sec;
}

int timespec_get(struct timespec *now, int base) {
  return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, now) == 0 ? base : 0;
}

// Its moment is one of the wall clock.
int sem_timedwait(sem_t *semaphore, const struct timespec *end) {
  if (!real_sem_timedwait) begin();
  struct timespec moment = *end;
  moment.tv_sec -= shift();
  if (moment.tv_sec < 0) moment.tv_sec = 0;
  return real_sem_timedwait(semaphore, &moment);
}
