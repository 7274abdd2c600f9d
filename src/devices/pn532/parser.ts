import { BADGE_FRAME_BYTES_MAX } from '../../base/limits.ts';
import { FrameScanner } from '../frame-scanner.ts';
import { type ChipMessage, FRAME_FAULTS, type FrameFault, lookAtFrame } from './frame.ts';

/**
 * Finds what a PN532 says in the bytes of its line; see `FrameScanner` for what noise costs. A lost postamble costs the
 * frame behind it too, whose preamble is taken for it: the command it answered is sent again.
 */
export class Pn532Parser extends FrameScanner<ChipMessage, FrameFault> {
  /** `onMessage` runs inside `push`, once for each good frame, in the order of the wire. */
  constructor(onMessage: (message: ChipMessage) => void) {
    super({ bytesMax: BADGE_FRAME_BYTES_MAX, faults: FRAME_FAULTS, look: lookAtFrame, onFound: onMessage });
  }
}
