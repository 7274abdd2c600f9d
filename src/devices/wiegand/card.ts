import type { Credential } from '../credential.ts';
import { OEM_DEFAULT, WIEGAND_LAYOUTS, type WiegandFormat, type WiegandLayout } from './formats.ts';
import { bitsAt, isOddAt, type WiegandFrame } from './frame.ts';

/** Why a frame is refused as a card. */
export const CARD_FAULTS = ['bad_length', 'bad_parity', 'bad_oem', 'zero_uid'] as const;
export type CardFault = (typeof CARD_FAULTS)[number];

interface WiegandCard {
  /** Null: the format has none. */
  readonly facility: number | null;
  readonly card: number;
}

/**
 * Facility and card of a frame in `format`; or why there are none. A frame of another length is refused whatever it
 * holds: which format a reader speaks is configured, and a guess would take noise for somebody's card.
 */
export function decodeCard(
  format: WiegandFormat,
  frame: WiegandFrame,
  oem: number = OEM_DEFAULT,
): WiegandCard | CardFault {
  const layout: WiegandLayout = WIEGAND_LAYOUTS[format];
  const { bits, even, odd, facility, card } = layout;
  if (frame.bits !== bits) return 'bad_length';
  const isEven = isOddAt(frame, 0, 0) === isOddAt(frame, even.from, even.to);
  const isOdd = isOddAt(frame, bits - 1, bits - 1) !== isOddAt(frame, odd.from, odd.to);
  if (!isEven || !isOdd) return 'bad_parity';
  if (layout.oem !== undefined && bitsAt(frame, layout.oem.from, layout.oem.to) !== BigInt(oem)) return 'bad_oem';
  return {
    facility: facility === undefined ? null : Number(bitsAt(frame, facility.from, facility.to)),
    card: Number(bitsAt(frame, card.from, card.to)),
  };
}

/**
 * The credential in a frame: all that stands between the parity bits. With 24 or 32 bits that is the same number by
 * which other readers know an EM4100 card, so one enrolled elsewhere, or typed as printed, opens here.
 */
export function credentialIn(format: WiegandFormat, frame: WiegandFrame, oem?: number): Credential | CardFault {
  const card = decodeCard(format, frame, oem);
  if (typeof card === 'string') return card;
  const bits = frame.bits - 2;
  const value = bitsAt(frame, 1, bits);
  if (value === 0n) return 'zero_uid';
  return { family: bits === 24 || bits === 32 ? 'em4100' : 'wiegand', bits, value };
}
