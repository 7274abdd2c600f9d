import { assert } from '../../base/assert.ts';
import { BADGE_FRAME_BYTES_MAX } from '../../base/limits.ts';
import type { Credential } from '../credential.ts';
import { FrameScanner, type Look } from '../frame-scanner.ts';
import { FRAME_BYTES, FRAME_START } from './constants.ts';
import { decodeFrame, FRAME_FAULTS, type FrameFault } from './frame.ts';

assert(FRAME_BYTES <= BADGE_FRAME_BYTES_MAX, 'the longest frame is within the cap of every badge frame');

function look(bytes: Uint8Array): Look<Credential, FrameFault> {
  if (bytes[0] !== FRAME_START || (bytes.length > 1 && bytes[1] !== FRAME_BYTES)) return 'stray';
  if (bytes.length < FRAME_BYTES) return 'need';
  const decoded = decodeFrame(bytes);
  return typeof decoded === 'string' ? { refused: decoded } : { length: FRAME_BYTES, found: decoded };
}

/** Finds the frames of a GWIOT 7941E; see `FrameScanner` for what noise costs. */
export class Gwiot7941eParser extends FrameScanner<Credential, FrameFault> {
  /** `onCredential` runs inside `push`, once for each good frame, in the order of the wire. */
  constructor(onCredential: (credential: Credential) => void) {
    super({ bytesMax: FRAME_BYTES, faults: FRAME_FAULTS, look, onFound: onCredential });
  }
}
