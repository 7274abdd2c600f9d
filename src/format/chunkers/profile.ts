import { CHUNK_BYTES_MAX } from '../../base/limits-chunks.ts';
import { Fields } from '../fields.ts';

/** How large things are cut into chunks. Sizes in bytes; every node of a mesh reads them in its root block. */
export type ChunkerProfile = RabinProfile | FastcdcProfile;

interface Sizes {
  readonly min: number;
  /** A power of two. */
  readonly avg: number;
  readonly max: number;
}

/** Cuts where the low bits of Rabin's fingerprint of the last `window` bytes are all ones, as LBFS does. */
export interface RabinProfile extends Sizes {
  readonly kind: 'rabin';
  /** Of degree 63, over GF(2): bit k stands for x^k. */
  readonly polynomial: bigint;
  readonly window: number;
}

/** Cuts where the high bits of a gear hash are all zeros: more of them before `avg` than after it. */
export interface FastcdcProfile extends Sizes {
  readonly kind: 'fastcdc';
  /** What the gear table is derived from. */
  readonly gear: string;
}

const WINDOW_BYTES_MAX = 256;
const POLYNOMIAL = /^[89a-f][0-9a-f]{15}$/;
const GEAR = /^[\x21-\x7e]{1,64}$/;
/** FastCDC asks for two bits more than the average has, and the hash has 32. */
const AVG_BYTES_MIN = 2 ** 3;

/**
 * A profile as it stands in a root body.
 * @throws chunker_form with the field that is wrong.
 */
export function chunkerProfile(value: unknown): ChunkerProfile {
  const fields = new Fields(value, 'chunker_form', 'chunker');
  const kind = fields.choice('kind', ['rabin', 'fastcdc']);
  const max = fields.integer('max', AVG_BYTES_MIN, CHUNK_BYTES_MAX);
  const avg = fields.integer('avg', AVG_BYTES_MIN, max);
  if ((avg & (avg - 1)) !== 0) fields.refuse('avg', 'a power of two');
  const profile = kind === 'rabin' ? rabin(fields, { avg, max }) : fastcdc(fields, { avg, max });
  fields.end();
  return profile;
}

function rabin(fields: Fields, { avg, max }: Omit<Sizes, 'min'>): RabinProfile {
  const window = fields.integer('window', 1, WINDOW_BYTES_MAX);
  // The smallest chunk holds a window and the byte that moves it on: what came before the chunk says nothing then.
  const min = fields.integer('min', window + 1, avg);
  const polynomial = fields.text('polynomial', POLYNOMIAL, '16 hex digits, the highest bit set');
  return { kind: 'rabin', min, avg, max, window, polynomial: BigInt(`0x${polynomial}`) };
}

function fastcdc(fields: Fields, { avg, max }: Omit<Sizes, 'min'>): FastcdcProfile {
  const min = fields.integer('min', 1, avg);
  return { kind: 'fastcdc', min, avg, max, gear: fields.text('gear', GEAR, 'up to 64 printable characters of ASCII') };
}

/** The profiles of a new mesh, as its root block writes them down. Sizes in bytes; the polynomial is that of LBFS. */
export const CHUNKERS = {
  'lbfs-8k': { kind: 'rabin', polynomial: 'bfe6b8a5bf378d83', window: 32, min: 1024, avg: 8192, max: 65536 },
  'image-64k': { kind: 'fastcdc', gear: 'blockmesh/gear/1', min: 16384, avg: 65536, max: 262144 },
} as const;
