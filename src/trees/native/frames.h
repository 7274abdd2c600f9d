/* Frames on standard input and output: the length of what they carry in four bytes, a letter, and what they carry. */
#ifndef TREES_FRAMES_H
#define TREES_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is left of a request. Reading past its end is a fault of whoever sent it, and ends the process. */
struct request {
  uint8_t type;
  const uint8_t *at;
  const uint8_t *end;
};

/* The next one; valid until the one after it is asked for. False once standard input has ended. */
bool request_next(struct request *request);

uint8_t get_u8(struct request *request);
uint16_t get_u16(struct request *request);
uint32_t get_u32(struct request *request);
uint64_t get_u64(struct request *request);
const uint8_t *get_bytes(struct request *request, size_t length);
/* Copies a length of two bytes and as many bytes to `text`, ends it with a zero, and wants none before it. */
void get_text(struct request *request, char *text, size_t length_max);
/* As get_text, and a name of a file: without a slash, neither "." nor "..". */
void get_name(struct request *request, char *name);
/* Nothing may be left. */
void get_end(const struct request *request);

/* An answer is begun, filled, and ended. It leaves when the buffer is full, or before the process waits for a request. */
void answer_begin(uint8_t type);
void answer_end(void);
void put_u8(uint8_t value);
void put_u16(uint16_t value);
void put_u32(uint32_t value);
void put_u64(uint64_t value);
void put_bytes(const void *bytes, size_t length);
/* Bytes of the answer so far. */
size_t answer_length(void);
/* Takes back what was put since the answer was so long. */
void answer_cut(size_t length);
/* Room for `length` bytes more, to be filled in place; put_filled says how many of them count. */
uint8_t *put_room(size_t length);
void put_filled(size_t length);
/* Overwrites what was put before. */
void put_u8_at(size_t offset, uint8_t value);
void put_u32_at(size_t offset, uint32_t value);

/* Says on standard error what is wrong, and ends the process. */
_Noreturn void die(const char *what, const char *text);

#endif
