/** The rooms of `src` and their floors. A file imports its own room or a lower floor, and nothing else. */
export const ROOMS: readonly Room[] = [
  { folder: 'src/base', floor: 0 },
  { folder: 'src/format', floor: 1 },
  { folder: 'src/ledger', floor: 2 },
  { folder: 'src/chunks', floor: 2 },
  { folder: 'src/store', floor: 3 },
  { folder: 'src/trees', floor: 3 },
  { folder: 'src/mesh', floor: 3 },
  { folder: 'src/sandbox', floor: 3 },
  { folder: 'src/devices', floor: 3 },
  { folder: 'src/broker', floor: 3 },
  { folder: 'src/updates', floor: 3 },
  { folder: 'src/node', floor: 4 },
  { folder: 'src/console', floor: 5 },
  { folder: 'src/cli', floor: 5 },
];

/** Below it, code is a function of its arguments: clock and chance come in as ports of floor 0. */
export const IMPURE_FLOOR_MIN = 3;

export interface Room {
  readonly folder: string;
  readonly floor: number;
}

/** Where a file stands. `family` is a folder of `src/devices`, empty for the files directly in it. */
export type Place =
  | { readonly kind: 'room'; readonly room: Room; readonly family: string }
  | { readonly kind: 'roomless' }
  | { readonly kind: 'dapp'; readonly name: string }
  | { readonly kind: 'image' }
  | { readonly kind: 'test' }
  | { readonly kind: 'outside' };

export function placeOf(path: string): Place {
  const [top = '', folder = '', ...rest] = path.split('/');
  if (top === 'test') return { kind: 'test' };
  if (top === 'image') return { kind: 'image' };
  if (top === 'dapps') return rest.length === 0 ? { kind: 'roomless' } : { kind: 'dapp', name: folder };
  if (top !== 'src') return { kind: 'outside' };
  const room = rest.length === 0 ? undefined : ROOMS.find((one) => one.folder === `src/${folder}`);
  if (room === undefined) return { kind: 'roomless' };
  return { kind: 'room', room, family: folder === 'devices' && rest.length > 1 ? (rest[0] ?? '') : '' };
}
