/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-tls-fault.h"

/* GIO reports what is wrong in flags; its error does not. */

static const struct {
  GTlsCertificateFlags flag;
  const char *text; /* with the date, where there is a "%s" */
} faults[] = {
    {G_TLS_CERTIFICATE_UNKNOWN_CA,
     "no authority that is trusted here has signed its certificate; set "
     "tls-ca-file to the certificate of the authority"},
    {G_TLS_CERTIFICATE_BAD_IDENTITY,
     "its certificate is for another host; signaller-uri has to name the host "
     "as the certificate does"},
    {G_TLS_CERTIFICATE_NOT_ACTIVATED,
     "its certificate is not valid before %s; check the clocks of both "
     "machines"},
    {G_TLS_CERTIFICATE_EXPIRED,
     "its certificate expired at %s; renew it, unless this machine's clock is "
     "wrong"},
    {G_TLS_CERTIFICATE_REVOKED, "its certificate was revoked"},
    {G_TLS_CERTIFICATE_INSECURE,
     "its certificate uses an algorithm that is no longer secure"},
};

static char *
format_date (GTlsCertificate *certificate, GTlsCertificateFlags flag)
{
  g_autoptr (GDateTime) date = NULL;

  if (certificate != NULL)
    date = flag == G_TLS_CERTIFICATE_EXPIRED
               ? g_tls_certificate_get_not_valid_after (certificate)
               : g_tls_certificate_get_not_valid_before (certificate);
  return date != NULL ? g_date_time_format (date, "%Y-%m-%d %H:%M UTC")
                      : g_strdup ("an unknown date");
}

static void
add_fault (GString *text, GTlsCertificate *certificate, guint i)
{
  g_autofree char *date = format_date (certificate, faults[i].flag);

  if (text->len > 0)
    g_string_append (text, "; and ");
  g_string_append (text, faults[i].text);
  g_string_replace (text, "%s", date, 1);
}

char *
rw_tls_fault_describe (GTlsCertificate *certificate,
                       GTlsCertificateFlags errors)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    if (errors & faults[i].flag)
      add_fault (text, certificate, i);
  if (text->len == 0)
    g_string_append (text, "its certificate is not acceptable");
  return g_string_free (text, FALSE);
}
