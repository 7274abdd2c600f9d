import { CodedError } from '../../base/errors.ts';

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** How a size is written in blockmesh.toml, as a pattern of JSON Schema. */
export const SIZE_PATTERN = '^\\d{1,6}(\\.\\d{1,3})? ?(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$';

/** Bytes of a size such as `20 GB` or `512 MiB`. @throws bad_size. */
export function parseSize(text: string): number {
  const [, count = '', unit = ''] = /^([\d.]+) ?([A-Za-z]+)$/.exec(text) ?? [];
  if (!new RegExp(SIZE_PATTERN).test(text)) {
    throw new CodedError('bad_size', `not a size: ${JSON.stringify(text)}`, {
      fields: { size: text },
      advice: 'Write it like "20 GB" or "512 MiB".',
    });
  }
  return Math.round(Number(count) * (UNITS[unit] ?? 1));
}

const SHOWN = ['TB', 'GB', 'MB', 'kB'] as const;

/** For people: `1.25 GB`. */
export function sizeText(bytes: number): string {
  const unit = SHOWN.find((one) => bytes >= (UNITS[one] ?? 1));
  if (unit === undefined) return `${bytes} B`;
  const count = bytes / (UNITS[unit] ?? 1);
  return `${count >= 100 ? count.toFixed(0) : count >= 10 ? count.toFixed(1) : count.toFixed(2)} ${unit}`;
}
