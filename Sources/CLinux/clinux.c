#define _GNU_SOURCE
#include "clinux.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

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

int clinux_open_network_events(void) {
  int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (descriptor < 0) return -1;
  struct sockaddr_nl address = {
    .nl_family = AF_NETLINK,
    .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
  };
  if (bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0) return descriptor;
  close(descriptor);
  return -1;
}

int clinux_network_came_up(const void *bytes, size_t length) {
  unsigned rest = (unsigned)length;
  for (const struct nlmsghdr *message = bytes; NLMSG_OK(message, rest); message = NLMSG_NEXT(message, rest)) {
    switch (message->nlmsg_type) {
      case RTM_NEWADDR:
      case RTM_NEWROUTE:
        return 1;
      case RTM_NEWLINK:
        if (message->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg))) break;
        if (((const struct ifinfomsg *)NLMSG_DATA(message))->ifi_flags & IFF_RUNNING) return 1;
    }
  }
  return 0;
}
