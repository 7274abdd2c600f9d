#include "levels.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "limits.h"

static struct level levels[LEVELS_MAX];
static size_t levels_count;

struct level *level_here(void) { return levels_count == 0 ? NULL : &levels[levels_count - 1]; }

struct level *level_root(void) { return levels_count == 0 ? NULL : &levels[0]; }

size_t levels_open(void) { return levels_count; }

int level_push(int fd) {
  const int code = levels_count == LEVELS_MAX ? ENAMETOOLONG : fchdir(fd) < 0 ? errno : 0;
  if (code != 0) {
    close(fd);
    return code;
  }
  levels[levels_count++] = (struct level){.fd = fd};
  return 0;
}

void level_pop(void) {
  struct level *level = level_here();
  free(level->names);
  free(level->names_bytes);
  close(level->fd);
  levels_count--;
  /* The directory was entered before; attributes are the only thing that is reached by it. */
  if (levels_count > 0 && fchdir(level_here()->fd) < 0) return;
}

static int by_bytes(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

struct gathered {
  char *bytes;
  size_t length;
  size_t room;
  size_t count;
};

static int gather(struct gathered *all, const char *name) {
  const size_t length = strlen(name) + 1;
  if (all->count == DIRECTORY_ENTRIES_MAX || all->length + length > NAMES_BYTES_MAX) return EOVERFLOW;
  if (all->length + length > all->room) {
    const size_t room = all->room == 0 ? 4096 : 2 * all->room;
    char *bytes = realloc(all->bytes, room);
    if (bytes == NULL) return ENOMEM;
    all->bytes = bytes;
    all->room = room;
  }
  memcpy(all->bytes + all->length, name, length);
  all->length += length;
  all->count++;
  return 0;
}

static int gather_all(DIR *directory, struct gathered *all) {
  for (;;) {
    errno = 0;
    const struct dirent *entry = readdir(directory);
    if (entry == NULL) return errno;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    const int code = gather(all, entry->d_name);
    if (code != 0) return code;
  }
}

int level_list(struct level *level) {
  struct gathered all = {0};
  const int copy = dup(level->fd);
  DIR *directory = copy < 0 ? NULL : fdopendir(copy);
  int code = directory == NULL ? errno : gather_all(directory, &all);
  if (directory != NULL) closedir(directory);
  char **names = code == 0 && all.count > 0 ? malloc(all.count * sizeof *names) : NULL;
  if (code == 0 && all.count > 0 && names == NULL) code = ENOMEM;
  if (code != 0) {
    free(all.bytes);
    return code;
  }
  size_t at = 0;
  for (size_t i = 0; i < all.count; i++) {
    names[i] = all.bytes + at;
    at += strlen(names[i]) + 1;
  }
  if (all.count > 1) qsort(names, all.count, sizeof *names, by_bytes);
  level->names = names;
  level->names_bytes = all.bytes;
  level->count = all.count;
  return 0;
}
