/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-post.h"

/* A call posted to the control thread, with its arguments. */

typedef struct {
  GObject *owner;
  RwPostFunc func;
  gpointer self;
  gpointer data;
  GDestroyNotify free_data;
} Post;

static void
post_run (gpointer data)
{
  Post *post = data;

  post->func (post->self, post->data);
}

static void
post_free (gpointer data)
{
  Post *post = data;

  if (post->free_data != NULL && post->data != NULL)
    post->free_data (post->data);
  g_object_unref (post->owner);
  g_free (post);
}

void
rw_post (RwLoop *loop, gpointer owner, RwPostFunc func, gpointer self,
         gpointer data, GDestroyNotify free_data)
{
  Post *post = g_new0 (Post, 1);

  post->owner = g_object_ref (owner);
  post->func = func;
  post->self = self;
  post->data = data;
  post->free_data = free_data;
  rw_loop_invoke (loop, post_run, post, post_free);
}
