#include "requests.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "board.h"
#include "clock.h"
#include "gpio.h"
#include "inputs.h"
#include "options.h"
#include "outputs.h"
#include "text.h"

#define WORDS_MAX 4

#define ERROR_TEXT_BYTES_MAX 200

static const char *epoch;
static const char *options_path;
static char lost[REASON_SIZE];

void requests_init(const char *its_epoch, const char *its_options_path) {
  epoch = its_epoch;
  options_path = its_options_path;
}

const char *requests_lost(void) { return lost[0] == '\0' ? NULL : lost; }

/* A fault of form: the client does not speak the protocol, and is dropped when it never does. */
static void refuse_form(struct client *client, const char *code, const char *text) {
  if (++client->bad >= PINS_BAD_REQUESTS_MAX) {
    client_say(client, "error too_many_errors %d malformed requests in a row", PINS_BAD_REQUESTS_MAX);
    client_begin_close(client);
    return;
  }
  client_say(client, "error %s %s", code, text);
}

/* Words stand one space apart; returns their number, or 0 for a line that is not so. */
static size_t split(char *line, size_t length, char *words[WORDS_MAX]) {
  size_t count = 0;
  char *start = line;
  for (size_t i = 0; i < length; i++) {
    if (line[i] < 0x20 || line[i] > 0x7e) return 0;
  }
  for (;;) {
    char *space = strchr(start, ' ');
    if (space != NULL) *space = '\0';
    if (*start == '\0' || count == WORDS_MAX) return 0;
    words[count++] = start;
    if (space == NULL) return count;
    start = space + 1;
  }
}

static void say_hello(struct client *client, char *words[]) {
  if (strcmp(words[1], "2") != 0) {
    client_say(client, "error unknown_version this is version 2");
    return;
  }
  client_say(client, "ok hello 2 %s %" PRId64, epoch, clock_ns());
}

static void ask(struct client *client, enum pins_kind kind, const char *name, int64_t ms, const char *id) {
  const int output = outputs_find(name);
  if (output < 0) {
    client_say(client, "error unknown_output no output has this name");
    return;
  }
  struct record answer;
  switch (outputs_ask(kind, (size_t)output, ms, id, client->serial, &answer)) {
    case OUTCOME_OK:
      client_say(client, "ok %s %s %" PRIu64 " %" PRId64, kind_name(kind), id, answer.seq, answer.on_ns);
      return;
    case OUTCOME_TOO_LONG:
      client_say(client, "error too_long this output stays on for at most %" PRId64 " ms",
                 outputs_declaration((size_t)output)->longest_ms);
      return;
    case OUTCOME_ID_REUSED:
      client_say(client, "error id_reused this id was given to a different request");
      return;
    case OUTCOME_LINE_FAILED:
      client_say(client, "error line_failed the line could not be driven");
      return;
  }
}

static void pulse(struct client *client, char *words[]) {
  int64_t ms;
  if (!text_is_name(words[1]) || !text_number(words[2], &ms) || ms < 1 || !text_is_name(words[3])) {
    refuse_form(client, "bad_request", "expected: pulse OUTPUT MS ID");
    return;
  }
  ask(client, KIND_PULSE, words[1], ms, words[3]);
}

static void hold(struct client *client, char *words[]) {
  if (!text_is_name(words[1]) || !text_is_name(words[2])) {
    refuse_form(client, "bad_request", "expected: hold OUTPUT ID");
    return;
  }
  ask(client, KIND_HOLD, words[1], 0, words[2]);
}

static void release(struct client *client, char *words[]) {
  if (!text_is_name(words[1])) {
    refuse_form(client, "bad_request", "expected: release OUTPUT");
    return;
  }
  const int output = outputs_find(words[1]);
  if (output < 0) {
    client_say(client, "error unknown_output no output has this name");
  } else if (outputs_release((size_t)output) == OUTCOME_LINE_FAILED) {
    client_say(client, "error line_failed the line could not be driven; it is tried again");
  } else {
    client_say(client, "ok release %s", words[1]);
  }
}

static void list(struct client *client, char *words[]) {
  (void)words;
  for (size_t i = 0; i < outputs_count(); i++) {
    const struct declaration *output = outputs_declaration(i);
    bool active;
    const char *level = "unknown";
    if (gpio_get(outputs_handle(i), &active) == 0) level = active != output->active_low ? "high" : "low";
    client_say(client, "output %s %s %s %s %" PRId64, output->name, outputs_on(i) ? "on" : "off", level,
               output->active_low ? "high" : "low", output->longest_ms);
  }
  client_say(client, "ok list %zu", outputs_count());
}

static void records(struct client *client, char *words[]) {
  int64_t since;
  if (!text_number(words[1], &since)) {
    refuse_form(client, "bad_request", "expected: records SINCE_SEQ");
    return;
  }
  unsigned count = 0;
  const struct record *record = records_after((uint64_t)since);
  for (; record != NULL && count < PINS_RECORDS_PAGE_MAX; record = records_after(record->seq)) {
    char off_ns[24] = "-";
    if (record->end != END_OPEN) snprintf(off_ns, sizeof off_ns, "%" PRId64, record->off_ns);
    client_say(client, "record %" PRIu64 " %s %s %s %" PRId64 " %s %s %s", record->seq, record->id,
               record->output, kind_name(record->kind), record->on_ns, off_ns,
               end_name(record->end), record->owner_present ? "present" : "lost");
    count++;
  }
  client_say(client, "ok records %u", count);
}

static void watch(struct client *client, char *words[]) {
  (void)words;
  client->watching = true;
  client_say(client, "ok watch");
}

static void list_inputs(struct client *client, char *words[]) {
  (void)words;
  for (size_t i = 0; i < inputs_count(); i++) {
    client_say(client, "input %s %s %" PRId64, inputs_name(i), inputs_level(i), inputs_ns(i));
  }
  client_say(client, "ok inputs %zu", inputs_count());
}

/* `reason` is "code: text", or just a text that goes with `code`. */
static void refuse_reload(struct client *client, const char *code, char *reason) {
  if (code == NULL) {
    char *colon = strchr(reason, ':');
    *colon = '\0';
    code = reason;
    reason = colon + 2;
  }
  for (char *byte = reason; *byte != '\0'; byte++) {
    if (*byte < 0x20 || *byte > 0x7e) *byte = '?';
  }
  client_say(client, "error %s %.*s", code, ERROR_TEXT_BYTES_MAX, reason);
}

static void reload(struct client *client, char *words[]) {
  static struct declared declared;
  char reason[REASON_SIZE] = "this process was started without --options FILE";
  size_t added, removed;
  (void)words;
  if (options_path == NULL || options_read_file(&declared, options_path, reason) < 0) {
    refuse_reload(client, "bad_options", reason);
    return;
  }
  switch (board_change(&declared, &added, &removed, reason)) {
    case BOARD_CHANGED:
      client_say(client, "ok reload %zu %zu", added, removed);
      return;
    case BOARD_LOST:
      snprintf(lost, sizeof lost, "%s", reason);
      refuse_reload(client, NULL, reason);
      return;
    case BOARD_REFUSED:
      refuse_reload(client, NULL, reason);
      return;
  }
}

void request_answer(struct client *client, char *line, size_t length) {
  static const struct {
    const char *name;
    size_t words;
    void (*run)(struct client *client, char *words[]);
    const char *form;
  } commands[] = {
      {"pulse", 4, pulse, "expected: pulse OUTPUT MS ID"},
      {"hold", 3, hold, "expected: hold OUTPUT ID"},
      {"release", 2, release, "expected: release OUTPUT"},
      {"hello", 2, say_hello, "expected: hello VERSION"},
      {"list", 1, list, "expected: list"},
      {"records", 2, records, "expected: records SINCE_SEQ"},
      {"watch", 1, watch, "expected: watch"},
      {"inputs", 1, list_inputs, "expected: inputs"},
      {"reload", 1, reload, "expected: reload"},
  };
  char *words[WORDS_MAX];
  const size_t count = split(line, length, words);
  if (count == 0) {
    refuse_form(client, "bad_request", "expected 1 to 4 words of printable ASCII, one space apart");
    return;
  }
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
    if (strcmp(words[0], commands[i].name) != 0) continue;
    if (count != commands[i].words) {
      refuse_form(client, "bad_request", commands[i].form);
      return;
    }
    const unsigned bad = client->bad;
    commands[i].run(client, words);
    if (client->bad == bad) client->bad = 0;
    return;
  }
  refuse_form(client, "unknown_command", "known: hello pulse hold release list records watch inputs reload");
}
