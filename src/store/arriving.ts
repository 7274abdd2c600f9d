import type { EncodedBlock } from '../format/block.ts';
import type { SealedBlock } from '../format/sealed.ts';

/** A pulse that a fact of ours tells of: `fact` is that fact's dapp and kind, such as `door granted`. */
export interface PulseMark {
  readonly pulse: string;
  readonly fact: string;
}

/** A block on its way in, with the pulses its entries speak of. */
export interface Arriving {
  readonly encoded: EncodedBlock;
  readonly sealed: SealedBlock;
  readonly pulses: readonly PulseMark[];
}
