/**
 * The card formats of Wiegand readers, by their usual names. Positions count from 0, as the bits come; the first bit is
 * even parity, the last odd, each over its range of positions besides itself.
 */
interface Field {
  readonly from: number;
  readonly to: number;
}

export interface WiegandLayout {
  readonly bits: number;
  readonly even: Field;
  readonly odd: Field;
  readonly oem?: Field;
  readonly facility?: Field;
  readonly card: Field;
}

export const WIEGAND_LAYOUTS = {
  '26-h10301': {
    bits: 26,
    even: { from: 1, to: 12 },
    odd: { from: 13, to: 24 },
    facility: { from: 1, to: 8 },
    card: { from: 9, to: 24 },
  },
  '34-h10306': {
    bits: 34,
    even: { from: 1, to: 16 },
    odd: { from: 17, to: 32 },
    facility: { from: 1, to: 16 },
    card: { from: 17, to: 32 },
  },
  '36-c15001': {
    bits: 36,
    even: { from: 1, to: 17 },
    odd: { from: 18, to: 34 },
    oem: { from: 1, to: 10 },
    facility: { from: 11, to: 18 },
    card: { from: 19, to: 34 },
  },
  '37-h10304': {
    bits: 37,
    even: { from: 1, to: 18 },
    odd: { from: 18, to: 35 },
    facility: { from: 1, to: 16 },
    card: { from: 17, to: 35 },
  },
  '37-h10302': {
    bits: 37,
    even: { from: 1, to: 18 },
    odd: { from: 18, to: 35 },
    card: { from: 1, to: 35 },
  },
} as const satisfies Readonly<Record<string, WiegandLayout>>;

export type WiegandFormat = keyof typeof WIEGAND_LAYOUTS;

/** What the 36-bit format calls its maker when nothing else is configured. */
export const OEM_DEFAULT = 900;
