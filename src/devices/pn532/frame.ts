import { assert } from '../../base/assert.ts';
import { BADGE_FRAME_BYTES_MAX } from '../../base/limits.ts';
import type { Look } from '../frame-scanner.ts';
import {
  HEADER_BYTES,
  LENGTH_AT,
  POSTAMBLE,
  PREAMBLE,
  SHORT_FRAME_BYTES,
  START_1,
  START_2,
  TFI_CHIP,
  TFI_ERROR,
  TFI_HOST,
  TRAILER_BYTES,
} from './constants.ts';

/** What the chip says. `data` begins with the code of the answer. */
export type ChipMessage =
  | { readonly type: 'ack' | 'nack' | 'error' }
  | { readonly type: 'data'; readonly data: Uint8Array };

/** Why what begins like a frame is none. */
export const FRAME_FAULTS = ['bad_length', 'over_long', 'bad_direction', 'bad_checksum', 'bad_end'] as const;
export type FrameFault = (typeof FRAME_FAULTS)[number];

/** The most that TFI and data may have, for the whole frame to be within the cap of every badge frame. */
const CONTENT_BYTES_MAX = BADGE_FRAME_BYTES_MAX - HEADER_BYTES - TRAILER_BYTES;

/** The frame with `content`, which begins with its TFI (UM0701-02, 6.2.1.1). */
function encodeFrame(content: Uint8Array): Uint8Array {
  const { length } = content;
  assert(length > 0 && length <= CONTENT_BYTES_MAX, 'a frame has content, within the cap');
  const sum = content.reduce((total, byte) => total + byte, 0);
  // A Uint8Array takes everything modulo 256.
  return Uint8Array.of(PREAMBLE, START_1, START_2, length, -length, ...content, -sum, POSTAMBLE);
}

/** The frame by which we ask for `command`, a code and its parameters. */
export function encodeCommand(command: Uint8Array): Uint8Array {
  return encodeFrame(Uint8Array.of(TFI_HOST, ...command));
}

/** What `bytes` begin with. Their preamble is one byte: of a longer one all but the last are stray. */
export function lookAtFrame(bytes: Uint8Array): Look<ChipMessage, FrameFault> {
  const start = [PREAMBLE, START_1, START_2];
  if (bytes.subarray(0, LENGTH_AT).some((byte, at) => byte !== start[at])) return 'stray';
  if (bytes.length < HEADER_BYTES) return 'need';
  const [length = 0, check = 0] = bytes.subarray(LENGTH_AT, HEADER_BYTES);
  if ((length === 0x00 && check === 0xff) || (length === 0xff && check === 0x00)) {
    if (bytes.length < SHORT_FRAME_BYTES) return 'need';
    if (bytes[HEADER_BYTES] !== POSTAMBLE) return { refused: 'bad_end' };
    return { length: SHORT_FRAME_BYTES, found: { type: length === 0 ? 'ack' : 'nack' } };
  }
  // FF FF begins an extended frame, which no answer to our commands needs.
  if (length === 0xff && check === 0xff) return { refused: 'over_long' };
  if (length === 0 || ((length + check) & 0xff) !== 0) return { refused: 'bad_length' };
  if (length > CONTENT_BYTES_MAX) return { refused: 'over_long' };
  const total = HEADER_BYTES + length + TRAILER_BYTES;
  return bytes.length < total ? 'need' : readContent(bytes.subarray(0, total));
}

function readContent(frame: Uint8Array): Look<ChipMessage, FrameFault> {
  const content = frame.slice(HEADER_BYTES, -TRAILER_BYTES);
  const sum = content.reduce((total, byte) => total + byte, frame.at(-TRAILER_BYTES) ?? 0);
  if ((sum & 0xff) !== 0) return { refused: 'bad_checksum' };
  if (frame.at(-1) !== POSTAMBLE) return { refused: 'bad_end' };
  const { length } = frame;
  if (content[0] === TFI_ERROR && content.length === 1) return { length, found: { type: 'error' } };
  if (content[0] !== TFI_CHIP || content.length === 1) return { refused: 'bad_direction' };
  return { length, found: { type: 'data', data: content.subarray(1) } };
}
