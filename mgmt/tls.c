#include "mgmt/tls.h"

#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "mgmt/message_check.h"

static bool refuse(char *why, size_t why_size, const char *option, const char *file)
{
    unsigned long error = ERR_get_error();
    const char *reason = ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error)) : ERR_reason_error_string(error);
    if (file == NULL)
        snprintf(why, why_size, "--tls-%s is missing: TLS needs --tls-cert, --tls-key and --tls-ca", option);
    else
        snprintf(
            why, why_size, "--tls-%s %s: %s", option, file, error != 0 && reason != NULL ? reason : "cannot be used");
    return false;
}

static bool load(SSL_CTX *context, const struct server_tls *tls, char *why, size_t why_size)
{
    if (tls->certificate == NULL || SSL_CTX_use_certificate_chain_file(context, tls->certificate) != 1)
        return refuse(why, why_size, "cert", tls->certificate);
    if (tls->key == NULL || SSL_CTX_use_PrivateKey_file(context, tls->key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1)
        return refuse(why, why_size, "key", tls->key);
    if (tls->authority == NULL || SSL_CTX_load_verify_locations(context, tls->authority, NULL) != 1)
        return refuse(why, why_size, "ca", tls->authority);
    return true;
}

static SSL_CTX *make(const SSL_METHOD *method, const struct server_tls *tls, int verify, char *why, size_t why_size)
{
    SSL_CTX *context = SSL_CTX_new(method);
    if (context == NULL || SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1) {
        snprintf(why, why_size, "TLS 1.3 is not to be had from this OpenSSL");
        SSL_CTX_free(context);
        return NULL;
    }
    SSL_CTX_set_verify(context, verify, NULL);
    if (load(context, tls, why, why_size))
        return context;
    SSL_CTX_free(context);
    return NULL;
}

struct ssl_ctx_st *tls_context(const struct server_tls *tls, char *why, size_t why_size)
{
    SSL_CTX *context = make(TLS_server_method(), tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, why, why_size);
    if (context != NULL) {
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); /* a resumed session would show no certificate */
        SSL_CTX_set_num_tickets(context, 0);
    }
    return context;
}

struct ssl_ctx_st *tls_client_context(const struct server_tls *tls, char *why, size_t why_size)
{
    return make(TLS_client_method(), tls, SSL_VERIFY_PEER, why, why_size);
}

void tls_context_free(struct ssl_ctx_st *context)
{
    SSL_CTX_free(context);
}

struct bufferevent *tls_accept(struct ssl_ctx_st *context, struct event_base *base, evutil_socket_t socket)
{
    SSL *ssl = SSL_new(context);
    if (ssl == NULL)
        return NULL;
    struct bufferevent *stream =
        bufferevent_openssl_socket_new(base, socket, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    if (stream != NULL)
        bufferevent_openssl_set_allow_dirty_shutdown(stream, 1);
    return stream;
}

bool tls_peer_name(struct ssl_st *ssl, char *name, size_t name_size)
{
    X509 *certificate = SSL_get1_peer_certificate(ssl);
    if (certificate == NULL)
        return false;
    int length = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, (int)name_size);
    X509_free(certificate);
    return length > 0 && (size_t)length == strlen(name) && text_is_plain(name);
}
