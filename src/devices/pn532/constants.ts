// NXP UM0701-02, "PN532 User Manual", rev. 02: frames in 6.2.1, HSU in 6.2.4, commands in 7.

export const BAUD_RATE = 115_200;

export const PREAMBLE = 0x00;
export const START_1 = 0x00;
export const START_2 = 0xff;
export const POSTAMBLE = 0x00;
/** Preamble and both start codes. */
export const LENGTH_AT = 3;
/** Preamble, start codes, length and its checksum; then TFI and data; then their checksum and the postamble. */
export const HEADER_BYTES = 5;
export const TRAILER_BYTES = 2;
/** ACK, NACK. */
export const SHORT_FRAME_BYTES = 6;

/** Frame identifiers: from us, from the chip, and the chip's "syntax error". */
export const TFI_HOST = 0xd4;
export const TFI_CHIP = 0xd5;
export const TFI_ERROR = 0x7f;

/** Ends the sleep that the chip starts in: two bytes of edges, and time for its oscillator. */
export const WAKE = Uint8Array.of(0x55, 0x55, 0x00, 0x00, 0x00);

/** Each is answered by the same code and 1 more. */
export const GET_FIRMWARE_VERSION = 0x02;
export const SAM_CONFIGURATION = 0x14;
export const RF_CONFIGURATION = 0x32;
export const IN_LIST_PASSIVE_TARGET = 0x4a;

/** What the answer to `GET_FIRMWARE_VERSION` calls a PN532. */
export const IC_PN532 = 0x32;

/** ISO 14443 type A at 106 kbit/s. */
export const TYPE_A_106 = 0x00;
/** UIDs of single, double and triple size. */
export const UID_LENGTHS: readonly number[] = [4, 7, 10];

/** By when the chip has acknowledged a command. */
export const ACK_MS_MAX = 10;
/** How long an acknowledgement may be on its way to us: a USB adapter keeps bytes for up to 16 ms (FTDI). */
export const LINE_MS_MAX = 20;
/** With few tries for a card the chip answers in a tenth of this. */
export const ANSWER_MS_MAX = 500;
/**
 * A chip that was not awake yet loses the first command, and noise costs one now and then. Each try waits twice as long
 * as the one before for its acknowledgement: a busy board hears late what came in time, and must not call that silence.
 */
export const COMMAND_TRIES_MAX = 5;
/** From one answer to the next question whether a card is there. */
export const POLL_PAUSE_MS = 50;
