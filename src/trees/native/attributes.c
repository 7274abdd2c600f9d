#include "attributes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/xattr.h>

#include "limits.h"

static const char *const kept[] = {"user.", "trusted.", "system.posix_acl_access", "system.posix_acl_default",
                                   "security.capability"};

static bool is_kept(const char *name) {
  for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
    const size_t length = strlen(kept[i]);
    const bool is_family = kept[i][length - 1] == '.';
    if (is_family ? strncmp(name, kept[i], length) == 0 : strcmp(name, kept[i]) == 0) return true;
  }
  return false;
}

static ssize_t list(struct subject subject, char *names, size_t room) {
  return subject.fd >= 0 ? flistxattr(subject.fd, names, room) : llistxattr(subject.name, names, room);
}

static ssize_t value_of(struct subject subject, const char *name, void *value, size_t room) {
  return subject.fd >= 0 ? fgetxattr(subject.fd, name, value, room) : lgetxattr(subject.name, name, value, room);
}

static int by_bytes(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Those that are kept, sorted; their number, or -1 for too many. */
static int sorted(char *names, size_t length, char *sorted[ATTRIBUTES_MAX]) {
  int count = 0;
  for (char *name = names; name < names + length; name += strlen(name) + 1) {
    if (!is_kept(name)) continue;
    if (count == ATTRIBUTES_MAX) return -1;
    sorted[count++] = name;
  }
  qsort(sorted, (size_t)count, sizeof *sorted, by_bytes);
  return count;
}

bool put_attributes(struct subject subject) {
  static char names[ATTRIBUTES_BYTES_MAX];
  char *ordered[ATTRIBUTES_MAX];
  const size_t start = answer_length();
  const ssize_t length = list(subject, names, sizeof names);
  const int count = length > 0 ? sorted(names, (size_t)length, ordered) : 0;
  bool is_whole = count >= 0 && (length >= 0 || errno == ENOTSUP);
  put_u16((uint16_t)(is_whole ? count : 0));
  for (int i = 0; is_whole && i < count; i++) {
    put_u16((uint16_t)strlen(ordered[i]));
    const size_t value_length_at = answer_length();
    put_u32(0);
    put_bytes(ordered[i], strlen(ordered[i]));
    const size_t used = answer_length() - start;
    const size_t room = used < ATTRIBUTES_BYTES_MAX ? ATTRIBUTES_BYTES_MAX - used : 0;
    const ssize_t value = room == 0 ? -1 : value_of(subject, ordered[i], put_room(room), room);
    if (value < 0) {
      is_whole = false;
      break;
    }
    put_filled((size_t)value);
    put_u32_at(value_length_at, (uint32_t)value);
  }
  if (!is_whole) {
    answer_cut(start);
    put_u16(0);
  }
  return is_whole;
}
