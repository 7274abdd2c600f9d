import { CodedError } from '../base/errors.ts';
import type { BlockCaps, EncodedBlock } from './block.ts';
import { decodeBlock } from './block-decode.ts';
import { type Body, checkBody } from './body.ts';
import type { SigningKey, Verifier } from './ed25519.ts';
import { blockSigningInput } from './signed.ts';

/** A block as it is kept and passed on: the bytes as received, one signature, and the bodies beside them. */
export interface SealedBlock {
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
  /** One for each entry, in their order; null for one that was erased. */
  readonly bodies: readonly (Body | null)[];
}

export function sealBlock(encoded: EncodedBlock, bodies: readonly Body[], key: SigningKey): SealedBlock {
  return { bytes: encoded.bytes, signature: key.sign(blockSigningInput(encoded.id)), bodies };
}

/** Whether the body of an entry may be lacking, because an `erase` names it. */
export type MayLack = (index: number) => boolean;

const NONE: MayLack = () => false;

/**
 * Opens a block that came from anywhere: canonical, within `caps`, signed by its author, every body matching.
 * @throws the codes of `decodeBlock` and `checkBody`; block_signature; body_missing. A bad signature says nothing
 * about the id: the same bytes may come again with a good one.
 */
export function openBlock(sealed: SealedBlock, caps: BlockCaps, verifier: Verifier, mayLack = NONE): EncodedBlock {
  const encoded = openUnverified(sealed, caps, mayLack);
  const { author } = encoded.block;
  if (!verifier.verify(author, blockSigningInput(encoded.id), sealed.signature)) throw badSignature();
  return encoded;
}

/** As `openBlock`, with the signature verified on another thread; what it throws, it rejects with. */
export async function openBlockAside(
  sealed: SealedBlock,
  caps: BlockCaps,
  verifier: Verifier,
  mayLack = NONE,
): Promise<EncodedBlock> {
  const encoded = openUnverified(sealed, caps, mayLack);
  const { author } = encoded.block;
  if (!(await verifier.verifyAside(author, blockSigningInput(encoded.id), sealed.signature))) throw badSignature();
  return encoded;
}

function openUnverified(sealed: SealedBlock, caps: BlockCaps, mayLack: MayLack): EncodedBlock {
  const encoded = decodeBlock(sealed.bytes, caps);
  const { entries } = encoded.block;
  if (sealed.bodies.length !== entries.length) {
    throw new CodedError('body_missing', 'a block comes with the body of each of its entries', {
      fields: { bodies: sealed.bodies.length, entries: entries.length },
    });
  }
  entries.forEach((entry, index) => {
    const body = sealed.bodies[index] ?? null;
    if (body !== null) checkBody(body, entry);
    else if (!mayLack(index)) {
      throw new CodedError('body_missing', 'the body of an entry that nobody erased is not there', {
        fields: { index },
      });
    }
  });
  return encoded;
}

function badSignature(): CodedError {
  return new CodedError('block_signature', 'the signature is not that of the author');
}
