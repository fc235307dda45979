/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stretch of network that delays: what is routed into a TUN device comes out
 * of it again, in order, each packet late by a random time of its own.
 *
 *   jitter DEVICE MAX-MS          until it is killed
 *
 * The device is made, is up when the program has written a line, and goes with
 * the program. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <glib.h>

#define MAX_PACKET 65536

typedef struct {
  gint64 due_us;
  GBytes *data;
} Packet;

static int
open_device (const char *name)
{
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  int control = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  int fd = open ("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

  g_strlcpy (request.ifr_name, name, sizeof request.ifr_name);
  if (fd < 0 || control < 0 || ioctl (fd, TUNSETIFF, &request) < 0)
    return -1;
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (ioctl (control, SIOCSIFFLAGS, &request) < 0)
    return -1;
  close (control);
  return fd;
}

static void
receive (int fd, GQueue *packets, gint64 *last_us, gint max_us)
{
  static guint8 buffer[MAX_PACKET];
  gssize n;

  while ((n = read (fd, buffer, sizeof buffer)) > 0) {
    Packet *packet = g_new (Packet, 1);

    packet->due_us = g_get_monotonic_time () + g_random_int_range (0, max_us);
    packet->due_us = *last_us = MAX (packet->due_us, *last_us);
    packet->data = g_bytes_new (buffer, n);
    g_queue_push_tail (packets, packet);
  }
}

static void
send_due (int fd, GQueue *packets)
{
  Packet *packet;

  while ((packet = g_queue_peek_head (packets)) &&
         packet->due_us <= g_get_monotonic_time ()) {
    gsize size;
    gconstpointer data = g_bytes_get_data (packet->data, &size);

    /* A packet that the kernel refuses is lost, as on a network. */
    if (write (fd, data, size) < 0 && errno != EAGAIN)
      g_printerr ("jitter: %s\n", g_strerror (errno));
    g_bytes_unref (packet->data);
    g_free (g_queue_pop_head (packets));
  }
}

static void
wait_for_packet (int fd, GQueue *packets)
{
  struct pollfd poll = {.fd = fd, .events = POLLIN};
  Packet *packet = g_queue_peek_head (packets);
  gint64 left_us =
      packet ? MAX (packet->due_us - g_get_monotonic_time (), 0) : 0;
  struct timespec timeout = {.tv_sec = left_us / G_USEC_PER_SEC,
                             .tv_nsec = left_us % G_USEC_PER_SEC * 1000};

  ppoll (&poll, 1, packet ? &timeout : NULL, NULL);
}

int
main (int argc, char **argv)
{
  GQueue packets = G_QUEUE_INIT;
  gint64 last_us = 0;
  int max_ms = argc == 3 ? atoi (argv[2]) : 0, fd;

  if (max_ms < 1) {
    g_printerr ("usage: jitter DEVICE MAX-MS\n");
    return 2;
  }
  if ((fd = open_device (argv[1])) < 0) {
    g_printerr ("jitter: %s: %s\n", argv[1], g_strerror (errno));
    return 1;
  }
  g_print ("%s\n", argv[1]);
  for (;;) {
    wait_for_packet (fd, &packets);
    receive (fd, &packets, &last_us, max_ms * 1000);
    send_due (fd, &packets);
  }
}
