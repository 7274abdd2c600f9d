/** What people write into blockmesh.toml on the card, for the doors of these tests. */

export const READER_PORT = '/dev/ttyUSB0';
export const ADMIN = 'Ada Lovelace';
/** As printed on her card. */
export const CARD_NUMBER = '0009362416';
/** As an RDM6300 sends it. */
export const CARD_FRAME = Buffer.from('\x0200008EDBF0A5\x03', 'latin1');
/** A card that nobody knows. */
export const STRANGE_FRAME = Buffer.from('\x020000BC614E93\x03', 'latin1');
/** As a Wiegand reader of 26 bits sends it. */
export const CARD_BITS = wiegand26(0x8edbf0);
/** Long enough to do something to the board meanwhile. */
export const OPEN_MS = { front: 5_000, side: 20_000 } as const;

export interface CardOptions {
  /** A public key, for SSH. */
  readonly key?: string;
  readonly more?: string;
}

export function cardText({ key, more = '' }: CardOptions): string {
  const ssh = key === undefined ? '' : `[ssh]\nkeys = ["${key}"]\n`;
  return `[space]
name = "Makerspace Nord"
admin = "${ADMIN}"
badge = "${CARD_NUMBER}"

[door.front]
reader = "front-reader"
output = "front-strike"
open_ms = ${OPEN_MS.front}

[door.side]
reader = "side-reader"
output = "side-strike"
open_ms = ${OPEN_MS.side}
bits = 24

[reader.front-reader]
driver = "rdm6300"
port = "${READER_PORT}"

[reader.side-reader]
driver = "wiegand"
d0 = "d0"
d1 = "d1"
format = "26-h10301"
gap_ms = 250

[output.front-strike]
chip = "kit"
offset = 0
active = "high"

[output.side-strike]
chip = "kit"
offset = 1
active = "high"

${ssh}${more}`;
}

function wiegand26(value: number): string {
  const bits = value.toString(2).padStart(24, '0');
  const ones = (from: number, to: number) => bits.slice(from, to).replaceAll('0', '').length;
  return `${ones(0, 12) % 2}${bits}${(ones(12, 24) + 1) % 2}`;
}
