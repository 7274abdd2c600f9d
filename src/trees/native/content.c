#include "content.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "limits.h"
#include "look.h"

void tell_failure(int code) {
  answer_begin('X');
  put_u32((uint32_t)code);
  answer_end();
}

/* Where the next data begin, or `size` when only a hole follows. */
static off_t data_from(int fd, off_t offset, off_t size) {
  const off_t data = lseek(fd, offset, SEEK_DATA);
  if (data < 0) return errno == ENXIO ? size : offset;
  return data < size ? data : size;
}

static off_t data_to(int fd, off_t offset, off_t size) {
  const off_t hole = lseek(fd, offset, SEEK_HOLE);
  return hole <= offset || hole > size ? size : hole;
}

static void tell_hole(off_t length) {
  answer_begin('Z');
  put_u64((uint64_t)length);
  answer_end();
}

/* Tells some data; how many, 0 at the end of the file, or -1 and errno. */
static ssize_t tell_data(int fd, off_t offset, off_t stop) {
  const size_t room = stop - offset < DATA_BYTES_MAX ? (size_t)(stop - offset) : DATA_BYTES_MAX;
  answer_begin('D');
  const ssize_t got = pread(fd, put_room(room), room, offset);
  if (got > 0) put_filled((size_t)got);
  answer_end();
  return got;
}

/* No more than the file had when it was opened: it may grow faster than it is read. An error number, or 0. */
static int tell_bytes(int fd, const struct stat *status) {
  const off_t size = status->st_size;
  const bool holes = may_have_holes(status);
  off_t stop = holes ? 0 : size;
  for (off_t offset = 0; offset < size;) {
    if (holes && offset >= stop) {
      const off_t data = data_from(fd, offset, size);
      if (data > offset) tell_hole(data - offset);
      offset = data;
      if (offset == size) break;
      stop = data_to(fd, offset, size);
    }
    const ssize_t got = tell_data(fd, offset, stop);
    if (got < 0) return errno;
    if (got == 0) break;
    offset += got;
  }
  return 0;
}

void tell_content(const char *name) {
  struct stat status;
  const int fd = open_to_read(name);
  int code = fd < 0 ? errno : fstat(fd, &status) < 0 ? errno : S_ISREG(status.st_mode) ? 0 : ESTALE;
  if (code == 0) {
    answer_begin('O');
    put_look(&status);
    answer_end();
    code = tell_bytes(fd, &status);
    if (fstat(fd, &status) < 0 && code == 0) code = errno;
    answer_begin('E');
    put_u32((uint32_t)code);
    put_look(&status);
    answer_end();
  } else {
    tell_failure(code);
  }
  if (fd >= 0) close(fd);
}

void expect_content(const char *path) {
  const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return;
  (void)posix_fadvise(fd, 0, READ_AHEAD_BYTES, POSIX_FADV_WILLNEED);
  close(fd);
}
