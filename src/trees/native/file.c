#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "levels.h"
#include "limits.h"
#include "make.h"

enum { BLOCK_BYTES = 4096 };

/* The file that is being written. */
static struct {
  char name[NAME_BYTES_MAX + 1];
  int fd;
  int code; /* the first error */
  bool is_open;
  bool leaves_holes;
  off_t written; /* bytes of the file that are in it, or left out */
  size_t held;   /* bytes of the last block, which is not whole */
  uint8_t block[BLOCK_BYTES];
} file = {.fd = -1};

void file_begin(const char *name, bool leaves_holes) {
  if (file.is_open) die("protocol", "a file has not ended");
  const int here = level_here()->fd;
  strcpy(file.name, name);
  file.is_open = true;
  file.leaves_holes = leaves_holes;
  file.written = 0;
  file.held = 0;
  unlinkat(here, PART, 0);
  file.fd = openat(here, PART, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
  file.code = file.fd < 0 ? errno : 0;
}

int file_code(void) { return file.is_open ? file.code : 0; }

static void write_all(const uint8_t *bytes, size_t length) {
  while (length > 0 && file.code == 0) {
    const ssize_t written = pwrite(file.fd, bytes, length, file.written);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      file.code = errno;
      return;
    }
    bytes += written;
    length -= (size_t)written;
    file.written += written;
  }
}

static bool is_zero(const uint8_t *bytes, size_t length) {
  return bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0;
}

/* Whole blocks: runs of zeros are left out, the others written in one go. */
static void write_blocks(const uint8_t *bytes, size_t length) {
  size_t from = 0;
  for (size_t at = 0; at < length; at += BLOCK_BYTES) {
    if (!is_zero(bytes + at, BLOCK_BYTES)) continue;
    write_all(bytes + from, at - from);
    file.written += BLOCK_BYTES;
    from = at + BLOCK_BYTES;
  }
  write_all(bytes + from, length - from);
}

void file_write(const uint8_t *bytes, size_t length) {
  if (!file.is_open) die("protocol", "no file is open");
  if (!file.leaves_holes) {
    write_all(bytes, length);
    return;
  }
  if (file.held > 0) {
    const size_t taken = length < BLOCK_BYTES - file.held ? length : BLOCK_BYTES - file.held;
    memcpy(file.block + file.held, bytes, taken);
    file.held += taken;
    bytes += taken;
    length -= taken;
    if (file.held < BLOCK_BYTES) return;
    write_blocks(file.block, BLOCK_BYTES);
  }
  file.held = length % BLOCK_BYTES;
  write_blocks(bytes, length - file.held);
  memcpy(file.block, bytes + length - file.held, file.held);
}

struct outcome file_end(const struct meta *meta) {
  if (!file.is_open) die("protocol", "no file is open");
  file.is_open = false;
  const int here = level_here()->fd;
  struct outcome outcome = {0};
  /* The end of the file may lie in a hole, too. */
  if (file.held > 0 && is_zero(file.block, file.held)) file.written += (off_t)file.held;
  else write_all(file.block, file.held);
  if (file.code == 0 && file.leaves_holes && ftruncate(file.fd, file.written) < 0) file.code = errno;
  if (file.code == 0) outcome.softness = settle(file.fd, false, S_IFREG, meta);
  /* Some filesystems tell only now that there is no room. */
  if (file.fd >= 0 && close(file.fd) < 0 && file.code == 0) file.code = errno;
  if (file.code == 0 && renameat(here, PART, here, file.name) < 0) file.code = errno;
  if (file.code != 0 && file.fd >= 0) unlinkat(here, PART, 0);
  file.fd = -1;
  outcome.code = file.code;
  return outcome;
}

void file_drop(void) {
  if (!file.is_open) return;
  file.is_open = false;
  if (file.fd < 0) return;
  close(file.fd);
  unlinkat(level_here()->fd, PART, 0);
  file.fd = -1;
}
