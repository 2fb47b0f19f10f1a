/* loadgen.c - SSE / WebSocket fan-out load generator (one thread, epoll).
 *
 * build: gcc -O2 -o loadgen loadgen.c -lz
 * usage: loadgen [options]
 *   -m sse|ws|gz|wsz  protocol of the subscribers; gz: SSE, compressed; wsz: WebSocket with permessage-deflate   (sse)
 *   -h addr       server address                                      (127.0.0.1)
 *   -p port       server port                                         (8080)
 *   -S path       subscribe path                                      (/sub)
 *   -P path       publish path (HTTP POST, payload is the body)       (/pub)
 *   -q port       publish port                                        (same as -p)
 *   -A text       prefix of the payload in the POST body, e.g. of a JSON wrapper
 *   -Z text       suffix of the payload; \n in -A/-Z is not interpreted
 *   -T type       content type of the POST                            (text/plain)
 *   -H header     one header line sent with every request, e.g. "Authorization: Bearer ..."
 *   -U name       environment variable with a header line for every publish, so that a token neither
 *                 shows in the list of processes nor is sent by subscribers
 *   -n N          number of subscribers                               (1000)
 *   -a N          source addresses used: 127.0.0.2 .. 127.0.0.(N+1)   (1)
 *   -c N          connects in flight                                  (256)
 *   -s bytes      payload size, at least 40                           (100)
 *   -W N          publisher connections = messages in flight          (1)
 *                 closed loop: the next message is sent when all but W-1 are delivered to every subscriber
 *   -r rate       fixed rate in msgs/s instead of the closed loop (latency test)
 *   -x N          stop after N messages                               (1000000)
 *   -t sec        stop publishing after this many seconds             (5)
 *   -w sec        warm-up at the start, not in the figures                  (0)
 *   -i sec        idle time after connect, before publishing          (0.3)
 *   -k pid[,pid]  server processes: prints CPU us per delivery and RSS per connection
 *   -K pid[,pid]  other processes whose CPU us per delivery is printed, such as the publishing node
 *   -l K          sample latency on every K-th connection             (7)
 *   -L name       label printed in the result line
 *   -D            only connect, report memory and exit
 * Payload: '@' + 19 digits of CLOCK_REALTIME ns + ',' + seq + filler 'x'.
 * SSE events are counted by "\n\n", which does not occur in the chunked framing, WebSocket events by frame headers (opcode 1 or 2).
 * Compressed SSE: every GZ_EVERY-th connection is inflated and its events are counted by "\n\n". The first of these that
 * completes an event defines the number of bytes at which it is complete; another connection has received the event when it
 * has as many bytes. This requires a server that sends the same bytes to every connection; at the end a connection with fewer
 * bytes than others counts as missing an event. Latency is sampled on the inflated connections.
 * Compressed WebSocket: messages are counted by their frames and not inflated, so latency is not sampled. A run in which none of them
 * is compressed fails.
 * Latency: from the write() of the publisher connection to the read() of the subscriber connection.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <zlib.h>

typedef struct { int fd; z_stream *z; uint64_t got; uint8_t st, lastnl, hl, need, chunked, cst; uint8_t hdr[10]; uint64_t skip; uint64_t ev; } conn;
enum { CONNECTING, HEAD, OPEN, DEAD };
enum { GZ_EVERY = 500 };
static char *zout; enum { ZOUT = 1 << 20 };
/* Number of bytes at which each event is complete, as far as an inflated connection has received; null until events are counted. */
static uint64_t *ends, nends, gzbytes;
static uint64_t deflated;
static int ws, gz, wsz, N = 1000, naddr = 1, cfly = 256, psize = 100, W = 1, sampleK = 7, onlyconn;
static const char *host = "127.0.0.1", *spath = "/sub", *ppath = "/pub", *label = "", *preb = "", *postb = "", *ctype = "text/plain";
static char extra[2048];
static int port = 8080, pport, maxmsg = 1000000; static double rate, tmax = 5, warm, idle_s = 0.3;
static int pids[16], npid, others[16], nothers; static const char *pubhead = "";
static conn *cs; static int ep; static uint64_t delivered, bytes, dead; static int nopen;
static char *rb; enum { RB = 1 << 18 };
static uint32_t *lat; static size_t nlat, clat; /* us*10 */
static int recording = 1;
static int *pfd, *pbusy; static uint64_t published, pubresp, pubbad; static char *pbuf; static int phl;

static int64_t now(void) { struct timespec t; clock_gettime(CLOCK_REALTIME, &t); return t.tv_sec * 1000000000LL + t.tv_nsec; }
static int cmp(const void *a, const void *b) { uint32_t x = *(uint32_t *)a, y = *(uint32_t *)b; return x < y ? -1 : x > y; }
static void cost(const int *pids, int npid, double *cpu_us, double *user_us, long *rss_kb) {
  double u = 0, s = 0; long r = 0;
  for (int i = 0; i < npid; i++) {
    char p[64], b[1024]; snprintf(p, 64, "/proc/%d/stat", pids[i]); FILE *f = fopen(p, "r"); if (!f) continue;
    size_t n = fread(b, 1, 1023, f); b[n] = 0; fclose(f); char *q = strrchr(b, ')'); unsigned long ut, st; long rs; unsigned long vs;
    if (sscanf(q + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %*u %lu %ld", &ut, &st, &vs, &rs) == 4) { u += ut * 1e4; s += st * 1e4; r += rs * 4; }
  }
  *cpu_us = u + s; *user_us = u; *rss_kb = r;
}
static void stats(double *cpu_us, double *user_us, long *rss_kb) { cost(pids, npid, cpu_us, user_us, rss_kb); }
static double other_cpu(void) { double c, u; long r; cost(others, nothers, &c, &u, &r); return c; }
static long slab_kb(void) { /* kernel slab + TCP pages, both ends of every connection */
  FILE *f = fopen("/proc/meminfo", "r"); char l[256]; long v = 0; while (fgets(l, 256, f)) if (!strncmp(l, "Slab:", 5)) v = atol(l + 5); fclose(f);
  f = fopen("/proc/net/sockstat", "r"); long m; while (fgets(l, 256, f)) { char *q = strstr(l, "mem "); if (!strncmp(l, "TCP:", 4) && q && sscanf(q, "mem %ld", &m) == 1) v += m * 4; } fclose(f); return v;
}
static void sample(const char *p, size_t n, int64_t t) {
  const char *a = memchr(p, '@', n); if (!a || (size_t)(p + n - a) < 21) return;
  int64_t v = 0; for (int i = 1; i < 20; i++) { if (a[i] < '0' || a[i] > '9') return; v = v * 10 + a[i] - '0'; }
  if (nlat < clat) { int64_t d = (t - v) / 100; lat[nlat++] = d < 0 ? 0 : d > 4000000000LL ? 4000000000U : d; }
}
static void eat_sse(conn *c, const char *p, size_t n, int smp, int64_t t) {
  const char *e = p + n, *ev = p;
  if (c->lastnl && *p == '\n') { c->ev++; delivered++; p++; ev = p; }
  c->lastnl = 0;
  while (p < e) {
    const char *q = memchr(p, '\n', e - p); if (!q) return;
    if (q + 1 == e) { c->lastnl = 1; if (smp) sample(ev, q - ev, t); return; }
    if (q[1] == '\n') { c->ev++; delivered++; if (smp) sample(ev, q - ev, t); p = ev = q + 2; } else p = q + 1;
  }
}
static void eat_ws(conn *c, const char *p, size_t n, int smp, int64_t t) {
  const char *e = p + n;
  while (p < e) {
    if (c->skip) { size_t k = (size_t)(e - p) < c->skip ? (size_t)(e - p) : c->skip; p += k; c->skip -= k; continue; }
    c->hdr[c->hl++] = *p++;
    if (c->hl == 1) c->need = 2; else if (c->hl == 2) c->need = (c->hdr[1] & 127) == 126 ? 4 : (c->hdr[1] & 127) == 127 ? 10 : 2;
    if (c->hl >= 2 && c->hl == c->need) {
      uint64_t L = c->hdr[1] & 127; if (L == 126) L = c->hdr[2] << 8 | c->hdr[3]; else if (L == 127) { L = 0; for (int i = 2; i < 10; i++) L = L << 8 | c->hdr[i]; }
      int op = c->hdr[0] & 15; c->hl = 0; c->skip = L;
      if (op == 1 || op == 2) { c->ev++; delivered++; deflated += c->hdr[0] >> 6 & 1; if (smp) sample(p, (size_t)(e - p) < L ? (size_t)(e - p) : L, t); }
    }
  }
}
static void start_inflate(conn *c) {
  c->z = calloc(1, sizeof *c->z);
  if (inflateInit2(c->z, 16 + MAX_WBITS) != Z_OK) { fprintf(stderr, "inflateInit2 failed\n"); exit(1); }
}
/* Counts the events of a connection that is not inflated, by its bytes. */
static void count_gz(conn *c) { while (c->ev < nends && ends[c->ev] <= c->got) { c->ev++; delivered++; } }
/* Searches the output for ends of events, then counts it in one piece, so that it can be sampled. Beyond the known events
 * the input is inflated byte by byte, to find the byte that completes an event. */
static void inflate_gz(conn *c, char *p, size_t n, int64_t t) {
  uint64_t at = c->got; size_t out = 0; uint64_t k = c->ev; int nl = c->lastnl;
  while (n) {
    size_t step = k < nends && ends[k] > at ? ends[k] - at : 1; if (step > n) step = n;
    c->z->next_in = (void *)p; c->z->avail_in = step; p += step; n -= step; at += step;
    do {
      if (out > ZOUT / 2) { eat_sse(c, zout, out, recording, t); out = 0; }
      c->z->next_out = (void *)(zout + out); c->z->avail_out = ZOUT - out;
      int r = inflate(c->z, Z_SYNC_FLUSH);
      if (r != Z_OK && r != Z_BUF_ERROR) { fprintf(stderr, "bad compressed data: %d\n", r); exit(1); }
      for (; out < (size_t)((char *)c->z->next_out - zout); out++) {
        nl = zout[out] != '\n' ? 0 : nl ? 2 : 1;
        if (nl == 2) { nl = 0; if (ends && k == nends && k < (uint64_t)maxmsg) ends[nends++] = at; k++; }
      }
    } while (c->z->avail_in || c->z->avail_out == 0);
  }
  if (out) eat_sse(c, zout, out, recording, t);
}
static void eat_gz(conn *c, char *p, size_t n, int64_t t) {
  if (c->z) inflate_gz(c, p, n, t);
  c->got += n; gzbytes += n;
  if (!c->z) count_gz(c);
}
/* Counts events of connections that had received the bytes before the end of the event was known. */
static void catch_up(void) {
  static uint64_t known; if (known == nends) return;
  known = nends; for (int i = 0; i < N; i++) if (!cs[i].z) count_gz(&cs[i]);
}
static uint64_t most_bytes(void) { uint64_t most = 0; for (int i = 0; i < N; i++) if (cs[i].got > most) most = cs[i].got; return most; }
static int complete(void) { return delivered >= published * (uint64_t)nopen && (!gz || gzbytes == most_bytes() * nopen); }
/* Counted per connection: a duplicate of one does not make up for a missing event of another. A connection with fewer bytes
 * than another one misses an event, even if it has counted all. */
static uint64_t missing(void) {
  uint64_t sum = 0, most = most_bytes();
  for (int i = 0; i < N; i++) if (cs[i].st == OPEN) sum += cs[i].ev < published ? published - cs[i].ev : gz && cs[i].got < most;
  return sum;
}
/* Removes the chunked framing in place (RFC 9112, section 7.1; no extensions); c->skip is the rest of the current chunk. */
static size_t dechunk(conn *c, char *p, size_t n) {
  char *out = p, *e = p + n;
  while (p < e) {
    if (c->cst == 0) { /* size */
      char x = *p++;
      if (x == '\n') { if (!c->skip) { fprintf(stderr, "a stream ended\n"); exit(1); } c->cst = 1; }
      else if (x != '\r') c->skip = c->skip << 4 | (x <= '9' ? x - '0' : (x | 32) - 'a' + 10);
    } else if (c->cst == 1) { /* data */
      size_t k = (size_t)(e - p) < c->skip ? (size_t)(e - p) : c->skip; memmove(out, p, k); out += k; p += k; if (!(c->skip -= k)) c->cst = 2;
    } else if (*p++ == '\n') c->cst = 0; /* end of the chunk */
  }
  return n - (e - out);
}
static void mkconn(int i) {
  conn *c = &cs[i]; c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0); if (c->fd < 0) { perror("socket"); exit(1); }
  int one = 1; setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, 4); 
#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif
  setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, 4);
  struct sockaddr_in s = { .sin_family = AF_INET }; s.sin_addr.s_addr = htonl(0x7f000002 + i % naddr); bind(c->fd, (void *)&s, sizeof s);
  struct sockaddr_in d = { .sin_family = AF_INET, .sin_port = htons(port) }; inet_aton(host, &d.sin_addr);
  if (connect(c->fd, (void *)&d, sizeof d) && errno != EINPROGRESS) { perror("connect"); exit(1); }
  c->st = CONNECTING; struct epoll_event ev = { .events = EPOLLOUT, .data.u32 = i }; epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev);
}
static void onconn(int i, uint32_t evs, int64_t t) {
  conn *c = &cs[i];
  if (c->st == CONNECTING) {
    if (evs & (EPOLLERR | EPOLLHUP)) { c->st = DEAD; dead++; close(c->fd); return; }
    char r[8192]; int n = snprintf(r, 8192, ws ? "GET %s HTTP/1.1\r\nHost: x\r\n%s%sUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
      : gz ? "GET %s HTTP/1.1\r\nHost: x\r\n%s%sAccept: text/event-stream\r\nAccept-Encoding: gzip\r\n\r\n"
      : "GET %s HTTP/1.1\r\nHost: x\r\n%s%sAccept: text/event-stream\r\n\r\n", spath, extra, wsz ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "");
    if (write(c->fd, r, n) != n) { c->st = DEAD; dead++; close(c->fd); return; }
    c->st = HEAD; struct epoll_event ev = { .events = EPOLLIN, .data.u32 = i }; epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &ev); return;
  }
  for (;;) {
    ssize_t n = read(c->fd, rb, RB);
    if (n <= 0) { if (n < 0 && errno == EAGAIN) return; if (c->st == OPEN) nopen--; c->st = DEAD; dead++; close(c->fd); return; }
    char *p = rb; size_t m = n; bytes += n;
    if (c->st == HEAD) { /* response head arrives in one read on loopback */
      char *h = memmem(rb, n, "\r\n\r\n", 4); if (!h) return; c->st = OPEN; nopen++; h += 4; m -= h - rb; p = h;
      if (memcmp(rb + 9, ws ? "101" : "200", 3)) { fprintf(stderr, "bad reply: %.*s\n", (int)strcspn(rb, "\r\n"), rb); exit(1); }
      h[-2] = 0; if (gz && !strcasestr(rb, "\nContent-Encoding: gzip")) { fprintf(stderr, "bad reply: not compressed\n"); exit(1); }
      if (wsz && !strcasestr(rb, "\nSec-WebSocket-Extensions: permessage-deflate")) { fprintf(stderr, "bad reply: not compressed\n"); exit(1); }
      c->chunked = !ws && strcasestr(rb, "\nTransfer-Encoding: chunked");
      if (gz && i % GZ_EVERY == 0) start_inflate(c);
    }
    if (m && gz && c->chunked) m = dechunk(c, p, m);
    if (m) { int smp = recording && i % sampleK == 0; if (ws) eat_ws(c, p, m, smp, t); else if (gz) eat_gz(c, p, m, t); else eat_sse(c, p, m, smp, t); }
    if (n < RB) return;
  }
}
static void mkpub(int j) {
  pfd[j] = socket(AF_INET, SOCK_STREAM, 0); int one = 1; setsockopt(pfd[j], IPPROTO_TCP, TCP_NODELAY, &one, 4);
  struct sockaddr_in d = { .sin_family = AF_INET, .sin_port = htons(pport) }; inet_aton(host, &d.sin_addr);
  if (connect(pfd[j], (void *)&d, sizeof d)) { perror("pub connect"); exit(1); }
  fcntl(pfd[j], F_SETFL, O_NONBLOCK); struct epoll_event ev = { .events = EPOLLIN, .data.u32 = 0x80000000u | j }; epoll_ctl(ep, EPOLL_CTL_ADD, pfd[j], &ev); pbusy[j] = 0;
}
static int publish(void) {
  int j; for (j = 0; j < W && pbusy[j]; j++); if (j == W) return 0;
  char b[64]; int k = snprintf(b, 64, "@%019lld,%llu,", (long long)now(), (unsigned long long)published); memset(pbuf + phl, 'x', psize); memcpy(pbuf + phl, b, k);
  size_t L = phl + psize + strlen(postb); memcpy(pbuf + phl + psize, postb, strlen(postb));
  if (write(pfd[j], pbuf, L) != (ssize_t)L) { perror("pub write"); exit(1); }
  pbusy[j] = 1; published++; return 1;
}
static void onpub(int j) {
  ssize_t n = read(pfd[j], rb, RB);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) { close(pfd[j]); mkpub(j); return; }
  if (memcmp(rb, "HTTP/1.1 2", 10)) pubbad++;
  pubresp++; pbusy[j] = 0;
  rb[n < RB ? n : RB - 1] = 0; if (strcasestr(rb, "connection: close")) { close(pfd[j]); mkpub(j); }
}
static struct epoll_event evs[1024];
static void poll_once(int ms) { int k = epoll_wait(ep, evs, 1024, ms); int64_t t = 0;
  for (int i = 0; i < k; i++) { if (!(i & 15)) t = now(); uint32_t d = evs[i].data.u32; if (d & 0x80000000u) onpub(d & 0x7fffffff); else onconn(d, evs[i].events, t); } catch_up(); }

int main(int argc, char **argv) {
  int o; char *s;
  while ((o = getopt(argc, argv, "m:h:p:S:P:q:A:Z:T:H:U:n:a:c:s:W:r:x:t:w:i:k:K:l:L:D")) > 0) switch (o) {
    case 'm': wsz = !strcmp(optarg, "wsz"); ws = wsz || !strcmp(optarg, "ws"); gz = !strcmp(optarg, "gz"); break; case 'h': host = optarg; break; case 'p': port = atoi(optarg); break; case 'S': spath = optarg; break;
    case 'P': ppath = optarg; break; case 'q': pport = atoi(optarg); break; case 'A': preb = optarg; break; case 'Z': postb = optarg; break;
    case 'T': ctype = optarg; break; case 'H': snprintf(extra, sizeof extra, "%s\r\n", optarg); break;
    case 'n': N = atoi(optarg); break; case 'a': naddr = atoi(optarg); break; case 'c': cfly = atoi(optarg); break; case 's': psize = atoi(optarg); break;
    case 'W': W = atoi(optarg); break; case 'r': rate = atof(optarg); break; case 'x': maxmsg = atoi(optarg); break; case 't': tmax = atof(optarg); break;
    case 'w': warm = atof(optarg); break; case 'i': idle_s = atof(optarg); break; case 'l': sampleK = atoi(optarg); break; case 'L': label = optarg; break; case 'D': onlyconn = 1; break;
    case 'U': if (getenv(optarg)) { static char u[2048]; snprintf(u, sizeof u, "%s\r\n", getenv(optarg)); pubhead = u; } break;
    case 'K': for (s = strtok(optarg, ","); s && nothers < 16; s = strtok(0, ",")) others[nothers++] = atoi(s); break;
    case 'k': for (s = strtok(optarg, ","); s && npid < 16; s = strtok(0, ",")) pids[npid++] = atoi(s); break; default: return 2; }
  if (!pport) { pport = port; }
  signal(SIGPIPE, SIG_IGN); setvbuf(stdout, 0, _IOLBF, 0);
  cs = calloc(N, sizeof *cs); rb = malloc(RB + 1); if (gz) zout = malloc(ZOUT); ep = epoll_create1(0); clat = 20000000; lat = malloc(clat * 4); pfd = calloc(W, 4); pbusy = calloc(W, 4);
  pbuf = malloc(psize + 8192); phl = snprintf(pbuf, 6144, "POST %s HTTP/1.1\r\nHost: x\r\n%s%sContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", ppath, extra, pubhead, ctype, psize + strlen(preb) + strlen(postb), preb);
  double c0, u0, c1, u1, x0 = 0, x1; long r0, r1, k0, k1; stats(&c0, &u0, &r0); k0 = slab_kb();
  int64_t t0 = now(); int started = 0;
  while (nopen + (int)dead < N) { while (started < N && started - nopen - (int)dead < cfly) mkconn(started++); poll_once(1000); if (now() - t0 > 60e9) { fprintf(stderr, "connect timeout open=%d\n", nopen); break; } }
  int64_t t1 = now(); stats(&c1, &u1, &r1);
  double crate = nopen / ((t1 - t0) / 1e9), ccpu = (c1 - c0) / N;
  while (now() - t1 < idle_s * 1e9) poll_once(50);
  stats(&c1, &u1, &r1); k1 = slab_kb(); printf("%-22s CONNECT n=%d open=%d rate=%.0f/s srv_us/conn=%.1f rss_kB/conn=%.2f kernel_kB/conn(both ends)=%.2f\n", label, N, nopen, crate, ccpu, (double)(r1 - r0) / N, (double)(k1 - k0) / N);
  if (onlyconn) return 0;
  for (int j = 0; j < W; j++) mkpub(j);
  for (int i = 0; i < N; i++) { cs[i].ev = 0; cs[i].got = 0; }
  delivered = 0; bytes = 0; gzbytes = 0; deflated = 0; if (gz) ends = malloc(maxmsg * sizeof *ends);
  int64_t ts = now(), tm = ts, next = ts, tend = ts + (int64_t)((tmax + warm) * 1e9); uint64_t d0 = 0, p0 = 0, b0 = 0; int inwarm = warm > 0; recording = !inwarm; int64_t clk0 = clock(); 
  stats(&c0, &u0, &r0); x0 = other_cpu();
  for (;;) {
    int64_t t = now(); if (t > tend || published >= (uint64_t)maxmsg) break;
    if (inwarm && t - ts > warm * 1e9) { inwarm = 0; recording = 1; tm = t; d0 = delivered; p0 = published; b0 = bytes; clk0 = clock(); stats(&c0, &u0, &r0); x0 = other_cpu(); }
    if (rate > 0) { int ms = 1; if (t >= next) { if (publish()) next += 1e9 / rate; } else ms = (next - t) / 1000000; poll_once(ms > 20 ? 20 : ms); }
    else { while (published < (uint64_t)W || delivered >= (published - W + 1) * (uint64_t)nopen) { if (!publish()) break; } poll_once(100); }
  }
  int64_t t2 = now(); x1 = other_cpu(); uint64_t d1 = delivered, p1 = published, b1 = bytes; stats(&c1, &u1, &r1); double lg = (double)(clock() - clk0);
  recording = rate > 0; int64_t td = now(); while (!complete() && now() - td < 30e9) poll_once(100);
  if (wsz && !deflated) { fprintf(stderr, "no message is compressed\n"); return 1; }
  double sec = (t2 - tm) / 1e9, del = d1 - d0; qsort(lat, nlat, 4, cmp);
#define Q(p) (nlat ? lat[(size_t)((nlat - 1) * (p))] / 1e4 : 0.0)
  printf("%-22s RUN n=%d s=%d W=%d rate=%.0f pub=%llu/s del=%.0f/s srv_cpu=%.2f us/del=%.3f user_us/del=%.3f other_us/del=%.3f loadgen_cpu=%.2f B/ev=%.0f p50=%.2fms p99=%.2f p99.9=%.2f max=%.2f missing=%lld dead=%llu pubbad=%llu rss_MB=%ld\n",
    label, N, psize, W, rate, (unsigned long long)((p1 - p0) / sec), del / sec, (c1 - c0) / 1e6 / sec, (c1 - c0) / del, (u1 - u0) / del, (x1 - x0) / del, lg / 1e6 / sec, (b1 - b0) / del,
    Q(.5), Q(.99), Q(.999), Q(1), (long long)missing(), (unsigned long long)dead, (unsigned long long)pubbad, r1 / 1024);
  return 0;
}
