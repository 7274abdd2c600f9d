import { assert } from '../../base/assert.ts';
import type { Credential } from '../credential.ts';
import {
  CARRIAGE_RETURN,
  DIGITS,
  FRAME_BYTES,
  FRAME_CRLF_BYTES,
  FRAME_END,
  FRAME_START,
  LINE_FEED,
  UID_BYTES,
} from './constants.ts';

/** Why the content of a frame is refused. */
export type FrameFault = 'short' | 'over_long' | 'bad_digit' | 'bad_checksum' | 'zero_uid';

/**
 * The frame of a 40-bit UID: `02`, ten upper-case hex digits, two of the XOR of the five UID bytes, `03`.
 * UID 0 is encoded like any other, so that a test can send what a broken module sends.
 */
export function encodeFrame(uid: bigint): Uint8Array {
  assert(uid >= 0n && uid >> BigInt(UID_BYTES * 8) === 0n, 'a UID has 40 bits');
  const bytes = Buffer.from(uid.toString(16).padStart(UID_BYTES * 2, '0'), 'hex');
  const checksum = bytes.reduce((sum, byte) => sum ^ byte, 0);
  const digits = Buffer.concat([bytes, Uint8Array.of(checksum)])
    .toString('hex')
    .toUpperCase();
  return Uint8Array.of(FRAME_START, ...Buffer.from(digits, 'latin1'), FRAME_END);
}

function digitValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  if (byte >= 0x41 && byte <= 0x46) return byte - 0x37;
  return -1;
}

/**
 * The credential in one frame, from its `02` to its `03` inclusive, with or without the CR LF of an ID-12; or the
 * reason why there is none. It returns rather than throws: noise on a wire is ordinary, and counted.
 *
 * Digits are upper case only, as the modules send them. So every single flipped bit is refused: a digit that turns
 * into another digit changes one half byte, which the XOR shows; a case that flips is no digit.
 */
export function decodeFrame(frame: Uint8Array): Credential | FrameFault {
  assert(frame[0] === FRAME_START && frame[frame.length - 1] === FRAME_END, 'a frame has its start and its end');
  if (frame.length < FRAME_BYTES) return 'short';
  const hasCrLf =
    frame.length === FRAME_CRLF_BYTES && frame[DIGITS + 1] === CARRIAGE_RETURN && frame[DIGITS + 2] === LINE_FEED;
  if (frame.length !== FRAME_BYTES && !hasCrLf) return 'over_long';

  let value = 0n;
  let sum = 0;
  for (let at = 1; at <= DIGITS; at += 2) {
    const high = digitValue(frame[at] ?? 0);
    const low = digitValue(frame[at + 1] ?? 0);
    if (high < 0 || low < 0) return 'bad_digit';
    const byte = high * 16 + low;
    sum ^= byte;
    if (at < DIGITS - 1) value = (value << 8n) | BigInt(byte);
  }
  // The XOR of all bytes and their XOR is 0.
  if (sum !== 0) return 'bad_checksum';
  return value === 0n ? 'zero_uid' : { family: 'em4100', bits: UID_BYTES * 8, value };
}
