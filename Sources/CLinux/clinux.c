#define _GNU_SOURCE
#include "clinux.h"

#include <pthread.h>
#include <sys/socket.h>

int clinux_accept(int listener, struct sockaddr *address, uint32_t *length) {
  return accept4(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int clinux_peer_user(int socket, uint32_t *user) {
  struct ucred credentials;
  socklen_t length = sizeof credentials;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return -1;
  *user = credentials.uid;
  return 0;
}

void clinux_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }
