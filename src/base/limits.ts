import { assert } from './assert.ts';

/**
 * Every cap of the house. Names end in unit and bound. The relations between them are asserted when this file
 * loads, so that a change of one that breaks another never starts.
 */

// What decides whether a block is valid. These are the starting values; the ones in force stand in the root block.
export const BLOCK_BYTES_MAX = 64 * 1024;
export const BLOCK_PARENTS_MAX = 64;
export const BLOCK_ENTRIES_MAX = 256;
export const BODY_BYTES_MAX = 16 * 1024;

// Codec.
export const CBOR_DEPTH_MAX = 16;
export const CBOR_ITEMS_MAX = 16 * 1024;
export const NAME_BYTES_MAX = 64;
export const STATE_KEY_BYTES_MAX = 512;
export const STATE_VALUE_BYTES_MAX = 64 * 1024;

// Line protocol between node and dapp, and between CLI and node.
export const LINE_BYTES_MAX = 1024 * 1024;
export const RPC_PENDING_MAX = 64;
export const APPLY_TIMEOUT_MS_MAX = 5_000;
export const HELLO_TIMEOUT_MS_MAX = 30_000;
export const EVENT_TIMEOUT_MS_MAX = 10_000;
export const DAPP_RESTART_DELAY_MS_MIN = 100;
export const DAPP_RESTART_DELAY_MS_MAX = 30_000;
export const DAPP_STOP_MS_MAX = 1_000;
export const DAPP_ERROR_LOG_LINE_BYTES_MAX = 4 * 1024;
export const DAPP_WRITES_MAX = 256;
export const DAPP_EVENTS_MAX = 64;
export const SCAN_ROWS_MAX = 256;
export const ENTRY_TRIES_MAX = 3;
export const JSON_DEPTH_MAX = 32;
export const RPC_OUTGOING_BYTES_MAX = 4 * LINE_BYTES_MAX;
export const CONTRACT_QUEUE_MAX = 64;
export const READS_PER_CALL_MAX = 1_024;
export const READ_TEMPLATES_MAX = 16;
export const AGENT_TIMERS_MAX = 256;
export const AGENT_TIMER_MS_MAX = 24 * 60 * 60 * 1000;
export const AGENT_TIMER_RETRY_MS = 1_000;
export const CHANGED_KEYS_MAX = 1_024;
export const DAPP_MESSAGE_BYTES_MAX = 1_024;
export const DAPP_ERROR_LOG_LINES_PER_S_MAX = 50;
export const DAPP_ERROR_LOG_BYTES_PER_S_MAX = 1024 * 1024;
export const MANIFEST_BYTES_MAX = 256 * 1024;
export const SCHEMA_NODES_MAX = 512;
export const BUNDLE_MODULES_MAX = 256;
export const BUNDLE_SOURCE_BYTES_MAX = 1024 * 1024;
export const TOPIC_BYTES_MAX = 256;
export const PUBLISH_BYTES_MAX = 8 * 1024;
export const PUBLISH_PER_SECOND_MAX = 50;
export const PUBLISH_BURST_MAX = 200;
export const SCRIPTED_FILE_BYTES_MAX = 1024 * 1024;
export const SCRIPTED_STEPS_MAX = 1_000;

// Devices.
export const BADGE_FRAME_BYTES_MAX = 64;
export const READER_QUEUE_MAX = 16;
export const READER_BADGES_PER_SECOND_MAX = 20;
export const CREDENTIAL_TEXT_CHARS_MAX = 64;
export const SERIAL_READ_BYTES_MAX = 4 * 1024;
export const SERIAL_WINDOW_BYTES_MAX = 16 * 1024;
export const SERIAL_WRITE_BYTES_MAX = 256;
export const SERIAL_WRITE_MS_MAX = 1_000;
export const SERIAL_REOPEN_DELAY_MS_MIN = 100;
export const SERIAL_REOPEN_DELAY_MS_MAX = 10_000;
export const PIN_DIGITS_MIN = 4;
export const PIN_DIGITS_MAX = 12;
export const PIN_ENTRY_MS_MAX = 10_000;
export const READER_MESSAGE_BYTES_MAX = 4 * 1024;
export const KEYBOARD_CHARS_MAX = 16;
export const KEYBOARD_KEY_GAP_MS_MAX = 500;
export const KEYBOARD_KEYS_WINDOW_MAX = 256;
export const KEYBOARD_HELPER_STOP_MS_MAX = 500;
export const KEYBOARD_REOPEN_DELAY_MS_MIN = 100;
export const KEYBOARD_REOPEN_DELAY_MS_MAX = 10_000;

// The pins process; `src/devices/pins/native/limits.h` holds the same numbers and a test compares them.
export const PINS_LINE_BYTES_MAX = 256;
export const PINS_OUTPUTS_MAX = 32;
export const PINS_CLIENTS_MAX = 8;
export const PINS_RECORDS_MAX = 1024;
export const PINS_ON_MS_MAX = 24 * 60 * 60 * 1000;
export const PINS_REPLY_MS_MAX = 1_000;
export const PINS_NAME_BYTES_MAX = 32;
export const PINS_LABEL_BYTES_MAX = 31;
export const PINS_CLOSING_MAX = 8;
export const PINS_CLOSING_MS_MAX = 200;
export const PINS_BAD_REQUESTS_MAX = 16;
export const PINS_OUT_BYTES_MAX = 64 * 1024;
export const PINS_STALL_MS_MAX = 1_000;
export const PINS_RECORDS_PAGE_MAX = 64;
export const PINS_OFF_RETRY_MS = 10;
export const PINS_OFF_TRIES_MAX = 100;
export const PINS_CHIPS_MAX = 32;
export const PINS_PENDING_MAX = 64;
export const PINS_HOLDERS_LOOKED_MAX = 4_096;
export const PINS_INPUTS_MAX = 32;
export const PINS_WIEGAND_MAX = 4;
export const PINS_FRAME_BITS_MIN = 4;
export const PINS_FRAME_BITS_MAX = 128;
export const PINS_EDGES_MAX = 256;
export const PINS_EDGE_WINDOW_MS = 100;
export const PINS_EDGE_US_MIN = 20;
export const PINS_EVENTS_PER_SECOND_MAX = 20;
export const PINS_EVENTS_BURST_MAX = 6;
export const PINS_QUIET_MS = 1_000;
export const PINS_DEBOUNCE_MS = 20;
export const PINS_DEBOUNCE_MS_MAX = 1_000;
export const PINS_GAP_MS = 25;
export const PINS_GAP_MS_MAX = 1_000;
export const PINS_OPTIONS_BYTES_MAX = 64 * 1024;

// Store.
export const PULSE_INDEX_ROWS_MAX = 8_192;
export const PULSE_PRUNE_ROWS_MAX = 1_024;
export const LOG_LOOKED_MAX = 8_192;
export const LOG_TAG_BYTES_MAX = 128;
export const APPEND_GROUP_MAX = 64;
export const APPEND_QUEUE_MAX = 1_024;
export const CLOCK_OFF_MS_MAX = 10 * 60 * 1000;
export const DISK_FREE_BYTES_MIN = 64 * 1024 * 1024;
export const INTEGRITY_BYTES_MAX = 64 * 1024 * 1024;
export const LAST_BLOCKS_CHECKED_MAX = 64;
export const LOST_TOLD_MAX = 1_000;

// Commands over MQTT.
export const COMMAND_PAYLOAD_BYTES_MAX = 1_024;
export const COMMAND_AHEAD_MS_MAX = 10_000;
export const NONCE_CHARS_MAX = 64;
export const NONCES_MAX = 4_096;
export const REQUEST_PAYLOAD_BYTES_MAX = 1_024;
export const TRANSACTION_CHARS_MAX = 64;
export const BRIDGE_DOORS_MAX = 64;
export const BRIDGE_QUEUE_MAX = 256;
export const BRIDGE_STOP_MS_MAX = 500;
export const REFUSALS_TOLD_PER_MINUTE_MAX = 12;

// Node.
export const COMMAND_WAIT_MS_MAX = 10_000;
export const UNTOLD_PULSES_MAX = 256;
export const FEEDBACK_MS_MAX = 60_000;
export const BADGES_OPEN_MAX = 4;
export const BADGES_OPEN_ALL_MAX = 24;
export const BADGE_WAIT_MS_MAX = 2_000;
export const WIRE_EVENTS_MAX = 8;
export const WIRE_RETRY_MS = 50;
export const WIRE_TRIES_MAX = 100;
export const READER_LOOK_MS = 1_000;
export const READER_REFUSED_PER_LOOK_MAX = 50;
export const BADGE_KEYS_MAX = 16;
export const DEMO_RESTARTS_MAX = 100;
export const DEMO_START_MS_MAX = 20_000;
export const CONTROL_CALL_MS_MAX = 30_000;
export const VERIFY_MS_MAX = 24 * 60 * 60 * 1000;
export const BADGE_TEST_WAIT_MS_MAX = 5_000;
export const HOLIDAYS_FILE_BYTES_MAX = 256 * 1024;
export const NEAREST_NAMES_MAX = 4_096;
export const COVERED_ASKED_MAX = SCAN_ROWS_MAX;
export const PRESENTATIONS_AWAITED_MAX = 16;
export const RELOADS_WAITING_MAX = 4;
export const RELOAD_DOOR_PAGES_MAX = 64;
export const ENROL_WAIT_MS_MAX = 5 * 60 * 1000;
export const IMPORT_ROWS_MAX = 4_000;
export const IMPORT_PROBLEMS_MAX = 100;
export const IMPORT_MS_MAX = 10 * 60 * 1000;
export const IMPORT_BLOCK_ENTRIES_MAX = 64;
export const CSV_BYTES_MAX = 512 * 1024;
export const CSV_CELL_CHARS_MAX = 4 * 1024;
export const VERIFY_FINDINGS_MAX = 1_000;
export const LOG_WAIT_MS_MAX = 20_000;
export const PINS_RECONNECT_DELAY_MS = 500;
export const FOLD_BLOCKS_MAX = 64;
export const FOLD_RETRY_DELAY_MS_MIN = 1_000;
export const SHUTDOWN_MS_MAX = 5_000;
export const CONTROL_CLIENTS_MAX = 16;
export const CONTROL_GOODBYE_MS_MAX = 500;
export const LOG_ROWS_MAX = 1_000;
export const KEY_CACHE_MAX = 1_024;
export const VERIFY_ASIDE_MAX = 64;
export const SUPERVISOR_WAIT_MS = 60_000;
export const HEALTH_LOOK_MS = SUPERVISOR_WAIT_MS / 4;
export const HEALTH_LOOK_MS_MAX = 5_000;
export const FOLD_STILL_MS_MAX = 60_000;
export const SUPERVISOR_TELL_MS_MAX = 30_000;
export const SUPERVISOR_STATUS_CHARS_MAX = 200;

// Archives: backups, and blocks as a file.
export const BACKUP_CHUNK_BYTES_MAX = 64 * 1024;
export const BACKUP_MANIFEST_BYTES_MAX = 64 * 1024;
export const BACKUP_FILES_MAX = 32;
export const BACKUP_SMALL_FILE_BYTES_MAX = 1024 * 1024;
export const BACKUP_REMINDER_DAYS_MAX = 7;
export const BACKUP_SPARE_BYTES_MIN = 16 * 1024 * 1024;
export const ARCHIVE_CALL_MS_MAX = 24 * 60 * 60 * 1000;
export const EXPORT_RECORD_BYTES_MAX = 5 * 1024 * 1024;
export const IMPORT_BATCH_BLOCKS_MAX = 256;
export const IMPORT_BATCH_BYTES_MAX = 4 * 1024 * 1024;
export const IMPORT_READ_BYTES_MAX = 256 * 1024;
export const ERASE_ENTRIES_MAX = 64;
export const BREAK_GLASS_CARDS_MAX = 8;
export const TEXT_FILE_BYTES_MAX = 1024 * 1024;
/** Levels of keys in blockmesh.toml whose lines are remembered. */
export const TOML_LINES_DEPTH_MAX = 8;
export const ZONE_FILE_BYTES_MAX = 64 * 1024;

// The card, and what a board makes of it.
export const CARD_FILE_BYTES_MAX = 64 * 1024;
export const CARD_NOTES_MAX = 32;
export const FIRST_DOORS_MAX = 32;
export const SSH_KEYS_MAX = 32;
export const SSH_KEY_CHARS_MAX = 8 * 1024;

// Broker.
export const MQTT_PAYLOAD_BYTES_MAX = 256 * 1024;
export const MQTT_TOPIC_BYTES_MAX = 256;
export const MQTT_TOPIC_LEVELS_MAX = 16;
export const MQTT_PUBLISH_BYTES_MAX = 257 * 1024;
export const MQTT_CONNECT_BYTES_MAX = 8 * 1024;
export const MQTT_SUBSCRIBE_BYTES_MAX = 4 * 1024;
export const MQTT_CLIENT_NAME_BYTES_MAX = 128;
export const MQTT_DEVICES_MAX = 1_024;
export const BROKER_CONNECTIONS_MAX = 1_024;
export const BROKER_CONNECTIONS_PER_ADDRESS_MAX = 64;
export const BROKER_CONNECTIONS_PER_DEVICE_MAX = 8;
export const BROKER_NEW_CONNECTIONS_PER_S_MAX = 100;
export const BROKER_NEW_CONNECTIONS_PER_ADDRESS_PER_S_MAX = 10;
export const BROKER_UNKNOWN_CONNECTIONS_MAX = 256;
export const BROKER_CONNECT_MS_MAX = 10_000;
export const BROKER_ADDRESSES_MAX = 4_096;
export const BROKER_SUBSCRIPTIONS_PER_CLIENT_MAX = 64;
export const BROKER_PACKETS_PER_S_MAX = 200;
export const BROKER_PACKETS_BURST_MAX = 400;
export const BROKER_BYTES_PER_S_MAX = 1024 * 1024;
export const BROKER_BYTES_BURST_MAX = 2 * 1024 * 1024;
export const BROKER_READ_BYTES_MAX = 64 * 1024;
export const BROKER_OUTGOING_BYTES_MAX = 1024 * 1024;
export const BROKER_OUTGOING_ALL_BYTES_MAX = 32 * 1024 * 1024;
export const BROKER_OUTGOING_SHARE_BYTES_MAX = 32 * 1024;
export const BROKER_SESSIONS_MAX = 1_024;
export const BROKER_SESSIONS_PER_DEVICE_MAX = 8;
export const BROKER_QUEUE_MESSAGES_MAX = 1_000;
export const BROKER_QUEUE_BYTES_MAX = 2 * 1024 * 1024;
export const BROKER_QUEUES_BYTES_MAX = 32 * 1024 * 1024;
export const BROKER_INFLIGHT_MAX = 64;
export const BROKER_SEEN_MAX = 1_024;
export const BROKER_AHEAD_MAX = 4_096;
export const BROKER_RETAINED_MAX = 4_096;
export const BROKER_RETAINED_BYTES_MAX = 16 * 1024 * 1024;
export const BROKER_RETAINED_PER_DEVICE_MAX = 256;
export const BROKER_RETAINED_BYTES_PER_DEVICE_MAX = 1024 * 1024;
export const BROKER_CHECK_BYTES_MAX = 16 * 1024 * 1024;
export const BROKER_DROP_LOG_MS_MIN = 60_000;
export const BROKER_DROP_LOGS_MAX = 1_024;
export const BROKER_RETRY_MS = 2_000;
export const BROKER_STOP_MS_MAX = 500;
export const BROKER_CERTIFICATE_CHECK_MS = 60_000;
/** Of its thread: the heap that a full broker has is a fourth of it, and young objects need no more. */
export const BROKER_HEAP_MB_MAX = 256;
export const BROKER_YOUNG_MB_MAX = 12;
export const BROKER_CALLS_MAX = 512;
export const BROKER_CALL_MS_MAX = 20_000;
export const BROKER_DESCRIBE_MS_MAX = 2_000;
export const BROKER_UNHEARD_MAX = 1_024;
export const BROKER_UNHEARD_BYTES_MAX = 4 * 1024 * 1024;
export const BROKER_RESTART_MS = 10_000;
export const BROKER_THREAD_STOP_MS_MAX = 1_000;
export const OPENSSL_MS_MAX = 30_000;

assert(BODY_BYTES_MAX < BLOCK_BYTES_MAX, 'a body that rides beside a block is smaller than a block');
assert(STATE_VALUE_BYTES_MAX * 2 < LINE_BYTES_MAX, 'a state value, in base64, fits in one line of the protocol');
assert(CBOR_ITEMS_MAX >= BLOCK_ENTRIES_MAX * 12 + BLOCK_PARENTS_MAX, 'a full block passes the codec');
assert(SERIAL_READ_BYTES_MAX < SERIAL_WINDOW_BYTES_MAX, 'one read never fills a window by itself');
assert(BADGE_FRAME_BYTES_MAX * 2 <= SERIAL_WRITE_BYTES_MAX, 'a command to a reader is written at once');
assert(PIN_DIGITS_MIN < PIN_DIGITS_MAX, 'a PIN can be typed');
assert(PINS_RECORDS_PAGE_MAX * PINS_LINE_BYTES_MAX <= PINS_OUT_BYTES_MAX / 2, 'a page fits a half-full buffer');
const PINS_BURST_BYTES = PINS_EVENTS_BURST_MAX * PINS_LINE_BYTES_MAX;
assert((PINS_INPUTS_MAX + PINS_WIEGAND_MAX) * PINS_BURST_BYTES <= PINS_OUT_BYTES_MAX, 'a burst of every line fits');
assert(PINS_FRAME_BITS_MAX * 2 <= PINS_EDGES_MAX, 'a frame too long for us still fits the buffer of edges');
assert(PINS_RECORDS_MAX < PULSE_INDEX_ROWS_MAX, 'every pulse the pins process remembers is still in our index');
assert(COMMAND_WAIT_MS_MAX < CONTROL_CALL_MS_MAX, 'a command is answered before its caller gives up');
const BROKER_END_MS_MAX = BRIDGE_STOP_MS_MAX + BROKER_THREAD_STOP_MS_MAX;
const STOP_MS_MAX = CONTROL_GOODBYE_MS_MAX + DAPP_STOP_MS_MAX + PINS_REPLY_MS_MAX + BROKER_END_MS_MAX;
assert(STOP_MS_MAX < SHUTDOWN_MS_MAX, 'a stop can close the store');
assert(BADGES_OPEN_ALL_MAX <= RPC_PENDING_MAX / 2, 'badges leave half of an agent to buttons, timers and people');
assert(RPC_OUTGOING_BYTES_MAX >= 2 * LINE_BYTES_MAX, 'a full line may wait while another is answered');
assert(IMPORT_BLOCK_ENTRIES_MAX <= BLOCK_ENTRIES_MAX, 'the commands of an import fit their blocks');
assert(CSV_BYTES_MAX < LINE_BYTES_MAX, 'a table of members travels in one line of the protocol');
assert(JSON_DEPTH_MAX >= CBOR_DEPTH_MAX + 8, 'what the ledger can nest fits in a message around it');
assert(EXPORT_RECORD_BYTES_MAX > BLOCK_ENTRIES_MAX * (BODY_BYTES_MAX + 64) + BLOCK_BYTES_MAX, 'a full block fits');
assert(MQTT_PUBLISH_BYTES_MAX >= MQTT_PAYLOAD_BYTES_MAX + MQTT_TOPIC_BYTES_MAX + 4, 'a full message fits its packet');
assert(BROKER_OUTGOING_BYTES_MAX >= 2 * MQTT_PUBLISH_BYTES_MAX, 'a full message may wait while another is sent');
assert(BROKER_OUTGOING_SHARE_BYTES_MAX * BROKER_CONNECTIONS_MAX <= BROKER_OUTGOING_ALL_BYTES_MAX, 'all have a share');
assert(BROKER_UNHEARD_BYTES_MAX >= 2 * MQTT_PUBLISH_BYTES_MAX, 'a full message may wait for the node behind another');
assert(BROKER_STOP_MS_MAX < BROKER_THREAD_STOP_MS_MAX, 'a broker that leaves late has closed its file');
assert(HEALTH_LOOK_MS + HEALTH_LOOK_MS_MAX + SUPERVISOR_TELL_MS_MAX < SUPERVISOR_WAIT_MS, 'a slow sign is in time');
assert(BROKER_QUEUE_BYTES_MAX > MQTT_PUBLISH_BYTES_MAX, 'the queue of a client holds a full message');
