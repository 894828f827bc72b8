// Both ends of many event streams, for scripts/bench streams: an API that sends events at a pace, and the clients that read
// them. Each event carries the time when it was sent, so that a client knows how long it was on its way: both must run on one
// machine. One thread each, epoll, no allocation while it measures.
//
//   stream-load upstream EVENTS                              prints "port N", serves until it is ended
//   stream-load clients PORT STREAMS EVENTS INTERVAL_MS      prints one line of JSON
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 20000, EVENTS_AT_ONCE = 512 };
// From a request to its first event: a model thinks, and what it costs to open streams is not measured with their events.
static const uint64_t THINKING_NS = 500000000;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static void watch(int queue, int descriptor, uint64_t number) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = number};
  if (epoll_ctl(queue, EPOLL_CTL_ADD, descriptor, &event) != 0) die("epoll_ctl");
}

static void no_delay(int descriptor) {
  int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void allow_many_descriptors(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// The API

struct source {
  int descriptor;
  int sent;  // events; -1: no request yet
  uint64_t due;
  uint64_t interval;
  char request[8192];
  size_t length;
};

static struct source sources[CONNECTIONS_MAX];
static uint64_t stream_count;

// Streams of different conversations keep no step with one another: each has its own moment within the interval, and all
// moments together are spread evenly (multiples of the golden ratio), however the requests came.
static uint64_t first_due(uint64_t interval) {
  double part = (double)stream_count++ * 0.6180339887498949;
  uint64_t moment = (uint64_t)((part - (double)(uint64_t)part) * (double)interval);
  uint64_t due = now_ns() + THINKING_NS;
  return due - due % interval + moment + (moment < due % interval ? interval : 0);
}

static void send_all(struct source *source, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t count = send(source->descriptor, bytes, length, MSG_NOSIGNAL);
    if (count < 0) return;  // the client has gone: its end is noticed when it is read
    bytes += count;
    length -= (size_t)count;
  }
}

static void send_event(struct source *source, const char *event) {
  char chunk[512];
  int length = snprintf(chunk, sizeof chunk, "%zx\r\n%s\r\n", strlen(event), event);
  send_all(source, chunk, (size_t)length);
}

static int is_whole_request(struct source *source) {
  source->request[source->length] = 0;
  char *end = strstr(source->request, "\r\n\r\n");
  if (!end) return 0;
  char *field = strcasestr(source->request, "\r\ncontent-length:");
  size_t body = field && field < end ? strtoul(field + 17, NULL, 10) : 0;
  return source->length >= (size_t)(end + 4 - source->request) + body;
}

static void read_request(struct source *source) {
  ssize_t count = recv(source->descriptor, source->request + source->length, sizeof source->request - 1 - source->length, 0);
  if (count <= 0) {
    close(source->descriptor);
    source->descriptor = -1;
    return;
  }
  source->length += (size_t)count;
  if (!is_whole_request(source)) return;
  char *field = strcasestr(source->request, "\r\nx-interval-us:");
  source->interval = (field ? strtoul(field + 16, NULL, 10) : 20000) * 1000u;
  source->length = 0;
  source->sent = 0;
  source->due = first_due(source->interval);
  const char *head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  send_all(source, head, strlen(head));
}

// Gives when the next event of any stream is due.
static uint64_t send_what_is_due(int count, int events) {
  uint64_t next = UINT64_MAX;
  for (int index = 0; index < count; index++) {
    struct source *source = &sources[index];
    if (source->descriptor < 0 || source->sent < 0) continue;
    if (source->due <= now_ns()) {
      char event[256];
      if (source->sent < events) {
        snprintf(event, sizeof event, "data: {\"type\":\"content\",\"content\":\"%llu\",\"model\":\"gpt-5\"}\n\n",
                 (unsigned long long)now_ns());
        send_event(source, event);
        source->sent++;
        source->due += source->interval;
      } else {
        send_event(source, "data: {\"type\":\"complete\",\"message\":{\"id\":\"m\",\"role\":\"assistant\",\"content\":\"x\"}}\n\n");
        send_event(source, "data: [DONE]\n\n");
        send_all(source, "0\r\n\r\n", 5);
        source->sent = -1;
        continue;
      }
    }
    if (source->due < next) next = source->due;
  }
  return next;
}

static int serve(int events) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 4096) != 0) die("listen");
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("port %d\n", ntohs(address.sin_port));
  fflush(stdout);
  int queue = epoll_create1(EPOLL_CLOEXEC);
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  watch(queue, listener, UINT64_MAX);
  watch(queue, timer, UINT64_MAX - 1);
  int count = 0;
  struct epoll_event ready[EVENTS_AT_ONCE];
  while (1) {
    int news = epoll_wait(queue, ready, EVENTS_AT_ONCE, -1);
    for (int index = 0; index < news; index++) {
      uint64_t number = ready[index].data.u64;
      if (number == UINT64_MAX) {
        int peer;
        while ((peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0 && count < CONNECTIONS_MAX) {
          no_delay(peer);
          sources[count] = (struct source){.descriptor = peer, .sent = -1};
          watch(queue, peer, (uint64_t)count++);
        }
      } else if (number < UINT64_MAX - 1) {
        read_request(&sources[number]);
      } else {
        uint64_t expired;
        if (read(timer, &expired, sizeof expired) < 0 && errno != EAGAIN) die("timer");
      }
    }
    uint64_t next = send_what_is_due(count, events);
    if (next == UINT64_MAX) continue;
    struct itimerspec time = {.it_value = {.tv_sec = (time_t)(next / 1000000000u), .tv_nsec = (long)(next % 1000000000u)}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &time, NULL);
  }
}

// The clients

static uint64_t *latencies;
static size_t latency_count, latency_max, split_events;

struct sink {
  int descriptor;
  int is_done;
  size_t matched;  // of the mark
  uint64_t number;
  int in_number;
};

static struct sink sinks[CONNECTIONS_MAX];
static const char mark[] = "\"content\":\"";
static const char end_mark[] = "0\r\n\r\n";

static void note(uint64_t sent, uint64_t arrived) {
  // Not a time: the text of the complete event.
  if (sent == 0 || latency_count == latency_max) return;
  latencies[latency_count++] = arrived - sent;
}

static void read_events(struct sink *sink) {
  char bytes[65536];
  ssize_t count = recv(sink->descriptor, bytes, sizeof bytes, 0);
  uint64_t arrived = now_ns();
  if (count <= 0) {
    sink->is_done = 1;
    return;
  }
  for (ssize_t index = 0; index < count; index++) {
    char byte = bytes[index];
    if (sink->in_number) {
      if (byte >= '0' && byte <= '9') {
        sink->number = sink->number * 10 + (uint64_t)(byte - '0');
      } else {
        note(sink->number, arrived);
        sink->in_number = 0;
      }
    } else if (byte == mark[sink->matched]) {
      if (++sink->matched == sizeof mark - 1) {
        sink->matched = 0;
        sink->number = 0;
        sink->in_number = 1;
      }
    } else {
      sink->matched = byte == mark[0];
    }
  }
  // An event is whole when what was read ends with the end of its chunk.
  if (count >= 4 && memcmp(bytes + count - 4, "\n\r\n", 3) != 0 && memcmp(bytes + count - 4, "\r\n\r\n", 4) != 0
      && memcmp(bytes + count - 4, "\n\n\r\n", 4) != 0) {
    split_events++;
  }
  if (count >= 5 && memcmp(bytes + count - 5, end_mark, 5) == 0) sink->is_done = 1;
}

static int compare(const void *left, const void *right) {
  uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
  return a < b ? -1 : a > b;
}

static double percentile(double part) {
  return latency_count ? (double)latencies[(size_t)((double)(latency_count - 1) * part)] / 1000 : 0;
}

static int read_streams(int port, int streams, int events, uint64_t interval) {
  latency_max = (size_t)streams * (size_t)events;
  latencies = calloc(latency_max, sizeof *latencies);
  int queue = epoll_create1(EPOLL_CLOEXEC);
  for (int index = 0; index < streams; index++) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = loopback(port);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) die("connect");
    no_delay(descriptor);
    char request[512];
    int length = snprintf(request, sizeof request,
        "POST /api/v1/conversations/c%d/messages/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ApiKey bench\r\n"
        "Accept: text/event-stream\r\nX-Interval-us: %llu\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"
        "{\"content\":\"h\"}", index, (unsigned long long)(interval / 1000));
    if (send(descriptor, request, (size_t)length, MSG_NOSIGNAL) != length) die("send");
    sinks[index] = (struct sink){.descriptor = descriptor};
    watch(queue, descriptor, (uint64_t)index);
  }
  int left = streams;
  struct epoll_event ready[EVENTS_AT_ONCE];
  while (left > 0) {
    int news = epoll_wait(queue, ready, EVENTS_AT_ONCE, 30000);
    if (news <= 0) break;
    for (int index = 0; index < news; index++) {
      struct sink *sink = &sinks[ready[index].data.u64];
      if (sink->is_done) continue;
      read_events(sink);
      if (sink->is_done) {
        close(sink->descriptor);
        left--;
      }
    }
  }
  qsort(latencies, latency_count, sizeof *latencies, compare);
  printf("{\"streams\":%d,\"unfinished\":%d,\"events\":%zu,\"split\":%zu,\"p50\":%.1f,\"p99\":%.1f,\"max\":%.1f}\n",
         streams, left, latency_count, split_events, percentile(0.5), percentile(0.99), percentile(1));
  return left == 0 ? 0 : 1;
}

int main(int count, char **words) {
  allow_many_descriptors();
  if (count == 3 && strcmp(words[1], "upstream") == 0) return serve(atoi(words[2]));
  if (count == 6 && strcmp(words[1], "clients") == 0 && atoi(words[3]) <= CONNECTIONS_MAX) {
    return read_streams(atoi(words[2]), atoi(words[3]), atoi(words[4]), (uint64_t)(atof(words[5]) * 1e6));
  }
  fprintf(stderr, "see the head of Benchmarks/StreamLoad/main.c\n");
  return 64;
}
