#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_DIGITS_MAX 15

bool text_is_name(const char *text) {
  static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
  const size_t length = strlen(text);
  return length >= 1 && length <= PINS_NAME_BYTES_MAX && strspn(text, allowed) == length;
}

bool text_number(const char *text, int64_t *number) {
  const size_t length = strlen(text);
  if (length < 1 || length > NUMBER_DIGITS_MAX || strspn(text, "0123456789") != length) return false;
  *number = 0;
  for (size_t i = 0; i < length; i++) *number = *number * 10 + (text[i] - '0');
  return true;
}

int text_wrong(char reason[REASON_SIZE], const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(reason, REASON_SIZE, format, arguments);
  va_end(arguments);
  return -1;
}
