#include "frames.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "limits.h"

enum { HEAD_BYTES = 5, EXIT_BROKEN = 2, OUT_BYTES = 2 * (HEAD_BYTES + FRAME_BYTES_MAX), OUT_FULL = 48 * 1024 };

static uint8_t in[HEAD_BYTES + FRAME_BYTES_MAX];
static size_t in_from;
static size_t in_to;

static uint8_t out[OUT_BYTES];
static size_t out_start; /* of the answer that is being made */
static size_t out_to;

_Noreturn void die(const char *what, const char *text) {
  fprintf(stderr, "blockmesh-trees: %s: %s\n", what, text);
  exit(EXIT_BROKEN);
}

static void flush_out(void) {
  for (size_t from = 0; from < out_start;) {
    const ssize_t written = write(STDOUT_FILENO, out + from, out_start - from);
    if (written < 0 && errno != EINTR) die("output", strerror(errno));
    if (written > 0) from += (size_t)written;
  }
  memmove(out, out + out_start, out_to - out_start);
  out_to -= out_start;
  out_start = 0;
}

/* Has `length` bytes of input in one piece; false at its end. */
static bool fill(size_t length) {
  if (in_to - in_from >= length) return true;
  memmove(in, in + in_from, in_to - in_from);
  in_to -= in_from;
  in_from = 0;
  while (in_to < length) {
    flush_out();
    const ssize_t got = read(STDIN_FILENO, in + in_to, sizeof in - in_to);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) die("input", strerror(errno));
    if (got == 0) return false;
    in_to += (size_t)got;
  }
  return true;
}

static uint64_t little(const uint8_t *bytes, size_t length) {
  uint64_t value = 0;
  for (size_t i = length; i > 0; i--) value = value << 8 | bytes[i - 1];
  return value;
}

bool request_next(struct request *request) {
  if (!fill(HEAD_BYTES)) {
    if (in_to > in_from) die("protocol", "the last frame is not whole");
    return false;
  }
  const size_t length = (size_t)little(in + in_from, 4);
  if (length > FRAME_BYTES_MAX) die("protocol", "a frame is too large");
  if (!fill(HEAD_BYTES + length)) die("protocol", "the last frame is not whole");
  request->type = in[in_from + 4];
  request->at = in + in_from + HEAD_BYTES;
  request->end = request->at + length;
  in_from += HEAD_BYTES + length;
  return true;
}

const uint8_t *get_bytes(struct request *request, size_t length) {
  if ((size_t)(request->end - request->at) < length) die("protocol", "a frame is too short");
  request->at += length;
  return request->at - length;
}

uint8_t get_u8(struct request *request) { return *get_bytes(request, 1); }
uint16_t get_u16(struct request *request) { return (uint16_t)little(get_bytes(request, 2), 2); }
uint32_t get_u32(struct request *request) { return (uint32_t)little(get_bytes(request, 4), 4); }
uint64_t get_u64(struct request *request) { return little(get_bytes(request, 8), 8); }

void get_text(struct request *request, char *text, size_t length_max) {
  const size_t length = get_u16(request);
  if (length > length_max) die("protocol", "a text is too long");
  const uint8_t *bytes = get_bytes(request, length);
  if (memchr(bytes, 0, length) != NULL) die("protocol", "a text has a zero in it");
  memcpy(text, bytes, length);
  text[length] = '\0';
}

void get_name(struct request *request, char *name) {
  get_text(request, name, NAME_BYTES_MAX);
  if (*name == '\0' || strchr(name, '/') != NULL || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
    die("protocol", "a name is none");
  }
}

void get_end(const struct request *request) {
  if (request->at != request->end) die("protocol", "a frame is too long");
}

void answer_begin(uint8_t type) {
  if (out_to >= OUT_FULL) flush_out();
  out_to += HEAD_BYTES;
  out[out_to - 1] = type;
}

static void store(uint8_t *to, uint64_t value, size_t length) {
  for (size_t i = 0; i < length; i++) to[i] = (uint8_t)(value >> 8 * i);
}

void answer_end(void) {
  const size_t length = answer_length();
  if (length > FRAME_BYTES_MAX) die("bug", "an answer is too large");
  store(out + out_start, length, 4);
  out_start = out_to;
}

size_t answer_length(void) { return out_to - out_start - HEAD_BYTES; }

void answer_cut(size_t length) { out_to = out_start + HEAD_BYTES + length; }

uint8_t *put_room(size_t length) {
  if (length > sizeof out - out_to) die("bug", "no room for an answer");
  return out + out_to;
}

void put_filled(size_t length) { out_to += length; }

static void put(uint64_t value, size_t length) {
  store(put_room(length), value, length);
  put_filled(length);
}

void put_u8(uint8_t value) { put(value, 1); }
void put_u16(uint16_t value) { put(value, 2); }
void put_u32(uint32_t value) { put(value, 4); }
void put_u64(uint64_t value) { put(value, 8); }

void put_bytes(const void *bytes, size_t length) {
  if (length > 0) memcpy(put_room(length), bytes, length);
  put_filled(length);
}

void put_u32_at(size_t offset, uint32_t value) { store(out + out_start + HEAD_BYTES + offset, value, 4); }
void put_u8_at(size_t offset, uint8_t value) { store(out + out_start + HEAD_BYTES + offset, value, 1); }
