/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-web-root.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rw-server-http.h"

/* Of folders below the root, and files in memory: more than the page has. */
#define MAX_DEPTH 4
#define MAX_FILES 64

#define CONTENT_SECURITY_POLICY                                                \
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "  \
  "connect-src 'self'; media-src 'self' blob:; manifest-src 'self'; "          \
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/* A file as it was when it was read. */
typedef struct {
  struct timespec changed;
  off_t size;
  ino_t inode;
  GBytes *bytes;
  char *etag;
} File;

struct _RwWebRoot {
  char *path;
  GHashTable *files; /* path below the root to File */
};

static const struct {
  const char *suffix;
  const char *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".txt", "text/plain; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".wav", "audio/wav"},
};

static const char *
get_type (const char *path)
{
  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    if (g_str_has_suffix (path, types[i].suffix))
      return types[i].type;
  }
  return "application/octet-stream";
}

static void
file_free (gpointer data)
{
  File *file = data;

  g_bytes_unref (file->bytes);
  g_free (file->etag);
  g_free (file);
}

/**
 * rw_web_root_check:
 *
 * Whether @path is a folder that this process can enter.
 */
gboolean
rw_web_root_check (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd >= 0) {
    g_close (fd, NULL);
    return TRUE;
  }

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
               "cannot serve the folder of web-root, %s: %s; name another "
               "folder, or leave web-root empty",
               path, g_strerror (errno));
  return FALSE;
}

/** rw_web_root_new: @path: of the folder; it is opened for each request. */
RwWebRoot *
rw_web_root_new (const char *path)
{
  RwWebRoot *self = g_new0 (RwWebRoot, 1);

  self->path = g_strdup (path);
  self->files =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, file_free);
  return self;
}

/** rw_web_root_free: NULL is fine. */
void
rw_web_root_free (RwWebRoot *self)
{
  if (self == NULL)
    return;

  g_hash_table_unref (self->files);
  g_free (self->path);
  g_free (self);
}

/* A name that means nothing but itself; never "", ".", ".." or hidden. */
static gboolean
is_plain_name (const char *name)
{
  if (*name == '\0' || *name == '.')
    return FALSE;
  return strspn (name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-") ==
         strlen (name);
}

/* -1 with errno, if there is no such thing or it is a symbolic link. Without
 * O_NONBLOCK a FIFO in the folder would stop the server. */
static int
open_at (int folder, const char *name, gboolean is_last)
{
  int kind = is_last ? O_NONBLOCK : O_DIRECTORY;

  return openat (folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | kind);
}

static int
open_below (const char *root, char *const *names)
{
  int fd = open (root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  for (guint i = 0; fd >= 0 && names[i] != NULL; i++) {
    int next = open_at (fd, names[i], names[i + 1] == NULL);

    g_close (fd, NULL);
    fd = next;
  }
  return fd;
}

/* @path begins with a slash. */
static int
open_file (RwWebRoot *self, const char *path)
{
  g_auto (GStrv) names = g_strsplit (path + 1, "/", MAX_DEPTH + 1);

  if (g_strv_length (names) == 0 || g_strv_length (names) > MAX_DEPTH)
    return -1;
  for (guint i = 0; names[i] != NULL; i++) {
    if (!is_plain_name (names[i]))
      return -1;
  }
  return open_below (self->path, names);
}

static GBytes *
read_file (int fd, gsize size)
{
  g_autofree char *data = g_malloc (size + 1);
  gsize n = 0;

  while (n <= size) {
    ssize_t got = read (fd, data + n, size + 1 - n);

    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      break;
    n += (gsize) got;
  }
  /* A file that changes meanwhile is served when it is whole. */
  if (n != size)
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&data), n);
}

static char *
make_etag (GBytes *bytes)
{
  g_autofree char *sum =
      g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);

  return g_strdup_printf ("\"%.32s\"", sum);
}

static gboolean
is_current (const File *file, const struct stat *now)
{
  return file->size == now->st_size && file->inode == now->st_ino &&
         file->changed.tv_sec == now->st_mtim.tv_sec &&
         file->changed.tv_nsec == now->st_mtim.tv_nsec;
}

/* (transfer none) (nullable) */
static const File *
load (RwWebRoot *self, const char *path, int fd)
{
  File *file = g_hash_table_lookup (self->files, path);
  g_autoptr (GBytes) bytes = NULL;
  struct stat now;

  if (fstat (fd, &now) != 0 || !S_ISREG (now.st_mode) ||
      now.st_size > RW_WEB_ROOT_MAX_FILE)
    return NULL;
  if (file != NULL && is_current (file, &now))
    return file;
  bytes = read_file (fd, (gsize) now.st_size);
  if (bytes == NULL)
    return NULL;

  if (g_hash_table_size (self->files) >= MAX_FILES)
    g_hash_table_remove_all (self->files);
  file = g_new0 (File, 1);
  file->changed = now.st_mtim;
  file->size = now.st_size;
  file->inode = now.st_ino;
  file->etag = make_etag (bytes);
  file->bytes = g_steal_pointer (&bytes);
  g_hash_table_replace (self->files, g_strdup (path), file);
  return file;
}

/* RFC 9110, 13.1.2: the comparison is weak. */
static gboolean
is_known (SoupServerMessage *msg, const char *etag)
{
  const char *given = soup_message_headers_get_list (
      soup_server_message_get_request_headers (msg), "If-None-Match");
  g_auto (GStrv) tags = NULL;

  if (given == NULL)
    return FALSE;
  tags = g_strsplit (given, ",", -1);
  for (guint i = 0; tags[i] != NULL; i++) {
    const char *tag = g_strstrip (tags[i]);

    if (g_str_has_prefix (tag, "W/"))
      tag += 2;
    if (g_str_equal (tag, "*") || g_str_equal (tag, etag))
      return TRUE;
  }
  return FALSE;
}

static void
add_headers (SoupServerMessage *msg, const char *etag)
{
  static const char *const headers[][2] = {
      {"Content-Security-Policy", CONTENT_SECURITY_POLICY},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Permissions-Policy", "microphone=(self), camera=(), geolocation=()"},
      /* Kept, but asked for each time: an upgrade counts at once. */
      {"Cache-Control", "no-cache"},
  };
  SoupMessageHeaders *answer = soup_server_message_get_response_headers (msg);

  for (guint i = 0; i < G_N_ELEMENTS (headers); i++)
    soup_message_headers_replace (answer, headers[i][0], headers[i][1]);
  soup_message_headers_replace (answer, "ETag", etag);
}

static void
answer_file (SoupServerMessage *msg, const char *path, const File *file)
{
  add_headers (msg, file->etag);
  if (is_known (msg, file->etag)) {
    soup_server_message_set_status (msg, SOUP_STATUS_NOT_MODIFIED, NULL);
    return;
  }

  soup_server_message_set_status (msg, SOUP_STATUS_OK, NULL);
  soup_message_headers_set_content_type (
      soup_server_message_get_response_headers (msg), get_type (path), NULL);
  if (g_bytes_get_size (file->bytes) > 0)
    soup_message_body_append_bytes (soup_server_message_get_response_body (msg),
                                    file->bytes);
}

/**
 * rw_web_root_answer:
 * @msg: GET or HEAD
 * @path: decoded; "/" is index.html
 *
 * Answers with the file, or with 404 for whatever is not to be served.
 */
void
rw_web_root_answer (RwWebRoot *self, SoupServerMessage *msg, const char *path)
{
  const char *name = g_str_equal (path, "/") ? "/index.html" : path;
  int fd = *name == '/' ? open_file (self, name) : -1;
  const File *file = fd >= 0 ? load (self, name, fd) : NULL;

  if (file != NULL)
    answer_file (msg, name, file);
  else
    rw_server_http_answer (
        msg, SOUP_STATUS_NOT_FOUND,
        "There is no such file. The page is at /; WebSocket connections are "
        "accepted on any path.\n");
  if (fd >= 0)
    g_close (fd, NULL);
}
