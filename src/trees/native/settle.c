#include "settle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "limits.h"

enum { PLACE_SIZE = 32, SET_ID = S_ISUID | S_ISGID, RIGHTS = 07777 };

/* By this path the kernel reaches what is open, and nothing that took its name meanwhile. */
static void place_of(int fd, char place[PLACE_SIZE]) { snprintf(place, PLACE_SIZE, "/proc/self/fd/%d", fd); }

struct meta get_meta(struct request *request) {
  struct meta meta;
  meta.has_owner = get_u8(request) != 0;
  meta.mode = (mode_t)get_u32(request) & RIGHTS;
  meta.uid = get_u32(request);
  meta.gid = get_u32(request);
  meta.seconds = (int64_t)get_u64(request);
  meta.nanoseconds = get_u32(request);
  meta.attributes_count = get_u16(request);
  meta.attributes = *request;
  for (uint16_t i = 0; i < meta.attributes_count; i++) {
    const uint16_t name_length = get_u16(request);
    get_bytes(request, name_length + (size_t)get_u32(request));
  }
  get_end(request);
  return meta;
}

static void soften(struct softness *softness, uint8_t bit) {
  if (softness->bits == 0) softness->code = errno;
  softness->bits |= bit;
}

/* The next name and value; the name ends with a zero. */
static const uint8_t *next_attribute(struct request *attributes, char name[NAME_BYTES_MAX + 1], size_t *length) {
  const uint16_t name_length = get_u16(attributes);
  *length = get_u32(attributes);
  const uint8_t *bytes = get_bytes(attributes, name_length);
  if (name_length > NAME_BYTES_MAX || memchr(bytes, 0, name_length) != NULL) die("protocol", "an attribute's name");
  memcpy(name, bytes, name_length);
  name[name_length] = '\0';
  return get_bytes(attributes, *length);
}

static bool is_told(const struct meta *meta, const char *wanted) {
  char name[NAME_BYTES_MAX + 1];
  size_t length;
  struct request attributes = meta->attributes;
  for (uint16_t i = 0; i < meta->attributes_count; i++) {
    next_attribute(&attributes, name, &length);
    if (strcmp(name, wanted) == 0) return true;
  }
  return false;
}

/* What a directory bequeathed, and what an older one with this name had. */
static void remove_others(const char *place, const struct meta *meta) {
  static char names[ATTRIBUTES_BYTES_MAX];
  const ssize_t length = listxattr(place, names, sizeof names);
  for (const char *name = names; length > 0 && name < names + length; name += strlen(name) + 1) {
    const bool is_ours = strncmp(name, "user.", 5) == 0 || strncmp(name, "system.posix_acl_", 17) == 0;
    if (is_ours && !is_told(meta, name)) removexattr(place, name);
  }
}

static void set_attributes(const char *place, const struct meta *meta, struct softness *softness) {
  char name[NAME_BYTES_MAX + 1];
  size_t length;
  struct request attributes = meta->attributes;
  remove_others(place, meta);
  for (uint16_t i = 0; i < meta->attributes_count; i++) {
    const uint8_t *value = next_attribute(&attributes, name, &length);
    /* Rights of a program that belongs to somebody else than it should. */
    const bool is_barred = (softness->bits & SOFT_OWNER) != 0 && strncmp(name, "security.", 9) == 0;
    if (is_barred) errno = EPERM;
    if (is_barred || setxattr(place, name, value, length, 0) < 0) soften(softness, SOFT_ATTRIBUTES);
  }
}

struct softness settle(int fd, bool is_path, mode_t type, const struct meta *meta) {
  struct softness softness = {0};
  char place[PLACE_SIZE];
  place_of(fd, place);
  /* The owner first: another owner takes set-id bits and capabilities away. */
  if (meta->has_owner && fchownat(fd, "", meta->uid, meta->gid, AT_EMPTY_PATH) < 0) soften(&softness, SOFT_OWNER);
  set_attributes(place, meta, &softness);
  mode_t mode = meta->mode;
  if ((softness.bits & SOFT_OWNER) != 0 && S_ISREG(type) && (mode & SET_ID) != 0) {
    mode &= ~(mode_t)SET_ID;
    softness.bits |= SOFT_SET_ID;
  }
  /* After the attributes: a list of access rights has its say in the mode. */
  if (!S_ISLNK(type) && (is_path ? chmod(place, mode) : fchmod(fd, mode)) < 0) soften(&softness, SOFT_MODE);
  const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                    {.tv_sec = (time_t)meta->seconds, .tv_nsec = (long)meta->nanoseconds}};
  const int set = is_path ? utimensat(AT_FDCWD, place, times, 0) : futimens(fd, times);
  if (set < 0) soften(&softness, SOFT_TIMES);
  return softness;
}
