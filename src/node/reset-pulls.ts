import type { Pin } from './config-pins.ts';

/**
 * What boards do to their pins before any program runs: from power-on until the pins process claims a line, only the
 * chip's own pull decides whether a load is on. Raspberry Pi: BCM2835 ARM Peripherals, section 6.2, table 6-31, the
 * same on BCM2711 and RP1. BeagleBone Black: System Reference Manual, section 8.6, the boot straps of P8.31 to P8.46.
 */

/** The lines of a Raspberry Pi's header pull up at reset up to this number, down above. */
const PULL_UP_LAST = 8;
const HEADER_LAST = 27;
const PI_CHIPS: readonly string[] = ['pinctrl-bcm2835', 'pinctrl-bcm2711', 'pinctrl-rp1'];
/** Lines of the header whose names do not say their number. */
const PI_NAMES: Readonly<Record<string, number>> = {
  ...{ ID_SDA: 0, ID_SD: 0, ID_SDA0: 0, ID_SCL: 1, ID_SC: 1, ID_SCL0: 1, SDA1: 2, SCL1: 3, GPIO_GCLK: 4 },
  ...{ SPI_CE1_N: 7, SPI_CE0_N: 8, SPI_MISO: 9, SPI_MOSI: 10, SPI_SCLK: 11, TXD1: 14, RXD1: 15, TXD0: 14, RXD0: 15 },
};

/** By the chip's label: the offsets of P8.31 to P8.46. */
const BEAGLE_STRAPS: Readonly<Record<string, readonly number[]>> = {
  'gpio-0-31': [8, 9, 10, 11],
  'gpio-64-95': [6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17],
};
const STRAP_FIRST = 31;
const STRAP_LAST = 46;

/** The level to which a reset pulls the pin; null where this is not known of it. */
export function resetPull(pin: Pin): 'high' | 'low' | null {
  const number = piNumber(pin);
  if (number === null || number > HEADER_LAST) return null;
  return number <= PULL_UP_LAST ? 'high' : 'low';
}

/** Whether the pin decides from where a BeagleBone Black boots. */
export function isBootStrap({ chip, line, offset }: Pin): boolean {
  const [, digits = ''] = /^P8[._](\d{1,2})$/.exec(line ?? '') ?? [];
  const place = Number(digits);
  if (place >= STRAP_FIRST && place <= STRAP_LAST) return true;
  return chip !== undefined && offset !== undefined && (BEAGLE_STRAPS[chip]?.includes(offset) ?? false);
}

/** The number of a GPIO of a Raspberry Pi's header; null for another pin. */
function piNumber({ chip, line, offset }: Pin): number | null {
  const isPi = chip !== undefined && PI_CHIPS.includes(chip);
  if (offset !== undefined) return isPi ? offset : null;
  if (line === undefined || (chip !== undefined && !isPi)) return null;
  const [, digits] = /^GPIO(\d{1,2})$/.exec(line) ?? [];
  if (digits !== undefined) return Number(digits);
  return Object.hasOwn(PI_NAMES, line) ? (PI_NAMES[line] ?? null) : null;
}
