import { assert } from '../../../src/base/assert.ts';
import {
  OEM_DEFAULT,
  WIEGAND_LAYOUTS,
  type WiegandFormat,
  type WiegandLayout,
} from '../../../src/devices/wiegand/formats.ts';
import { isOddAt, type WiegandFrame } from '../../../src/devices/wiegand/frame.ts';

interface Card {
  readonly facility: number | null;
  readonly card: number;
}

/** The frame that `text` of zeros and ones shows. */
export function frameOfBits(text: string): WiegandFrame {
  assert(/^[01]+$/.test(text), 'a frame is shown by zeros and ones');
  return { bits: text.length, value: BigInt(`0b${text}`) };
}

/** The frame that a reader sends for a card. */
export function encodeCard(format: WiegandFormat, { facility, card }: Card, oem = OEM_DEFAULT): WiegandFrame {
  const layout: WiegandLayout = WIEGAND_LAYOUTS[format];
  const { bits, even, odd } = layout;
  let value = 0n;
  for (const [field, number] of [
    [layout.oem, oem],
    [layout.facility, facility ?? 0],
    [layout.card, card],
  ] as const) {
    if (field === undefined) continue;
    assert(BigInt(number) >> BigInt(field.to - field.from + 1) === 0n, 'a number fits its field');
    value |= BigInt(number) << BigInt(bits - 1 - field.to);
  }
  const bare = { bits, value };
  if (isOddAt(bare, even.from, even.to)) value |= 1n << BigInt(bits - 1);
  if (!isOddAt(bare, odd.from, odd.to)) value |= 1n;
  return { bits, value };
}
