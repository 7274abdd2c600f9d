/*
 * A keyboard for tests, made by the kernel's uinput. It says the folder of its input device; then each line of standard
 * input is `down CODE`, `up CODE`, or `key CODE` for both. It is unplugged when standard input ends.
 */
#include <fcntl.h>
#include <linux/uinput.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { NAME_SIZE = 64, KEY_COUNT = 128 };

static int emit(int fd, int type, int code, int value) {
  const struct input_event event = {.type = type, .code = code, .value = value};
  return write(fd, &event, sizeof event) == sizeof event ? 0 : -1;
}

static int change(int fd, int code, int value) {
  return emit(fd, EV_KEY, code, value) < 0 || emit(fd, EV_SYN, SYN_REPORT, 0) < 0 ? -1 : 0;
}

int main(void) {
  const struct uinput_setup setup = {.id = {.bustype = BUS_USB, .vendor = 0x1, .product = 0x1}, .name = "test reader"};
  char name[NAME_SIZE] = "", word[8];
  int code;
  const int fd = open("/dev/uinput", O_WRONLY | O_CLOEXEC);
  if (fd < 0 || ioctl(fd, UI_SET_EVBIT, EV_KEY) < 0 || ioctl(fd, UI_SET_EVBIT, EV_REP) < 0) return 1;
  for (int key = 1; key < KEY_COUNT; key++) {
    if (ioctl(fd, UI_SET_KEYBIT, key) < 0) return 1;
  }
  if (ioctl(fd, UI_DEV_SETUP, &setup) < 0 || ioctl(fd, UI_DEV_CREATE) < 0) return 1;
  if (ioctl(fd, UI_GET_SYSNAME(sizeof name), name) < 0) return 1;
  printf("/sys/devices/virtual/input/%s\n", name);
  fflush(stdout);
  while (scanf("%7s %d", word, &code) == 2) {
    if (strcmp(word, "up") != 0 && change(fd, code, 1) < 0) return 1;
    if (strcmp(word, "down") != 0 && change(fd, code, 0) < 0) return 1;
  }
  return 0;
}
