import { assert } from '../../base/assert.ts';
import type { Credential } from '../credential.ts';
import {
  CHECKSUM_AT,
  FRAME_BYTES,
  FRAME_END,
  FRAME_START,
  TYPE_AT,
  TYPE_EM4100,
  UID_AT,
  UID_BYTES,
} from './constants.ts';

/** Why what begins like a frame is none. */
export const FRAME_FAULTS = ['bad_end', 'bad_checksum', 'bad_type', 'zero_uid'] as const;
export type FrameFault = (typeof FRAME_FAULTS)[number];

function checksumOf(frame: Uint8Array): number {
  return frame.subarray(1, CHECKSUM_AT).reduce((sum, byte) => sum ^ byte, 0);
}

/**
 * The frame of a 40-bit EM4100 number, as the reader sends it. UID 0 is encoded like any other, so that a test can send
 * what a broken module sends.
 */
export function encodeFrame(number: bigint): Uint8Array {
  assert(number >= 0n && number >> 40n === 0n, 'an EM4100 number has 40 bits');
  const bytes = Buffer.from(number.toString(16).padStart(10, '0'), 'hex');
  const frame = Uint8Array.of(FRAME_START, FRAME_BYTES, TYPE_EM4100, ...bytes, 0, FRAME_END);
  frame[CHECKSUM_AT] = checksumOf(frame);
  return frame;
}

/** The credential in `FRAME_BYTES` bytes that begin with start and length; or the reason why there is none. */
export function decodeFrame(frame: Uint8Array): Credential | FrameFault {
  assert(frame.length === FRAME_BYTES && frame[0] === FRAME_START && frame[1] === FRAME_BYTES, 'a frame begins as one');
  if (frame[FRAME_BYTES - 1] !== FRAME_END) return 'bad_end';
  if (checksumOf(frame) !== frame[CHECKSUM_AT]) return 'bad_checksum';
  if (frame[TYPE_AT] !== TYPE_EM4100) return 'bad_type';
  const uid = Buffer.from(frame.subarray(UID_AT, UID_AT + UID_BYTES)).readUInt32BE();
  return uid === 0 ? 'zero_uid' : { family: 'em4100', bits: UID_BYTES * 8, value: BigInt(uid) };
}
