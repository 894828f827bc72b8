// The Linux calls that Swift's Glibc module does not export: epoll and eventfd live in headers it leaves out, and
// accept4 and SO_PEERCRED are declared only under _GNU_SOURCE.
#ifndef CLINUX_H
#define CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

struct sockaddr;

// Accepts one connection, already non-blocking and close-on-exec. Returns -1 and sets errno on failure.
int clinux_accept(int listener, struct sockaddr *address, uint32_t *length);

// The user on the other side of a connected Unix socket. Returns -1 and sets errno on failure.
int clinux_peer_user(int socket, uint32_t *user);

// A non-blocking socket that tells of links, addresses and routes that come and go (rtnetlink(7)). Returns -1 and sets
// errno on failure.
int clinux_open_network_events(void);

// Whether what was received from it says that a link runs, or that an address or a route is new.
int clinux_network_came_up(const void *bytes, size_t length);

// Names the calling thread, as ps and top show it (15 bytes at most).
void clinux_name_thread(const char *name);

#endif
